import CTenonRoot

/// What an executor has counted since it was made: as `tenon_executor_statistics_t` has it. Each number for itself, as others
/// count on meanwhile.
struct ExecutorCounters {
  var polls: UInt64 = 0
  var jobs: UInt64 = 0
  var wakes: UInt64 = 0
  var lateWakes: UInt64 = 0
  var calls: UInt64 = 0
  var drivers: UInt64 = 0
  var timers: UInt64 = 0
  var abandonedJobs: UInt64 = 0
  /// Work, timers and callbacks that are pending now.
  var pending: UInt64 = 0
  /// Threads of a pool, and how many of them have nothing to do.
  var threads: UInt64 = 0
  var idleThreads: UInt64 = 0

  /// By their names in the header.
  var all: [(name: String, count: UInt64)] {
    [
      ("polls", polls), ("jobs", jobs), ("wakes", wakes), ("wakes_late", lateWakes),
      ("calls", calls), ("drivers", drivers), ("timers", timers),
      ("jobs_abandoned", abandonedJobs), ("pending", pending), ("threads", threads),
      ("threads_idle", idleThreads),
    ]
  }
}

/// What an executor with threads has besides.
struct Pool {
  let layout: tenon__inspect_pool_t
  /// How many threads there may be, and how many there are.
  let threadsMax: UInt
  let threads: UInt
  /// The address of how many are idle, or could be started.
  let helpers: UInt
  /// The addresses of what each thread has.
  let workers: [UInt]
}

extension Copy {
  /// Executors that are open or closing: their slots, the addresses of their states, and their names.
  func liveExecutors(_ memory: Memory) -> [(slot: Table.Slot, state: UInt, label: String?)] {
    table(.executor).slots(memory).compactMap { slot in
      let state = memory.word(slot.address &+ 16)
      guard state != 0, memory.half(state &+ 16) != 0, memory.half(state &+ 20) & 0xff < 2 else {
        return nil
      }
      let object = memory.word(slot.address &+ 24)
      let hasLabel = object != 0 && memory.word(object &+ 16) == state
      return (
        slot, state,
        hasLabel
          ? memory.swiftText(memory.word(object &+ 40), memory.word(object &+ 48)) : nil
      )
    }
  }

  /// What the executor with this state has of a pool; nil: it is none, or not known.
  func pool(ofExecutor state: UInt, _ memory: Memory) -> Pool? {
    guard let executor = executorLayout, let layout = poolLayout,
      case let pool = memory.word(state &+ UInt(executor.pool)), pool != 0
    else { return nil }
    func word(_ offset: UInt32) -> UInt { memory.word(pool &+ UInt(offset)) }
    return Pool(
      layout: layout, threadsMax: memory.word(word(layout.shape)),
      threads: memory.word(word(layout.shared)), helpers: pool &+ UInt(layout.helpers),
      workers: (0..<min(word(layout.places), 1024)).map {
        memory.word(word(layout.workers) &+ $0 &* 8)
      })
  }

  /// What the executor with this state has counted, and with it its pool.
  func counters(ofExecutor state: UInt, _ pool: Pool?, _ memory: Memory) -> ExecutorCounters {
    guard let layout = executorLayout else { return ExecutorCounters() }
    func count(_ field: PartialKeyPath<tenon__inspect_counters_t>) -> UInt64 {
      UInt64(memory.word(state &+ UInt(layout.counters) &+ Table.offset(field)))
    }
    typealias Numbers = tenon__inspect_counters_t
    var counters = ExecutorCounters(
      polls: count(\Numbers.polls), jobs: count(\Numbers.jobs), wakes: count(\Numbers.wakes),
      lateWakes: count(\Numbers.wakes_late), calls: count(\Numbers.calls),
      drivers: count(\Numbers.drivers), timers: count(\Numbers.timers),
      abandonedJobs: count(\Numbers.jobs_abandoned),
      pending: pending(state, layout, timers: count(\Numbers.timers_pending), memory))
    guard let pool else { return counters }
    counters.jobs = pool.workers.reduce(0) {
      $0 &+ UInt64(memory.word($1 &+ UInt(pool.layout.worker_jobs)))
    }
    let busy = Int(bitPattern: pool.threadsMax &- memory.word(pool.helpers))
    counters.threads = UInt64(pool.threads)
    counters.idleThreads = UInt64(pool.threads - min(pool.threads, UInt(max(busy, 0))))
    return counters
  }

  private func pending(
    _ state: UInt, _ layout: tenon__inspect_executor_t, timers: UInt64, _ memory: Memory
  ) -> UInt64 {
    let shared = memory.word(state &+ UInt(layout.shared))
    // What polls have counted, what was counted outside, the timers in the wheel, and those that are not yet.
    let counted = [
      memory.word(state &+ UInt(layout.pending)),
      memory.word(shared &+ UInt(layout.shared_pending)), UInt(timers), memory.word(shared &+ 72),
    ]
    var count = counted.reduce(0) { $0 &+ Int(bitPattern: $1) } &+ jobs(inQueue: shared, memory)
    // A poll has its own until it ends.
    if memory.word(state) == 0 {
      count &+= jobs(inQueue: memory.word(state &+ UInt(layout.own)), memory)
    }
    return UInt64(max(count, 0))
  }

  private static let jobsMax: UInt = 100_000

  /// How many jobs a queue has that are not of callbacks and timers, which are counted by themselves.
  private func jobs(inQueue queue: UInt, _ memory: Memory) -> Int {
    let (elements, capacity) = (memory.word(queue), memory.word(queue &+ 8))
    let (head, tail) = (memory.word(queue &+ 16), memory.word(queue &+ 24))
    guard elements != 0, capacity > 0, capacity & (capacity - 1) == 0, tail &- head <= capacity
    else { return 0 }
    if tail &- head > Copy.jobsMax { return Int(tail &- head) }
    return (0..<(tail &- head)).count { offset in
      let job = elements &+ ((head &+ offset) & (capacity - 1)) &* 16
      if memory.word(job) == 0 { return true }
      let kind = Handle(memory.word(job &+ 8)).kind
      return kind != .registration && kind != .timer
    }
  }
}
