/// One look at a process: what its executors have counted so far, and which calls there are.
struct Reading {
  struct Executor {
    let id: UInt
    let words: Words
    let image: String
    let facts: ExecutorFacts
    /// For how long its threads have run, and have waited for a processor, in nanoseconds; nil: the system does not say.
    let times: ThreadTimes?
    /// Calls that have begun and not ended, or are yet to begin.
    var calls = 0
  }

  struct Call {
    let id: UInt
    let words: Words
    let executor: UInt?
    /// Since when it is known to be there.
    var since: UInt64
  }

  /// The monotonic clock's.
  let time: UInt64
  var executors: [Executor] = []
  var calls: [Call] = []

  init(_ target: Target) throws(Failure) {
    time = target.now ?? 0
    for copy in try target.copies() {
      let graph = Survey.graph(of: target, copy)
      let words = Words(graph, of: target)
      let first = executors.count
      for node in graph.all(.executor) {
        guard let facts = graph.executors[node.id] else { continue }
        executors.append(
          Executor(
            id: node.id, words: words, image: copy.image.path, facts: facts,
            times: ThreadTimes(of: facts.threads, in: target.pid)))
      }
      let places = Dictionary(
        uniqueKeysWithValues: executors[first...].indices.map { (executors[$0].id, $0) })
      for node in graph.all(.future) where node.isCall {
        let executor = graph.targets(node.id, .runsOn).first
        if let place = executor.flatMap({ places[$0] }) { executors[place].calls += 1 }
        calls.append(
          Call(id: node.id, words: words, executor: executor, since: node.since ?? time))
      }
    }
  }
}

/// How long threads have run so far, and have waited for a processor though they could.
struct ThreadTimes {
  private(set) var running: UInt64 = 0
  private(set) var waiting: UInt64 = 0

  /// nil: the system does not say, or there are none.
  init?(of threads: [Int32], in pid: Int32) {
    var isKnown = false
    for thread in threads {
      let fields = (lines(of: "/proc/\(pid)/task/\(thread)/schedstat").first ?? "")
        .split(separator: " ").compactMap { UInt64($0) }
      guard fields.count >= 2 else { continue }
      running += fields[0]
      waiting += fields[1]
      isKnown = true
    }
    if !isKnown { return nil }
  }
}
