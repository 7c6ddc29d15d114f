import CTenon
import Glibc
import Synchronization
import Tenon
import TenonNode

@MainActor var mainCount = 0
@MainActor func countOnMain() -> Int {
  mainCount += 1
  return Int(pthread_self())
}

@concurrent func block(_ milliseconds: Int) async -> Int { blockHere(milliseconds) }

/// Where threads block until it is open.
enum Gate {
  static let entered = Atomic(0)
  static let passed = Atomic(0)
  // SAFETY: made for many threads; the pointers never change.
  nonisolated(unsafe) private static let mutex = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    return mutex
  }()
  // SAFETY: as the mutex.
  nonisolated(unsafe) private static let opened = {
    let opened = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    pthread_cond_init(opened, nil)
    return opened
  }()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var isOpen = false

  static func setOpen(_ isOpen: Bool) -> Bool {
    pthread_mutex_lock(mutex)
    Gate.isOpen = isOpen
    pthread_cond_broadcast(opened)
    pthread_mutex_unlock(mutex)
    return isOpen
  }

  /// Says which thread it was on.
  static func pass() -> Int {
    entered.wrappingAdd(1, ordering: .relaxed)
    pthread_mutex_lock(mutex)
    while !isOpen { pthread_cond_wait(opened, mutex) }
    pthread_mutex_unlock(mutex)
    passed.wrappingAdd(1, ordering: .relaxed)
    return Int(pthread_self())
  }
}

@concurrent func passGate() async -> Int { Gate.pass() }

/// Blocks this thread, and says which one it is.
func blockHere(_ milliseconds: Int) -> Int {
  usleep(UInt32(milliseconds) * 1000)
  return Int(pthread_self())
}

func exportLoop(_ module: borrowing NodeModule) {
  let executor = module.executor
  // Whether an ordinary task, a sleep and the main actor run on the thread of Node's loop.
  module.export("threads") { () -> JavaScriptValue in
    let here = Int(pthread_self())
    let task = await Task { Int(pthread_self()) }.value
    try await Task.sleep(for: .milliseconds(1))
    let afterSleep = Int(pthread_self())
    let main = await countOnMain()
    return [
      "here": JavaScriptValue(here), "task": JavaScriptValue(task),
      "afterSleep": JavaScriptValue(afterSleep), "main": JavaScriptValue(main),
    ]
  }
  // The same but for the main actor, which in a guest's process is somebody else's.
  module.export("guestThreads") { () -> JavaScriptValue in
    let here = Int(pthread_self())
    let task = await Task.detached { Int(pthread_self()) }.value
    return [
      "here": JavaScriptValue(here), "task": JavaScriptValue(task),
      "after": JavaScriptValue(Int(pthread_self())),
    ]
  }
  module.export(synchronous: "threadCount") { () -> Int in
    var count = 0
    guard let folder = opendir("/proc/self/task") else { return -1 }
    while readdir(folder) != nil { count += 1 }
    closedir(folder)
    return count - 2
  }
  module.export("taskSleep", "milliseconds") { (milliseconds: Int) in
    try await Task.sleep(for: .milliseconds(milliseconds))
    return milliseconds
  }
  // The first of two sleeps; the other one is cancelled.
  module.export("raced", "first", "second") { (first: Int, second: Int) in
    try await withThrowingTaskGroup(of: Int.self) { group in
      for milliseconds in [first, second] {
        group.addTask {
          try await Task.sleep(for: .milliseconds(milliseconds))
          return milliseconds
        }
      }
      defer { group.cancelAll() }
      return try await group.next()!
    }
  }
  // A task that nobody waits for, which sleeps before it calls.
  module.export(synchronous: "later", "milliseconds", "function") {
    (milliseconds: Int, function: JavaScriptObject) in
    Task {
      try await Task.sleep(for: .milliseconds(milliseconds))
      try function.notify()
    }
    return true
  }
  module.exportReferencing("setReferenced")
  module.exportPooling("setPool")
  module.export("block", "milliseconds") { (milliseconds: Int) in await block(milliseconds) }
  module.export("blockDetached", "milliseconds") { (milliseconds: Int) in
    await Task.detached { blockHere(milliseconds) }.value
  }
  module.export("passGate") { await passGate() }
  module.export("passGateDetached") { await Task.detached { Gate.pass() }.value }
  module.export(synchronous: "openGate") { Gate.setOpen(true) }
  module.export(synchronous: "closeGate") { Gate.setOpen(false) }
  module.export(synchronous: "gatesEntered") { Gate.entered.load(ordering: .relaxed) }
  module.export(synchronous: "gatesPassed") { Gate.passed.load(ordering: .relaxed) }
  // How often the loop was woken.
  module.export(synchronous: "wakes") { () -> Int in
    var statistics = tenon_executor_statistics_t()
    statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
    _ = tenon_executor_get_statistics(executor.pointer, &statistics)
    return Int(statistics.wakes)
  }
  module.export(synchronous: "isOpen") { executor.isOpen }
  // Work that does not listen to a cancel, and ends by itself only when it is told.
  module.export("stubborn") { () async throws -> Void in
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }
  // Listens to a cancel, and takes some turns of the loop to end.
  module.export("slowToEnd", "turns") {
    [clock = executor.clock] (turns: Int) async throws -> Void in
    do { try await clock.sleep(for: .seconds(3600)) } catch {
      for _ in 0..<turns { await Task.yield() }
      throw CancellationError()
    }
  }
}
