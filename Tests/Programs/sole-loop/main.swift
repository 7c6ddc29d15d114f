// The owned mode with a sole loop, in a process of its own: its calls prefer no executor, so there is to be no other.
import CTenon
import Glibc
import Synchronization
import Tenon
import TenonExport

let counts = Mutex((passed: 0, failed: 0))

func report(_ name: String, _ isRight: Bool) {
  print(isRight ? "ok \(name)" : "not ok \(name)")
  counts.withLock {
    if isRight { $0.passed += 1 } else { $0.failed += 1 }
  }
}

/// Whether making an executor is refused as it is to be.
func isRefused(_ make: () throws -> LoopExecutor) -> Bool {
  do {
    try make().close()
    return false
  } catch let failure as Failure {
    return failure.code == Int64(TENON_STATUS_BUSY.rawValue)
  } catch {
    return false
  }
}

func isRefusedInC() -> Bool {
  var executor: OpaquePointer?
  return tenon_executor_create(nil, &executor) == TENON_STATUS_BUSY && executor == nil
}

let loop = try LoopExecutor.create(name: "sole")

actor Shared {
  private var sum = 0
  func add(_ count: Int) -> Bool {
    for i in 0..<count { sum = (sum &* 31) ^ i }
    return loop.isCurrent
  }
}

let shared = Shared()

@MainActor func isOnMain() -> Bool { loop.isCurrent }
@concurrent func isConcurrent() async -> Bool { loop.isCurrent }

/// What a call does; all of it is to be on the loop.
nonisolated(nonsending) func work(_ rounds: Int) async -> Bool {
  var isRight = true
  for round in 0..<rounds {
    isRight = await shared.add(300) && loop.isCurrent && isRight
    async let child = {
      _ = await shared.add(300)
      return loop.isCurrent
    }()
    isRight = await child && isRight
    isRight = await isConcurrent() && isRight
    if round % 16 == 0 { await Task.yield() }
    isRight = await isOnMain() && loop.isCurrent && isRight
  }
  return isRight
}

func body(of name: String, _ operation: @escaping @Sendable () async throws -> Bool) throws {
  let done = try loop.start { report(name, try await operation()) }
  try loop.run(until: done)
}

func beforeItIsSole() throws {
  let other = try LoopExecutor.create(name: "other")
  report("beside another executor it is refused", (try? loop.ownProcessSolely()) == nil)
  report("which changes nothing", tenon_process_get_mode() == TENON_PROCESS_LIBRARY)
  try other.close()
  // Its driver prefers the loop, and is replaced.
  try body(of: "a call before it is the sole one") { loop.isCurrent }
  try loop.ownProcessSolely()
  report("when that has closed it is not", tenon_process_get_mode() == TENON_PROCESS_OWNED)
  report("twice is once too often", (try? loop.ownProcessSolely()) == nil)
}

func noOther() throws {
  report("another executor is refused", isRefused { try LoopExecutor.create() })
  report("so is a pool", isRefused { try ThreadPool.create(threads: 2) })
  report("so it is in C", isRefusedInC())
  // Two loops on two threads that share an actor are what would not work: a call that goes on where the actor was run last, by
  // the other loop, is not enqueued again, so nobody could send it home.
  onAnotherThread {
    report("so is a second loop", isRefused { try LoopExecutor.create(name: "second") })
  }
}

/// Runs `body` on a thread of its own, and waits for it.
func onAnotherThread(_ body: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    {
      Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body()
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  pthread_join(thread, nil)
}

/// An executor that somebody else has brought, with a thread for each job.
final class Foreign: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      {
        let job = unsafeBitCast($0, to: UnownedJob.self)
        job.runSynchronously(on: Foreign.shared.asUnownedTaskExecutor())
        return nil
      }, unsafeBitCast(job, to: UnsafeMutableRawPointer.self))
    pthread_detach(thread)
  }
  static let shared = Foreign()
}

func amongForeigners() throws {
  let others = (0..<2).map { _ in
    Task(executorPreference: Foreign.shared) {
      for _ in 0..<200 {
        _ = await shared.add(3000)
        await Task.yield()
      }
    }
  }
  let isRight = Mutex(true)
  var ended = 0
  for _ in 0..<50 {
    let calls = try (0..<4).map { _ in
      try loop.start {
        if !loop.isCurrent { isRight.withLock { $0 = false } }
        // From here on it may be anywhere.
        for _ in 0..<8 { _ = await shared.add(3000) }
      }
    }
    for call in calls {
      try loop.run(until: call)
      ended += 1
    }
  }
  report("calls end whoever runs their actors", ended == 200)
  report("and each begins on the loop", isRight.withLock { $0 })
  try body(of: "others end, too") {
    for other in others { await other.value }
    return true
  }
  try body(of: "then all is on the loop again") { await work(20) }
}

func theEnd() throws {
  let held = Mutex<UnsafeContinuation<Void, Never>?>(nil)
  let hasGoneOn = Mutex(false)
  let left = try loop.start {
    await withUnsafeContinuation { continuation in held.withLock { $0 = continuation } }
    hasGoneOn.withLock { $0 = true }
  }
  let cancelled = try loop.start {
    try await Task.sleep(for: .seconds(1000))
  }
  let first = try loop.start { await Task.yield() }
  try loop.run(until: first)
  cancelled.cancel()
  try loop.run(until: cancelled)
  report("a sleep ends when its call is cancelled", cancelled.isSettled)
  report("a close that leaves a call behind says so", try !loop.close())
  report("and has settled its future", left.isSettled)
  held.withLock { $0 }?.resume()
  Task.detached { hasGoneOn.withLock { $0 = true } }
  report("nothing of it runs afterwards", !hasGoneOn.withLock { $0 })
  report("another executor is refused for ever", isRefused { try LoopExecutor.create() })
  report("in C, too", isRefusedInC())
}

try beforeItIsSole()
try noOther()
try body(of: "all of a call is on the loop") { await work(200) }
try body(of: "so is a task of its own") { await Task { await work(20) }.value }
try body(of: "so is a call with a priority") {
  guard case .boolean(let isRight) = try await loop.start(priority: .high, { loop.isCurrent }).value
  else { return false }
  return isRight
}
try body(of: "so is a function that leaves others") {
  try await TenonExport.concurrently { loop.isCurrent }
}
try amongForeigners()
try theEnd()

let (passed, failed) = counts.withLock { $0 }
print("\(passed) passed, \(failed) failed")
exit(failed == 0 ? 0 : 1)
