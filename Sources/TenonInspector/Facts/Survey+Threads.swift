import CTenonRoot

extension Survey {
  /// Threads that sleep in a wait for a future: see Sources/CTenonImage/root.c.
  mutating func readThreads() {
    func offset(_ field: PartialKeyPath<tenon__inspect_sleepers_t>) -> UInt {
      UInt(MemoryLayout<tenon__inspect_sleepers_t>.offset(of: field) ?? 0)
    }
    let size = UInt(MemoryLayout<tenon__inspect_sleeper_t>.stride)
    var (block, blocks) = (copy.sleepers, 0)
    while block != 0, blocks < 1 << 16 {
      for place in 0..<UInt(TENON__INSPECT_SLEEPERS) {
        let sleeper = block &+ offset(\.all) &+ place &* size
        let (control, future) = (memory.word(sleeper), Handle(memory.word(sleeper &+ 8)))
        // Smaller: it is just being written.
        if control > 4096, isPending(future) { addThread(control, sleeper &+ 16, future) }
      }
      block = memory.word(block &+ offset(\.next))
      blocks += 1
    }
  }

  private mutating func addThread(_ control: UInt, _ since: UInt, _ future: Handle) {
    let thread = thread(control)
    var node = Graph.Node(
      id: control, kind: .thread, name: thread?.name, state: "blocked",
      detail: thread.map { "thread \($0.id)" })
    node.since = UInt64(memory.word(since))
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
