// What Swift's runtime, and who uses the runtime's own interface, asks of the executors of an owned process.
import CTenon
import Glibc
import ProgramSupport
import Synchronization
import Tenon
@_spi(ExperimentalCustomExecutors) @_spi(ExperimentalScheduling) import _Concurrency

/// Whether something is refused for this reason.
func isRefused(_ status: tenon_status_t, _ body: () throws -> Void) -> Bool {
  do {
    try body()
    return false
  } catch {
    return (error as? Failure)?.code == Int64(status.rawValue)
  }
}

func abandonedJobs(of executor: LoopExecutor) -> UInt64 {
  var statistics = tenon_executor_statistics_t()
  statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
  _ = tenon_executor_get_statistics(executor.pointer, &statistics)
  return statistics.jobs_abandoned
}

/// Whether the loop has closed.
func poll(_ loop: LoopExecutor, _ jobs: UInt64 = 4096) -> Bool {
  var result = tenon_poll_result_t()
  result.struct_size = MemoryLayout<tenon_poll_result_t>.size
  var budget = tenon_poll_budget_t()
  (budget.struct_size, budget.jobs_max) = (MemoryLayout<tenon_poll_budget_t>.size, jobs)
  return tenon_executor_poll(loop.pointer, &budget, &result) != TENON_STATUS_OK || result.closed
}

/// What a job leaves behind.
final class Mark: Sendable {
  private let thread = Mutex<pthread_t?>(nil)
  func set() { thread.withLock { $0 = pthread_self() } }
  var isSet: Bool { thread.withLock { $0 != nil } }
  var isSetHere: Bool { thread.withLock { $0 == pthread_self() } }
}

// MARK: Who cannot have the place

func whoCannotOwn() throws {
  let pool = try ThreadPool.create(threads: 1)
  report("aPoolCannotOwn", isRefused(TENON_STATUS_UNSUPPORTED) { try pool.ownProcess() })
  report("norSolely", isRefused(TENON_STATUS_UNSUPPORTED) { try pool.ownProcessSolely() })
  let other = try LoopExecutor.create()
  report("andOthersMayBeMadeAfterwards", try other.close())
  _ = try pool.close(timeout: .seconds(60))
  let closed = try LoopExecutor.create()
  _ = tenon_executor_retain(closed.pointer)
  try closed.close()
  report("oneThatHasClosedCannotOwn", isRefused(TENON_STATUS_CLOSED) { try closed.ownProcess() })
  _ = tenon_executor_release(closed.pointer)
  report("theModeIsLibrary", tenon_process_get_mode() == TENON_PROCESS_LIBRARY)
}

// MARK: The main executor runs, as for an async main

func theMainExecutorRuns(_ loop: LoopExecutor) throws {
  let main = MainActor.executor
  let mark = Mark()
  Task { @MainActor in
    try? await Task.sleep(for: .milliseconds(2))
    mark.set()
    main.stop()
  }
  try main.run()
  report("theMainExecutorRunsUntilItIsStopped", mark.isSetHere)

  let second = Mark()
  Task.detached {
    try? await Task.sleep(for: .milliseconds(2))
    second.set()
  }
  try main.runUntil { second.isSet }
  report("orUntilACondition", second.isSetHere)
  main.stop()
  try main.runUntil { false }
  report("aStopEndsThat", true)

  // More than one poll runs.
  let marks = (0..<10_000).map { _ in Mark() }
  for mark in marks { Task.detached { mark.set() } }
  try main.runUntil { marks.last?.isSet ?? false }
  report("howeverMuchThereIsToRun", marks.allSatisfy { $0.isSetHere })

  let third = Mark()
  let hasEnded = Mark()
  Task { @MainActor in
    third.set()
    // Whoever closes inside a poll does so at its end.
    _ = tenon_executor_close(loop.pointer, 0)
    hasEnded.set()
  }
  try main.run()
  report("itEndsWithItsLoop", third.isSetHere && !loop.isOpen)
  try main.run()
  report("withoutALoopItHasNothingToRun", true)
}

// MARK: Who is on the main actor

func whoIsOnTheMainActor() throws {
  let main = MainActor.executor
  let answers = Mutex<[Bool?]>([])
  let ask: @Sendable () -> Void = {
    answers.withLock { $0.append(MainActor.executor.isIsolatingCurrentContext()) }
  }
  ask()
  Task.detached {
    ask()
    await MainActor.run { ask() }
    ask()
  }
  try main.runUntil { answers.withLock { $0.count } == 4 }
  onAnotherThread(ask)
  report(
    "theMainActorIsWhereItsJobRuns", answers.withLock { $0 } == [false, false, true, false, false])
}

// MARK: A job that is for later

/// A clock with instants of its own, which a test moves.
final class HandClock: Clock {
  struct Instant: InstantProtocol {
    var nanoseconds: Int64
    func advanced(by duration: Duration) -> Instant {
      Instant(nanoseconds: nanoseconds + duration.components.attoseconds / 1_000_000_000)
    }
    func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }
    static func < (one: Instant, other: Instant) -> Bool { one.nanoseconds < other.nanoseconds }
  }
  let now = Instant(nanoseconds: 1_000_000)
  let minimumResolution = Duration.nanoseconds(1)
  func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
}

func laterJobs(_ loop: LoopExecutor) throws {
  let executors: [(String, any SchedulingExecutor)] = [
    ("theDefaultExecutor", Task.defaultExecutor as! any SchedulingExecutor),
    ("theMainExecutor", MainActor.executor as! any SchedulingExecutor),
    ("aLoop", loop),
  ]
  for (name, executor) in executors {
    let (after, at, own, past) = (Mark(), Mark(), Mark(), Mark())
    let clock = ContinuousClock()
    let start = clock.now
    executor.enqueue(job { after.set() }, after: .milliseconds(3), tolerance: nil, clock: clock)
    executor.enqueue(
      job { at.set() }, at: start.advanced(by: .milliseconds(3)), tolerance: nil, clock: clock)
    let hand = HandClock()
    executor.enqueue(
      job { own.set() }, at: hand.now.advanced(by: .milliseconds(3)), tolerance: nil, clock: hand)
    executor.enqueue(
      job { past.set() }, at: start.advanced(by: .seconds(-1)), tolerance: nil, clock: clock)
    // Whatever the time is by now, what is over is due.
    while !past.isSet { _ = poll(loop) }
    try MainActor.executor.runUntil { after.isSet && at.isSet && own.isSet }
    report(
      "\(name)RunsAJobWhenItIsTime",
      after.isSetHere && at.isSetHere && own.isSetHere && past.isSetHere
        && clock.now - start >= .milliseconds(3))
  }
}

func job(_ body: @escaping @Sendable () -> Void) -> ExecutorJob {
  _swift_createJobForTestingOnly { body() }
}

// MARK: Errors

/// Of a type that nobody describes: there is no Foundation here.
enum Boom: Error { case first, second }

func anErrorOfSwift(_ loop: LoopExecutor) throws {
  let failed = try loop.start { throw Boom.second }
  try loop.run(until: failed)
  var (error, domain, code): (OpaquePointer?, UnsafePointer<CChar>?, Int64) = (nil, nil, 0)
  report("aCallFails", tenon_future_copy_error(failed.pointer, &error) == TENON_STATUS_OK)
  _ = tenon_error_get_domain(error, &domain)
  _ = tenon_error_get_code(error, &code)
  report(
    "withItsType", domain.map { String(cString: $0) } == "swift.owned_runtime.Boom" && code == 1)
  _ = tenon_error_release(error)
}

// MARK: Who comes from elsewhere

func fromAThreadThatHasNoLoop() throws {
  let (now, later) = (Mark(), Mark())
  onAnotherThread {
    Task { now.set() }
    Task {
      try? await Task.sleep(for: .milliseconds(1))
      later.set()
    }
  }
  try MainActor.executor.runUntil { now.isSet && later.isSet }
  report("aTaskOfAnyThreadIsOnTheLoop", now.isSetHere && later.isSetHere)
}

// MARK: Between two owners

/// A continuation that somebody resumes when there is no owner goes on with the next one.
func betweenOwners() throws {
  let first = try LoopExecutor.create(name: "first")
  try first.ownProcess()
  let held = Mutex<UnsafeContinuation<Void, Never>?>(nil)
  let (goesOn, onMain) = (Mark(), Mark())
  Task {
    await withUnsafeContinuation { continuation in held.withLock { $0 = continuation } }
    goesOn.set()
  }
  try MainActor.executor.runUntil { held.withLock { $0 != nil } }
  // It closes in a poll of one job, and what comes during the next one, its last, is not run any more.
  let close: tenon_job_fn = { executor, _ in _ = tenon_executor_close(OpaquePointer(executor), 0) }
  let enqueue: tenon_job_fn = { marks, _ in
    let (early, onMain) = marks!.assumingMemoryBound(to: (Mark, Mark).self).pointee
    Task { early.set() }
    Task { @MainActor in onMain.set() }
  }
  let early = Mark()
  var marks = (early, onMain)
  withUnsafeMutablePointer(to: &marks) {
    _ = tenon_executor_post(first.pointer, close, UnsafeMutableRawPointer(first.pointer))
    _ = tenon_executor_post(first.pointer, enqueue, $0)
    if !poll(first, 1) { while !poll(first) {} }
  }
  _ = tenon_executor_release(first.pointer)
  held.withLock { $0 }?.resume()
  report("nothingRunsWithoutAnOwner", !goesOn.isSet && !early.isSet && !onMain.isSet)
  let second = try LoopExecutor.create(name: "second")
  try second.ownProcess()
  try MainActor.executor.runUntil { goesOn.isSet && early.isSet && onMain.isSet }
  report("whatWasResumedMeanwhileGoesOnWithTheNext", goesOn.isSetHere)
  report("soDoesWhatTheFirstHadNotRun", early.isSetHere && onMain.isSetHere)
  report("thatCloses", try second.close())
}

/// A loop of a host that cannot run it: who wants to run it does not wait.
func withAHost() throws {
  var host = tenon_executor_host_t()
  host.struct_size = MemoryLayout<tenon_executor_host_t>.size
  host.wake = { _ in }
  var executor: OpaquePointer?
  let status = withUnsafePointer(to: host) {
    var config = tenon_executor_config_t()
    config.struct_size = MemoryLayout<tenon_executor_config_t>.size
    config.host = $0
    return tenon_executor_create(&config, &executor)
  }
  report("aHostsLoopIsMade", status == TENON_STATUS_OK)
  report("andOwns", tenon_process_own(executor) == TENON_STATUS_OK)
  let mark = Mark()
  Task { mark.set() }
  try MainActor.executor.run()
  report("whatIsReadyHasRun", mark.isSetHere)
  report("itCloses", tenon_executor_close(executor, 0) == TENON_STATUS_OK)
  _ = tenon_executor_release(executor)
}

// MARK: The end of a loop

func laterThanTheEnd() throws {
  let loop = try LoopExecutor.create(name: "ends")
  _ = tenon_executor_retain(loop.pointer)
  let mark = Mark()
  let clock = ContinuousClock()
  loop.enqueue(job { mark.set() }, after: .seconds(86_400), tolerance: nil, clock: clock)
  try loop.close()
  loop.enqueue(job { mark.set() }, after: .zero, tolerance: nil, clock: clock)
  report("aLoopCountsWhatItNeverRuns", !mark.isSet && abandonedJobs(of: loop) == 2)
  _ = tenon_executor_release(loop.pointer)
}

try whoCannotOwn()
let loop = try LoopExecutor.create(name: "owner")
_ = tenon_executor_retain(loop.pointer)
try loop.ownProcess()
try laterJobs(loop)
try anErrorOfSwift(loop)
try fromAThreadThatHasNoLoop()
try whoIsOnTheMainActor()
try theMainExecutorRuns(loop)
_ = tenon_executor_release(loop.pointer)
try betweenOwners()
try withAHost()
try laterThanTheEnd()

exitWithReport()
