import CTenonRoot

extension Survey {
  /// Threads that are in a wait for a future: see Sources/CTenonImage/sleepers.c.
  mutating func readThreads() {
    func offset<Struct>(_ field: PartialKeyPath<Struct>) -> UInt {
      UInt(MemoryLayout<Struct>.offset(of: field) ?? 0)
    }
    let size = UInt(MemoryLayout<tenon__inspect_sleeper_t>.stride)
    var (block, blocks) = (copy.sleepers, 0)
    while block != 0, blocks < 1 << 16 {
      for place in 0..<UInt(TENON__INSPECT_SLEEPERS) {
        let sleeper = block &+ offset(\tenon__inspect_sleepers_t.all) &+ place &* size
        let control = memory.word(sleeper)
        let future = Handle(memory.word(sleeper &+ offset(\tenon__inspect_sleeper_t.future)))
        // Smaller: it is just being written.
        guard control > 4096, isPending(future) else { continue }
        futuresOfThreads.insert(future.as(.future).bits)
        let since = memory.word(sleeper &+ offset(\tenon__inspect_sleeper_t.since_ns))
        addThread(control, UInt64(since), future)
      }
      block = memory.word(block &+ offset(\tenon__inspect_sleepers_t.next))
      blocks += 1
    }
  }

  private mutating func addThread(_ control: UInt, _ since: UInt64, _ future: Handle) {
    let thread = thread(control)
    // It may run its executor until the future has settled.
    let isPolling = threadOfExecutor.values.contains { $0.id == thread?.id }
    var node = Graph.Node(
      id: control, kind: .thread, name: thread?.name, state: isPolling ? "polling" : "blocked",
      detail: thread.map { "thread \($0.id)" })
    node.since = since
    if let thread { node.frames = target.stack(of: thread) }
    graph.add(node)
    graph.connect(control, .awaits, future.as(.future).bits)
  }

  /// A task that runs while its thread sleeps keeps everybody else of its executor from running.
  mutating func explainRunning(_ task: UInt) -> String {
    let calls = graph.sources(task, .madeBy)
    let executors = calls.flatMap { graph.targets($0, .runsOn) }
    let polled = executors.isEmpty ? graph.all(.executor).map(\.id) : executors
    let threads = polled.compactMap { threadOfExecutor[$0] }
    guard threads.count == 1, let thread = threads.first else { return "runs" }
    let stack = polled.compactMap { graph[$0]?.frames }.first { !$0.isEmpty } ?? []
    graph.change(task) { $0.frames = stack }
    guard thread.state == "S" || thread.state == "D" else { return "runs on thread \(thread.id)" }
    return "blocks its executor: thread \(thread.id) sleeps in it"
  }
}
