/// Reads one copy of Tenon in the target into a graph.
struct Survey {
  let target: Target
  let copy: Copy
  let tasks: Tasks
  var graph = Graph()
  /// Executors by the compact name that slots have.
  var executors: [UInt32: UInt] = [:]
  /// The end of a stream that was met first, by what both share.
  var ends: [UInt: UInt] = [:]
  /// The threads that are in polls.
  var threadOfExecutor: [UInt: ThreadOfTarget] = [:]
  /// The futures that threads wait for.
  var futuresOfThreads: Set<UInt> = []
  /// Futures that wait for the system.
  var waitingForDescriptors: Set<UInt> = []
  /// Outermost tasks of C++'s that were started, with their chains.
  var rootsOfCoroutines: [(root: UInt, chain: UInt)] = []

  var memory: Memory { target.memory }

  init(_ target: Target, _ copy: Copy) {
    self.target = target
    self.copy = copy
    tasks = Tasks(target)
  }

  /// `isThorough`: with what takes a look at all memory.
  static func graph(of target: Target, _ copy: Copy, isThorough: Bool = false) -> Graph {
    var survey = Survey(target, copy)
    for (kind, table) in copy.tables where kind != .future { table.settle(target.memory) }
    survey.graph.expectFutures(copy.table(.future).used)
    survey.readExecutors()
    survey.readFutures()
    survey.readThreads()
    survey.readRegistrations()
    survey.readTimers()
    survey.readScopes()
    survey.readStreams()
    survey.readNotes()
    survey.explainRest()
    if isThorough { survey.findBrokenPromises() }
    return survey.graph
  }

  // MARK: Futures

  private mutating func readFutures() {
    let table = copy.table(.future)
    let places = executors.mapValues { graph.place($0) }
    table.forEachPending(memory) { index, word, executor in
      let future = Handle(.future, Table.Slot(index: index, address: 0, word: word))
      var form: Graph.PlainFuture = word & 1 << 8 != 0 ? .isCall : []
      if word & 1 << 4 != 0 { form.insert(.isCancelling) }
      if word >> 12 & (1 << 26 - 1) == 0 { form.insert(.hasNoReader) }
      let place = graph.add(future, form)
      if executor != 0, let executor = places[executor] ?? nil {
        graph.connect(place, .runsOn, executor)
      }
      if word & 1 << 11 != 0 { readDescriptorWait(of: future, at: index) }
    }
  }

  mutating func runsOn(_ id: UInt, _ name: UInt32) {
    if name != 0, let executor = executors[name] { graph.connect(id, .runsOn, executor) }
  }

  /// Whether a handle's future is pending now.
  func isPending(_ future: Handle) -> Bool { graph.has(future.as(.future).bits) }

  // MARK: Tasks

  /// A task with all below it, and what it waits for inside the runtime.
  mutating func addTask(_ address: UInt) {
    var next = [address]
    while let address = next.popLast() {
      if graph.has(address) { continue }
      guard let task = tasks.read(address), task.state != .completed else { continue }
      graph.add(
        Graph.Node(
          id: address, kind: .task, name: task.name, state: task.state.rawValue,
          frames: task.frames,
          detail: task.isCancelled ? "cancelled" : nil))
      for child in task.children {
        next.append(child)
        graph.connect(address, .child, child)
      }
      if let parent = task.parent, tasks.isTask(parent) { next.append(parent) }
      switch task.dependency {
      case .task(let other):
        next.append(other)
        if tasks.read(other)?.state != .completed { graph.connect(address, .awaits, other) }
      case .group:
        for child in task.children where tasks.read(child)?.state != .completed {
          graph.connect(address, .awaits, child)
        }
      case .executor:
        graph.change(address) { $0.cause = "waits for its turn on an actor" }
      case .continuation, nil: break
      }
    }
  }

  // MARK: Callbacks

  private mutating func readRegistrations() {
    for registration in copy.table(.registration).slots(memory) {
      let slot = registration.address
      // Armed, or about to be told; no timer.
      let (isArmed, isQueued) = (registration.word & 7 == 1, registration.word & 7 == 2)
      guard isArmed || isQueued, memory.word(slot &+ 56) >> 40 & 1 == 0 else { continue }
      let subject = Handle(memory.word(slot &+ 32))
      guard subject.kind == .future || subject.kind == .promise else { continue }
      let future = subject.as(.future)
      let (function, context) = (memory.word(slot &+ 16), memory.word(slot &+ 24))
      let isOwn = memory.word(slot &+ 56) >> 48 & 1 != 0
      if !isOwn, subject.kind == .future,
        readCoroutine(registration, context, future, isQueued: isQueued)
      {
        continue
      }
      guard isArmed, isPending(future) else { continue }
      if subject.kind == .promise, !isOwn {
        readStarted(context, subject)
        readHeld(context, subject)
      }
      if subject.kind == .future {
        if readOwnWait(function, context, future, isOwn) { continue }
        let callback = Handle(.registration, registration).bits
        graph.add(
          Graph.Node(id: callback, kind: .callback, name: nil, state: "armed", frames: [function]))
        graph.connect(callback, .awaits, future.bits)
        runsOn(callback, memory.half(slot &+ 12))
      }
    }
    readRoots()
  }

  /// What Tenon itself waits with: told apart by what the context is, which names the future again.
  private mutating func readOwnWait(
    _ function: UInt, _ context: UInt, _ future: Handle, _ isOwn: Bool
  ) -> Bool {
    if isOwn {
      if !tasks.isTask(context), memory.word(context) != future.bits,
        memory.word(context &+ 8) != future.bits
      {
        tasks.learn(fromTask: context)
      }
      if tasks.isTask(context) {
        addTask(context)
        graph.connect(context, .awaits, future.bits)
        return true
      }
      // A scope's member: the scope's handle, and the future's.
      if Handle(memory.word(context)).kind == .scope { return true }
      // A combinator's entry: the future, and the block, which has the result's promise.
      let block = memory.word(context &+ 8)
      let result = Handle(memory.word(block &+ 16))
      if memory.word(context) == future.bits, result.kind == .promise, isPending(result) {
        connect(result, .combines, future)
        return true
      }
      // What wakes a thread, which is there itself.
      return futuresOfThreads.contains(future.bits)
    }
    let result = Handle(memory.word(context &+ 8))
    if memory.word(context) == future.bits, result.kind == .promise, isPending(result) {
      connect(result, .maps, future)
      let mapping = memory.word(context &+ 16)
      graph.change(result.as(.future).bits) { $0.frames = [mapping] }
      return true
    }
    return readLink(function, context, future) || readPromise(of: context, on: future)
  }

  private mutating func connect(_ promise: Handle, _ relation: Graph.Relation, _ future: Handle) {
    graph.connect(promise.as(.future).bits, relation, future.bits)
  }

  // MARK: What nobody says more about

  private mutating func explainRest() {
    graph.changeAll(.future) { node, waits in
      if node.cause != nil || waits { return }
      node.cause = Graph.cause(isCall: node.isCall)
    }
    for node in graph.all(.task) where node.cause == nil {
      if !graph.waits(of: node.id).isEmpty { continue }
      let running = node.state == "running" ? explainRunning(node.id) : ""
      graph.change(node.id) {
        switch node.state {
        case "running": $0.cause = running
        case "queued": $0.cause = "is ready, and waits for its executor"
        default: $0.cause = "waits for a continuation that nobody has resumed"
        }
      }
    }
  }
}
