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

/// What is known of an executor besides its node.
struct ExecutorFacts {
  /// The address of its state: see Sources/Tenon/Core/Executors/ExecutorState.swift.
  let state: UInt
  var counters = ExecutorCounters()
  /// The threads that run it: a pool's, or the one that polls, or did last.
  var threads: [Int32] = []
  var pool: Pool?
  /// Of a pool's threads: the address of the byte that says whether it is in a job.
  var inJob: [Int32: UInt] = [:]

  /// Where it says how many of its threads are at work.
  struct Pool {
    /// How many there may be.
    let threadsMax: UInt
    /// The address of how many are idle, or could be started.
    let helpers: UInt
  }
}

extension Survey {
  func facts(ofExecutor state: UInt) -> ExecutorFacts {
    var facts = ExecutorFacts(state: state)
    // Who polls, or who polled last.
    let (poller, home) = (memory.word(state), memory.word(state &+ 8))
    facts.threads = thread(poller != 0 ? poller : home).map { [$0.id] } ?? []
    guard let layout = copy.executorLayout else { return facts }
    func count(_ field: PartialKeyPath<tenon__inspect_counters_t>) -> UInt64 {
      UInt64(memory.word(state &+ UInt(layout.counters) &+ Table.offset(field)))
    }
    typealias Numbers = tenon__inspect_counters_t
    facts.counters = ExecutorCounters(
      polls: count(\Numbers.polls), jobs: count(\Numbers.jobs), wakes: count(\Numbers.wakes),
      lateWakes: count(\Numbers.wakes_late), calls: count(\Numbers.calls),
      drivers: count(\Numbers.drivers), timers: count(\Numbers.timers),
      abandonedJobs: count(\Numbers.jobs_abandoned),
      pending: pending(state, layout, timers: count(\Numbers.timers_pending)))
    let pool = memory.word(state &+ UInt(layout.pool))
    if pool != 0, let layout = copy.poolLayout {
      read(pool, layout, &facts)
    }
    return facts
  }

  private func read(_ pool: UInt, _ layout: tenon__inspect_pool_t, _ facts: inout ExecutorFacts) {
    func word(_ offset: UInt32) -> UInt { memory.word(pool &+ UInt(offset)) }
    let workers = (0..<min(word(layout.places), 1024)).map {
      memory.word(word(layout.workers) &+ $0 &* 8)
    }
    facts.pool = ExecutorFacts.Pool(
      threadsMax: memory.word(word(layout.shape)), helpers: pool &+ UInt(layout.helpers))
    facts.counters.jobs = workers.reduce(0) {
      $0 &+ UInt64(memory.word($1 &+ UInt(layout.worker_jobs)))
    }
    let busy = Int(bitPattern: memory.word(word(layout.shape)) &- word(layout.helpers))
    let all = memory.word(word(layout.shared))
    facts.counters.threads = UInt64(all)
    facts.counters.idleThreads = UInt64(all - min(all, UInt(max(busy, 0))))
    facts.threads = workers.compactMap { worker in
      let shared = memory.word(worker &+ UInt(layout.worker_shared))
      // It begins with what the place is: with a thread that is busy or idle, or without one.
      guard memory.word(shared) & 0xff >= 2,
        let thread = thread(memory.word(shared &+ UInt(layout.worker_thread)))
      else { return nil }
      facts.inJob[thread.id] = worker &+ UInt(layout.worker_is_in_job)
      return thread.id
    }
  }

  private func pending(_ state: UInt, _ layout: tenon__inspect_executor_t, timers: UInt64) -> UInt64
  {
    let shared = memory.word(state &+ UInt(layout.shared))
    // What polls have counted, what was counted outside, the timers in the wheel, and those that are not yet.
    let counted = [
      memory.word(state &+ UInt(layout.pending)),
      memory.word(shared &+ UInt(layout.shared_pending)), UInt(timers), memory.word(shared &+ 72),
    ]
    var count = counted.reduce(0) { $0 &+ Int(bitPattern: $1) } &+ jobs(inQueue: shared)
    // A poll has its own until it ends.
    if memory.word(state) == 0 {
      count &+= jobs(inQueue: memory.word(state &+ UInt(layout.own)))
    }
    return UInt64(max(count, 0))
  }

  private static let jobsMax: UInt = 100_000

  /// How many jobs a queue has that are not of callbacks and timers, which are counted by themselves.
  private func jobs(inQueue queue: UInt) -> Int {
    let (elements, capacity) = (memory.word(queue), memory.word(queue &+ 8))
    let (head, tail) = (memory.word(queue &+ 16), memory.word(queue &+ 24))
    guard elements != 0, capacity > 0, capacity & (capacity - 1) == 0, tail &- head <= capacity
    else { return 0 }
    if tail &- head > Survey.jobsMax { return Int(tail &- head) }
    return (0..<(tail &- head)).count { offset in
      let job = elements &+ ((head &+ offset) & (capacity - 1)) &* 16
      if memory.word(job) == 0 { return true }
      let kind = Handle(memory.word(job &+ 8)).kind
      return kind != .registration && kind != .timer
    }
  }
}
