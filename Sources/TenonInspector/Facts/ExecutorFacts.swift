/// What is known of an executor besides its node.
struct ExecutorFacts {
  /// The address of its state: see Sources/Tenon/Core/Executors/ExecutorState.swift.
  let state: UInt
  let counters: ExecutorCounters
  let pool: Pool?
  /// The threads that run it: a pool's, or the one that polls, or did last.
  var threads: [Int32] = []
  /// Of a pool's threads: the address of the byte that says whether it is in a job.
  var inJob: [Int32: UInt] = [:]
}

extension Survey {
  func facts(ofExecutor state: UInt) -> ExecutorFacts {
    let pool = copy.pool(ofExecutor: state, memory)
    var facts = ExecutorFacts(
      state: state, counters: copy.counters(ofExecutor: state, pool, memory), pool: pool)
    guard let pool else {
      // Who polls, or who polled last.
      let (poller, home) = (memory.word(state), memory.word(state &+ 8))
      facts.threads = thread(poller != 0 ? poller : home).map { [$0.id] } ?? []
      return facts
    }
    facts.threads = pool.workers.compactMap { worker in
      let shared = memory.word(worker &+ UInt(pool.layout.worker_shared))
      // It begins with what the place is: with a thread that is busy or idle, or without one.
      guard memory.word(shared) & 0xff >= 2,
        let thread = thread(memory.word(shared &+ UInt(pool.layout.worker_thread)))
      else { return nil }
      facts.inJob[thread.id] = worker &+ UInt(pool.layout.worker_is_in_job)
      return thread.id
    }
    return facts
  }
}
