import CTenon
import Synchronization
@_spi(ExperimentalCustomExecutors) @_spi(ExperimentalScheduling) import _Concurrency

/// The owned mode: the host's loop is where Swift code runs that names no executor.
///
/// This is the only file that uses the runtime's interface for custom executors, which is not stable: it was written
/// against Swift 6.3, and `own` checks that the runtime really took them.
enum OwnedProcess {
  private static let mutex = Mutex()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var primary: LoopExecutor?
  /// Jobs that came while there was no primary executor.
  nonisolated(unsafe) private static var homeless: [Homeless] = []
  private static let owned = Atomic<Bool>(false)

  private struct Homeless {
    let job: Job
    /// When it may run, in the system's time; 0: at once.
    let deadline: UInt64
  }

  static var isOwned: Bool { owned.load(ordering: .relaxed) }

  /// Makes `executor` the primary one.
  static func own(_ executor: LoopExecutor) -> tenon_status_t {
    // The main actor has one thread.
    if executor.threadPool != nil { return TENON_STATUS_UNSUPPORTED }
    mutex.lock()
    if primary != nil {
      mutex.unlock()
      return TENON_STATUS_BUSY
    }
    primary = executor
    mutex.unlock()
    guard watch(executor) else { return TENON_STATUS_CLOSED }
    guard executor.runMainQueue() else {
      mutex.withLock { primary = nil }
      return TENON_STATUS_NO_RESOURCES
    }
    if !isOwned {
      guard install() else {
        mutex.withLock { primary = nil }
        return TENON_STATUS_UNSUPPORTED
      }
      owned.store(true, ordering: .relaxed)
    }
    let waiting = mutex.withLock {
      defer { homeless = [] }
      return homeless
    }
    for one in waiting { place(one) }
    return TENON_STATUS_OK
  }

  /// Makes `executor` the primary one, and the only one that this process ever has.
  static func ownSolely(_ executor: LoopExecutor) -> tenon_status_t {
    guard SoleExecutor.settle() else { return TENON_STATUS_BUSY }
    let status = own(executor)
    if status == TENON_STATUS_OK {
      SoleExecutor.begin(executor.state)
    } else {
      SoleExecutor.unsettle()
    }
    return status
  }

  /// Has the executor's close free its place here; false: it has closed.
  private static func watch(_ executor: LoopExecutor) -> Bool {
    let state = executor.state
    let isOpen = state.pointee.mutex.withLock {
      guard state.pointee.phase.load(ordering: .relaxed) != .closed else { return false }
      // The executor holds it, and calls it while it is there.
      state.shared.pointee.whenClosed = { [unowned executor] in closed(executor) }
      return true
    }
    if !isOpen { closed(executor) }
    return isOpen
  }

  /// An executor has closed: if it had a place here, that is free.
  private static func closed(_ executor: LoopExecutor) {
    mutex.withLock {
      if primary === executor { primary = nil }
    }
  }

  /// Gives the runtime our executors, and looks whether it has them.
  private static func install() -> Bool {
    _createExecutors(factory: ProcessExecutorFactory.self)
    return MainActor.executor === ProcessMainExecutor.shared
      && Task.defaultExecutor as AnyObject === ProcessTaskExecutor.shared
  }

  /// Where a job goes that was made on this thread: to the primary loop's pool, if it has one; to the loop that this thread
  /// polls, or to the primary one.
  fileprivate static func enqueue(_ job: Job, onlyPrimary: Bool = false) {
    let executor = mutex.withLock { primary }
    if !onlyPrimary, let pool = executor?.currentConcurrentPool,
      pool.state.enqueue(job, pool.name, .inFlight)
    {
      return
    }
    if !onlyPrimary, let executor, !executor.state.isPolledHere,
      let here = LoopExecutor.loopOfThisThread, here.state.enqueue(job, here.name, .inFlight)
    {
      return
    }
    place(Homeless(job: job, deadline: 0))
  }

  /// The same for a task's job. There is one place for it if there is one executor.
  @inline(__always) fileprivate static func enqueue(_ job: consuming ExecutorJob) {
    guard let sole = SoleExecutor.state else { return enqueue(job.runningByDefault()) }
    let name = ExecutorName(bits: sole.pointee.name.load(ordering: .relaxed))
    if sole.enqueue(Job(withoutPreference: UnownedJob(job)), name, .inFlight) { return }
    // Closed, and no other will come.
    sole.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
  }

  fileprivate static func enqueue(_ job: Job, _ due: Due, onlyPrimary: Bool) {
    let executor = mutex.withLock { primary }
    if !onlyPrimary, let pool = executor?.currentConcurrentPool, wake(job, due, on: pool) { return }
    if !onlyPrimary, executor?.state.isPolledHere != true,
      let here = LoopExecutor.loopOfThisThread, wake(job, due, on: here)
    {
      return
    }
    place(Homeless(job: job, deadline: due.deadline))
  }

  /// Gives a job to the primary executor, or keeps it until there is one: also if that is closing and takes it no more, as
  /// whatever is asleep on it has its time, and its end, on the next one.
  private static func place(_ one: Homeless) {
    var refused: LoopExecutor?
    while true {
      let executor: LoopExecutor? = mutex.withLock {
        if let primary, primary !== refused { return primary }
        if let sole = SoleExecutor.state {
          // No other will come.
          sole.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
        } else {
          homeless.append(one)
        }
        return nil
      }
      guard let executor else { return }
      if one.deadline == 0 {
        if executor.state.enqueue(one.job, executor.name, .inFlight) { return }
      } else {
        if wake(one.job, Due(at: one.deadline), on: executor) { return }
      }
      refused = executor
    }
  }

  private static func wake(_ job: Job, _ due: Due, on executor: LoopExecutor) -> Bool {
    executor.wake(job, due) { _, job, due in place(Homeless(job: job, deadline: due.deadline)) }
  }

  /// An executor was closed before it ran this job.
  fileprivate static func rescue(_ run: tenon_job_fn, _ context: UnsafeMutableRawPointer?) {
    place(Homeless(job: Job(run, context), deadline: 0))
  }

  /// Runs the primary loop until `isDone`: what an async `main` does.
  fileprivate static func run(until isDone: () -> Bool) {
    while !isDone() {
      guard let executor = mutex.withLock({ primary }) else { return }
      var result = PollResult()
      let status = executor.poll(PollBudget(), &result)
      if status != TENON_STATUS_OK || result.closed { return }
      if result.more { continue }
      // What it has run may have been what this waits for; and who asks for a stop is told once.
      if isDone() { return }
      guard
        executor.state.waitForWork(executor.name, until: result.deadline, after: result)
      else { return }
    }
  }
}

private struct ProcessExecutorFactory: ExecutorFactory {
  static var mainExecutor: any MainExecutor { ProcessMainExecutor.shared }
  static var defaultExecutor: any TaskExecutor { ProcessTaskExecutor.shared }
}

/// Where tasks run that prefer no executor.
private final class ProcessTaskExecutor: TaskExecutor, SchedulingExecutor, Sendable {
  static let shared = ProcessTaskExecutor()

  func enqueue(_ job: consuming ExecutorJob) { OwnedProcess.enqueue(job) }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    OwnedProcess.enqueue(
      job.runningByDefault(), Due(after: nanoseconds(delay)), onlyPrimary: false)
  }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    OwnedProcess.enqueue(
      job.runningByDefault(), Due(at: instant, of: clock), onlyPrimary: false)
  }
}

/// Where the main actor runs: always on the primary loop.
private final class ProcessMainExecutor: MainExecutor, SchedulingExecutor, Sendable {
  static let shared = ProcessMainExecutor()
  private let isStopped = Atomic<Bool>(false)

  func enqueue(_ job: consuming ExecutorJob) {
    OwnedProcess.enqueue(job.runningOnMain(), onlyPrimary: true)
  }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    OwnedProcess.enqueue(job.runningOnMain(), Due(after: nanoseconds(delay)), onlyPrimary: true)
  }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    OwnedProcess.enqueue(job.runningOnMain(), Due(at: instant, of: clock), onlyPrimary: true)
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func isIsolatingCurrentContext() -> Bool? { MainJobs.isRunningHere }

  func run() throws { OwnedProcess.run { isStopped.exchange(false, ordering: .relaxed) } }

  func runUntil(_ condition: () -> Bool) throws {
    OwnedProcess.run { condition() || isStopped.exchange(false, ordering: .relaxed) }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }
}

/// The thread that is running a main actor's job, or one of Dispatch's main queue.
enum MainJobs {
  static let thread = Atomic<UInt>(0)
  static var isRunningHere: Bool { thread.load(ordering: .relaxed) == currentThread }

  static func run(_ body: () -> Void) {
    let before = thread.exchange(currentThread, ordering: .relaxed)
    body()
    thread.store(before, ordering: .relaxed)
  }
}

extension ExecutorJob {
  fileprivate consuming func runningByDefault() -> Job {
    if SoleExecutor.state != nil { return Job(withoutPreference: UnownedJob(self)) }
    return Job(runByDefault, unsafeBitCast(UnownedJob(self), to: UnsafeMutableRawPointer.self))
  }

  fileprivate consuming func runningOnMain() -> Job {
    Job(runOnMain, unsafeBitCast(UnownedJob(self), to: UnsafeMutableRawPointer.self))
  }
}

private func runByDefault(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  guard status == TENON_STATUS_OK else { return OwnedProcess.rescue(runByDefault, context) }
  unsafeBitCast(context, to: UnownedJob.self).runSynchronously(
    on: ProcessTaskExecutor.shared.asUnownedTaskExecutor())
}

private func runOnMain(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  guard status == TENON_STATUS_OK else { return OwnedProcess.rescue(runOnMain, context) }
  MainJobs.run {
    unsafeBitCast(context, to: UnownedJob.self).runSynchronously(
      isolatedTo: ProcessMainExecutor.shared.asUnownedSerialExecutor(),
      taskExecutor: ProcessTaskExecutor.shared.asUnownedTaskExecutor())
  }
}

/// In the library mode, `Task.sleep` in a task that prefers a loop is the loop's timer too, where the runtime asks.
@_spi(ExperimentalScheduling)
extension LoopExecutor: SchedulingExecutor {
  @_spi(ExperimentalScheduling)
  public func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    enqueue(Job(UnownedJob(job)), Due(after: nanoseconds(delay)))
  }

  @_spi(ExperimentalScheduling)
  public func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    enqueue(Job(UnownedJob(job)), Due(at: instant, of: clock))
  }

  private func enqueue(_ job: Job, _ due: Due) {
    let isTaken = wake(job, due) { executor, _, _ in
      executor.state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
    }
    if !isTaken { state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed) }
  }
}

/// The same in a task of a call whose loop has a pool: a timer of the loop.
@_spi(ExperimentalScheduling)
extension DriverHome: SchedulingExecutor {
  @_spi(ExperimentalScheduling)
  nonisolated func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    enqueue(UnownedJob(job), Due(after: nanoseconds(delay)))
  }

  @_spi(ExperimentalScheduling)
  nonisolated func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    enqueue(UnownedJob(job), Due(at: instant, of: clock))
  }

  private nonisolated func enqueue(_ job: UnownedJob, _ due: Due) {
    let sleeper = Unmanaged.passRetained(Sleeper(self, job))
    let ring: tenon_job_fn = { context, status in
      let sleeper = Unmanaged<Sleeper>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
      if status == TENON_STATUS_OK { sleeper.wake() } else { sleeper.home.abandon() }
    }
    let isTaken = loop.wake(Job(ring, sleeper.toOpaque()), due) { _, job, _ in
      job.function?(job.context, TENON_STATUS_CLOSED)
    }
    if isTaken { return }
    sleeper.release()
    abandon()
  }
}

/// A job that waits for its time.
// SAFETY: nothing changes.
private final class Sleeper: @unchecked Sendable {
  let home: DriverHome
  private let job: UnownedJob

  init(_ home: DriverHome, _ job: UnownedJob) {
    self.home = home
    self.job = job
  }

  func wake() { home.enqueue(job) }
}
