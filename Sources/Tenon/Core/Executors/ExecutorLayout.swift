import CTenonRoot

/// Says where the counters of executors are, for those who look from outside: see tenon__inspect_executor_t.
enum ExecutorLayout {
  static func enter(_ state: UnsafeMutablePointer<ExecutorState>) {
    let all = UnsafeRawPointer(state)
    let words = MemoryLayout<ExecutorState>.size / 8
    let shared = UnsafeRawPointer(state.shared)
    let own = UnsafeRawPointer(state.own)
    var layout = tenon__inspect_executor_t()
    layout.counters = withUnsafePointer(to: state.pointee.wakes) { distance(all, $0) }
    layout.pending = withUnsafePointer(to: state.pointee.pendingHere) { distance(all, $0) }
    layout.pool = withUnsafePointer(to: state.pointee.poolBits) { distance(all, $0) }
    layout.shared_pending = withUnsafeMutablePointer(
      to: &state.shared.pointee.pendingElsewhere
    ) { distance(shared, $0) }
    layout.own_budget = withUnsafeMutablePointer(to: &state.own.pointee.budget) {
      distance(own, $0)
    }
    let last = withUnsafePointer(to: state.pointee.timersPending) { distance(all, $0) }
    // Nothing is better than what is wrong.
    guard Int(last - layout.counters) == MemoryLayout<tenon__inspect_counters_t>.size - 8,
      let sharedPlace = place(of: shared, in: all, words),
      let ownPlace = place(of: own, in: all, words)
    else { return }
    (layout.shared, layout.own) = (sharedPlace, ownPlace)
    tenon__inspect_enter_executor(&layout)
  }

  static func enter(_ pool: UnsafeMutablePointer<PoolState>, _ workers: UnsafeRawPointer) {
    let all = UnsafeRawPointer(pool)
    let words = MemoryLayout<PoolState>.size / 8
    var layout = tenon__inspect_pool_t()
    layout.helpers = withUnsafePointer(to: pool.pointee.helpers) { distance(all, $0) }
    layout.places = withUnsafePointer(to: pool.pointee.placesUsed) { distance(all, $0) }
    let worker = pool.worker(0)
    guard let workersPlace = place(of: workers, in: all, words),
      let shape = place(of: pool.shape, in: all, words),
      let shared = place(of: pool.shared, in: all, words),
      let workerShared = place(
        of: worker.shared, in: UnsafeRawPointer(worker), MemoryLayout<Worker>.size / 8),
      let thread = MemoryLayout<Worker.Shared>.offset(of: \.thread)
    else { return }
    (layout.workers, layout.shape, layout.shared) = (workersPlace, shape, shared)
    (layout.worker_shared, layout.worker_thread) = (workerShared, UInt32(thread))
    layout.worker_jobs = withUnsafePointer(to: worker.pointee.jobs) { distance(worker, $0) }
    layout.worker_is_in_job = withUnsafePointer(to: worker.pointee.isInJob) {
      distance(worker, $0)
    }
    tenon__inspect_enter_pool(&layout)
  }

  private static func distance(_ from: UnsafeRawPointer, _ to: UnsafeRawPointer) -> UInt32 {
    UInt32(to - from)
  }

  /// In which of so many words an address is; nil: in none. From the last on: pointers come last, and what is between the
  /// fields before them was never written, which memcheck minds.
  private static func place(
    of address: UnsafeRawPointer, in words: UnsafeRawPointer, _ count: Int
  ) -> UInt32? {
    let known = UInt(bitPattern: address)
    return (0..<count).last { words.load(fromByteOffset: $0 * 8, as: UInt.self) == known }
      .map { UInt32($0) * 8 }
  }
}
