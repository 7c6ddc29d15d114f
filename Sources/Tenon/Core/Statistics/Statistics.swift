import CTenon
import Synchronization

/// Counters cost nothing while nobody reads them: a slot's generation says how often it was taken, and what is rare is
/// counted in the slot itself. Reading walks all slots.
func processStatistics() -> tenon_process_statistics_t {
  var statistics = tenon_process_statistics_t()
  statistics.struct_size = MemoryLayout<tenon_process_statistics_t>.size
  countFutures(&statistics)
  statistics.futures_settled = statistics.futures_created - statistics.futures_pending
  for index in 0..<registrationTable.slotsUsed {
    let word = RegistrationSlot.at(UInt32(index)).pointee.head.word.load(ordering: .relaxed)
    let state = RegistrationSlot.State(rawValue: word & RegistrationSlot.stateMask)
    if state == .armed || state == .queued { statistics.registrations_pending += 1 }
  }
  statistics.settled_twice = lateSettlementCount
  statistics.errors_alive = ErrorSlot.alive
  statistics.escapes = Escapes.count
  SlotTables.forEach { statistics.memory_reserved += UInt64($0.memoryReserved) }
  statistics.streams_alive = StreamCounters.alive.load(ordering: .relaxed)
  statistics.items_sent = items(.sink) + items(.publisher)
  statistics.items_received = items(.stream) + items(.latest)
  statistics.items_dropped = StreamCounters.dropped.load(ordering: .relaxed)
  (statistics.scopes_live, statistics.scopes_abandoned) = ScopeTable.counts
  return statistics
}

/// Again, if memory was given back meanwhile; but not for ever.
private func countFutures(_ statistics: inout tenon_process_statistics_t) {
  var backoff = Backoff()
  for _ in 0..<1000 {
    let turn = futureTable.memory.turns.load(ordering: .acquiring)
    countFuturesOnce(&statistics)
    atomicMemoryFence(ordering: .acquiring)
    if turn & 1 == 0 && futureTable.memory.turns.load(ordering: .relaxed) == turn { return }
    if !backoff.pause() { return }
  }
}

private func countFuturesOnce(_ statistics: inout tenon_process_statistics_t) {
  statistics.futures_created = futureTable.memory.lives.load(ordering: .relaxed)
  statistics.futures_pending = 0
  statistics.futures_rejected = futureTable.memory.firstCounter.load(ordering: .relaxed)
  statistics.futures_cancelled = futureTable.memory.secondCounter.load(ordering: .relaxed)
  for index in 0..<futureTable.slotsUsed {
    let slot = FutureSlot.at(futureTable.address(of: UInt32(index)))
    let word = FutureWord(slot.pointee.head.word.load(ordering: .relaxed))
    statistics.futures_created += futureTable.lives(
      of: word.bits, index: UInt32(index), isFree: word.isFree)
    if word.isPending && word.has(FutureWord.open) { statistics.futures_pending += 1 }
    statistics.futures_rejected += UInt64(slot.pointee.rejections.load(ordering: .relaxed))
    statistics.futures_cancelled += UInt64(slot.pointee.cancellations.load(ordering: .relaxed))
  }
}

/// How many items went through all ends of this kind.
private func items(_ kind: Handle.Kind) -> UInt64 {
  kind.withEndTable { table in
    var count: UInt = 0
    for index in 0..<table.slotsUsed {
      let slot = EndSlot.at(table.address(of: UInt32(index)))
      count &+= slot.pointee.total.load(ordering: .relaxed)
      count &+= slot.pointee.index.load(ordering: .relaxed)
    }
    return UInt64(count)
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  var statistics: tenon_executor_statistics_t {
    var statistics = tenon_executor_statistics_t()
    statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
    statistics.wakes = pointee.wakes.load(ordering: .relaxed)
    statistics.wakes_late = pointee.lateWakes.load(ordering: .relaxed)
    statistics.jobs_abandoned = pointee.abandonedJobs.load(ordering: .relaxed)
    statistics.polls = pointee.pollCount.load(ordering: .relaxed)
    statistics.jobs = pool?.jobCount ?? pointee.jobCount.load(ordering: .relaxed)
    statistics.calls = pointee.callCount.load(ordering: .relaxed)
    statistics.drivers = pointee.driverCount.load(ordering: .relaxed)
    statistics.timers = pointee.timerCount.load(ordering: .relaxed)
    statistics.pending = UInt64(max(pendingCount, 0))
    if let pool { (statistics.threads, statistics.threads_idle) = pool.threadCounts }
    return statistics
  }
}
