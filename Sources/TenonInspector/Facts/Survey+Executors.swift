extension Survey {
  /// Executors, and the calls that are in their drivers: see Sources/Tenon/Core/Executors and Calls.
  mutating func readExecutors() {
    for (slot, state, label) in copy.liveExecutors(memory) {
      let handle = Handle(.executor, slot)
      executors[memory.half(state &+ 16)] = handle.bits
      var node = Graph.Node(id: handle.bits, kind: .executor, name: label, state: "idle")
      if memory.half(state + 20) & 0xff == 1 { node.state = "closing" }
      let poller = memory.word(state)
      if poller != 0, let thread = thread(poller) {
        node.state = "polling"
        node.detail = "thread \(thread.id)"
        node.frames = target.stack(of: thread)
        threadOfExecutor[handle.bits] = thread
      }
      let facts = facts(ofExecutor: state)
      graph.executors[handle.bits] = facts
      if facts.pool != nil, node.state == "idle" {
        let (all, idle) = (facts.counters.threads, facts.counters.idleThreads)
        if all > idle { node.state = "running" }
        node.detail = "\(all) threads, \(idle) idle"
      }
      graph.add(node)
      for driver in drivers(of: state) { readDriver(driver, on: handle.bits) }
    }
  }

  /// The thread with this control block: the C library keeps its number in it.
  func thread(_ control: UInt) -> ThreadOfTarget? {
    #if arch(x86_64)
      let id = Int32(bitPattern: memory.half(control &+ 720))
      return target.threads.first { $0.id == id }
    #else
      return target.threads.count == 1 ? target.threads[0] : nil
    #endif
  }

  private mutating func readDriver(_ address: UInt, on executor: UInt) {
    let driver = Driver(at: address) { memory.word($0) }
    let task = driver.task
    tasks.learn(fromTask: task)
    guard let promise = driver.promise, let slot = copy.table(.future).slot(promise.index),
      promise.lives(in: memory.word(slot)), memory.word(slot) & 7 == 0
    else { return }
    let future = promise.as(.future)
    graph.add(
      Graph.Node(
        id: future.bits, kind: .future, name: memory.text(driver.name),
        state: memory.word(slot) & 1 << 4 != 0 ? "cancelling" : "pending", isCall: true))
    graph.connect(future.bits, .runsOn, executor)
    addTask(task)
    if graph.has(task) { graph.connect(future.bits, .madeBy, task) }
  }

  /// The drivers are in an array of Swift's behind the state's memory for what is under its mutex. Found by their shape.
  func drivers(of state: UInt) -> [UInt] {
    for at in stride(from: state, to: state &+ 512, by: 8) {
      let shared = memory.word(at)
      guard shared & 7 == 0, shared > 4096, target.images.image(at: shared) == nil else { continue }
      for field in stride(from: shared, to: shared &+ 640, by: 8) {
        let drivers = driverArray(memory.word(field))
        if !drivers.isEmpty { return drivers }
      }
    }
    return []
  }

  private func driverArray(_ array: UInt) -> [UInt] {
    guard array & 7 == 0, array > 4096 else { return [] }
    let (count, capacity) = (memory.word(array &+ 16), memory.word(array &+ 24) >> 1)
    guard count > 0, count <= capacity, capacity < 1 << 24 else { return [] }
    var drivers: [UInt] = []
    for index in 0..<count {
      let driver = memory.word(array &+ 32 &+ index &* 8)
      if driver == 0 { continue }
      guard isDriver(driver) else { return [] }
      // One that was just made has no task, and has begun nothing.
      if Driver.task(at: driver, memory.word) != 0 { drivers.append(driver) }
    }
    return drivers
  }

  private func isDriver(_ object: UInt) -> Bool {
    guard object & 15 == 0, object > 4096 else { return false }
    let (current, awaited) = (memory.word(object &+ 16), memory.word(object &+ 24))
    let flags = memory.word(object &+ 40) & 0xffff
    guard current < 2 || Handle(current).kind == .promise,
      awaited == 0 || Handle(awaited).kind == .future, flags & ~0x101 == 0
    else { return false }
    let task = memory.word(object &+ 64)
    let isTask = task & 15 == 0 && task > 4096 && memory.half(task &+ 32) & 0xff == 0
    return (task == 0 || isTask) && memory.word(object) >> 48 == 0 && memory.word(object) > 4096
  }
}
