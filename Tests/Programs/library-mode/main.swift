// The library mode in a process of its own: structured work stays on the loop, the rest is Dispatch's and counted.
import CTenon
import Glibc
import ProgramSupport
import Synchronization
import Tenon

// SAFETY: written once, before any task.
nonisolated(unsafe) var home = pthread_self()

func isHome() -> Bool { pthread_equal(pthread_self(), home) != 0 }

func escapes() -> UInt64 {
  var statistics = tenon_process_statistics_t()
  statistics.struct_size = MemoryLayout<tenon_process_statistics_t>.size
  precondition(tenon_process_get_statistics(&statistics) == TENON_STATUS_OK)
  return statistics.escapes
}

/// Runs one operation to its end on the loop.
func outcome(
  of operation: nonisolated(nonsending) @escaping @Sendable () async throws -> Bool
) throws -> Bool {
  let result = Mutex(false)
  let future = try loop.start {
    let isRight = try await operation()
    result.withLock { $0 = isRight }
  }
  return try loop.run(until: future, timeout: .seconds(30)) && result.withLock { $0 }
}

actor OnLoop: LoopActor {
  nonisolated let executor: LoopExecutor
  init(on executor: LoopExecutor) { self.executor = executor }
  func isThere() -> Bool { isHome() }
}

/// A hook of somebody else's, which was there first.
enum Hook {
  typealias Function = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void
  static let calls = Atomic<UInt64>(0)

  /// False: there is no such hook to be found.
  static func install() -> Bool {
    guard let place = dlsym(nil, "swift_task_enqueueGlobal_hook") else { return false }
    let hook: Function = { job, original in
      Hook.calls.wrappingAdd(1, ordering: .relaxed)
      unsafeBitCast(original, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self)(job)
    }
    place.assumingMemoryBound(to: Function?.self).pointee = hook
    return true
  }
}

let hasHook = Hook.install()
let loop = try LoopExecutor.create(name: "library")
report("theModeIsLibrary", tenon_process_get_mode() == TENON_PROCESS_LIBRARY)
report("escapesCanBeCounted", tenon_process_count_escapes() == TENON_STATUS_OK)

let structured = try outcome {
  var isRight = isHome()
  await Task.yield()
  isRight = isRight && isHome()
  async let child = isHome()
  isRight = await child && isRight
  let all = await withTaskGroup(of: Bool.self) { group in
    for _ in 0..<32 {
      group.addTask {
        await Task.yield()
        return isHome()
      }
    }
    return await group.reduce(true) { $0 && $1 }
  }
  try await loop.clock.sleep(for: .milliseconds(1))
  return isRight && all && isHome()
}
report("structuredWorkStaysOnTheLoop", structured)
let actor = OnLoop(on: loop)
report("aLoopActorStaysOnTheLoop", try outcome { await actor.isThere() })
report("structuredWorkIsNoEscape", escapes() == 0)

let escaped = try outcome { await Task.detached { !isHome() }.value && isHome() }
report("aDetachedTaskLeavesTheLoopAndItsAwaiterComesBack", escaped)
report("anEscapeIsCounted", escapes() >= 1)
let before = escapes()
_ = try outcome {
  await withTaskGroup(of: Void.self) { _ in }
  for _ in 0..<10 { await Task.detached {}.value }
  return true
}
report("everyEscapeIsCounted", escapes() >= before + 10)

report(
  "aHookThatWasThereBeforeIsCalledToo", !hasHook || Hook.calls.load(ordering: .relaxed) >= escapes()
)

// The main queue, drained by its descriptor.
var descriptor: Int32 = -1
report(
  "theMainQueueHasADescriptor",
  tenon_process_main_queue_fd(&descriptor) == TENON_STATUS_OK && descriptor >= 0)
let onMain = Mutex<[Bool]>([])
let mainWork = try loop.start {
  await MainActor.run {
    let isRight = tenon_process_drain_main_queue() == TENON_STATUS_BUSY
    onMain.withLock { $0 = [isHome(), isRight] }
  }
}
var loopDescriptor: Int32 = -1
precondition(tenon_executor_fd(loop.pointer, &loopDescriptor) == TENON_STATUS_OK)
let readable = Int16(POLLIN)
while !mainWork.isSettled {
  var result = tenon_poll_result_t()
  result.struct_size = MemoryLayout<tenon_poll_result_t>.size
  precondition(tenon_executor_poll(loop.pointer, nil, &result) == TENON_STATUS_OK)
  if mainWork.isSettled { break }
  var descriptors = [
    pollfd(fd: loopDescriptor, events: readable, revents: 0),
    pollfd(fd: descriptor, events: readable, revents: 0),
  ]
  guard poll(&descriptors, 2, 30_000) > 0 else { break }
  if descriptors[1].revents & readable != 0 {
    precondition(tenon_process_drain_main_queue() == TENON_STATUS_OK)
  }
}
report("mainActorWorkRunsOnTheFirstThread", onMain.withLock { $0.first == true })
report("aDrainInsideOfADrainIsRefused", onMain.withLock { $0.last == true })

// Any other thread is the wrong one.
nonisolated(unsafe) var answers: [tenon_status_t] = []
var thread = pthread_t()
let status = pthread_create(
  &thread, nil,
  { @Sendable _ in
    var descriptor: Int32 = -1
    answers = [tenon_process_main_queue_fd(&descriptor), tenon_process_drain_main_queue()]
    return nil
  }, nil)
precondition(status == 0)
pthread_join(thread, nil)
report(
  "anotherThreadIsTheWrongOne",
  answers == [TENON_STATUS_WRONG_THREAD, TENON_STATUS_WRONG_THREAD])

// Owning the process this late is refused, or works for all that comes.
var isRefused = false
do { try loop.ownProcess() } catch let error as Failure {
  isRefused = error.code == Int64(TENON_STATUS_UNSUPPORTED.rawValue)
}
if isRefused {
  report("aRefusedOwnerLeavesTheMode", tenon_process_get_mode() == TENON_PROCESS_LIBRARY)
} else {
  report("aLateOwnerHasTheMode", tenon_process_get_mode() == TENON_PROCESS_OWNED)
  let isOwned = try outcome {
    let isDetachedHome = await Task.detached { isHome() }.value
    return await MainActor.run { isHome() } && isDetachedHome && isHome()
  }
  report("aLateOwnerGetsAllThatComes", isOwned)
}

let isDrained = try loop.close(timeout: .seconds(10))
report("theCloseDrains", isDrained)
exitWithReport()
