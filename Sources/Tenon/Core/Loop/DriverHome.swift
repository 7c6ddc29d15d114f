import CTenon
import Synchronization

/// Where a driver's task runs if its loop has a pool: the task's executor, which tells two kinds of code apart.
///
/// The driver is isolated to this, an actor on the loop, and so is what it calls without leaving its caller's actor. What Swift runs
/// concurrently, such as `@concurrent` functions, child tasks and actors, is on no actor of the loop: it goes to the task's executor,
/// which is this, too, and from here to the pool. Swift brings it back by the actor.
actor DriverHome: TaskExecutor {
  nonisolated let loop: LoopExecutor
  private nonisolated let pool: LoopExecutor
  private nonisolated let serial = HomeSerialExecutor()
  /// The driver's task as a job, from its first one on, or 0.
  private nonisolated let task = Atomic<UInt>(0)
  /// Whether that task is on the pool, or was when it was suspended.
  private nonisolated let isAway = Atomic<Bool>(false)
  /// Whether that task has come to the driver's work, on the actor. The polling thread's.
  private nonisolated let hasBegun = Atomic<Bool>(false)
  /// Whether it runs on the loop at this moment. The polling thread's.
  private nonisolated let isRunning = Atomic<Bool>(false)

  init(_ loop: LoopExecutor, _ pool: LoopExecutor) {
    self.loop = loop
    self.pool = pool
    serial.home = self
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { serial.asUnownedSerialExecutor() }

  /// The address of the pool: which one it is.
  nonisolated var poolBits: UInt { pool.bits }

  /// A task of this goes on: to the pool, unless it is the driver's, and waits on the loop.
  nonisolated func enqueue(_ job: consuming ExecutorJob) { enqueue(UnownedJob(job)) }

  nonisolated func enqueue(_ job: UnownedJob) {
    let own = task.load(ordering: .relaxed)
    if own == 0 {
      task.store(job.bits, ordering: .relaxed)
      return goHome(job, isIsolated: true)
    }
    if job.bits == own {
      // Its closure is on no actor, and where the compiler leaves that closure something to do, as it does to count what is covered,
      // the task leaves the actor for it. It is none of the pool's work, and a poll begins calls without it.
      if !hasBegun.load(ordering: .relaxed) { return goHome(job, isIsolated: false) }
      // One that runs here leaves the actor.
      if loop.state.isPolledHere && isRunning.load(ordering: .relaxed) {
        isAway.store(true, ordering: .relaxed)
      } else if !isAway.load(ordering: .relaxed) {
        return goHome(job, isIsolated: true)
      }
    }
    let trip = Trip(self, job, isIsolated: false).retained
    if !pool.state.enqueue(Job(runAway, trip.toOpaque()), pool.name, .inFlight) {
      trip.release()
      // It has closed: then the loop does what it did without it.
      goHome(job, isIsolated: false)
    }
  }

  /// The driver's task is at its work.
  func begin() { hasBegun.store(true, ordering: .relaxed) }

  /// A task of this comes to the actor.
  fileprivate nonisolated func enqueueIsolated(_ job: UnownedJob) {
    if job.bits == task.load(ordering: .relaxed) { isAway.store(false, ordering: .relaxed) }
    goHome(job, isIsolated: true)
  }

  fileprivate nonisolated func goHome(_ job: UnownedJob, isIsolated: Bool) {
    let trip = Trip(self, job, isIsolated: isIsolated).retained
    if loop.state.enqueue(Job(runAtHome, trip.toOpaque()), loop.name, .inFlight) { return }
    trip.release()
    abandon()
  }

  /// The loop has closed: it may never run.
  nonisolated func abandon() {
    loop.state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
  }

  /// In the poll.
  fileprivate nonisolated func run(_ trip: Trip) {
    guard trip.isIsolated else { return trip.job.runSynchronously(on: asUnownedTaskExecutor()) }
    let isOwn = trip.job.bits == task.load(ordering: .relaxed)
    if isOwn { isRunning.store(true, ordering: .relaxed) }
    trip.job.runSynchronously(
      isolatedTo: unownedExecutor, taskExecutor: asUnownedTaskExecutor())
    if isOwn { isRunning.store(false, ordering: .relaxed) }
    // As after any job: see `runJobs`.
    loop.state.own.pointee.runningDriver = nil
  }
}

/// A ``DriverHome`` as an actor's executor.
// SAFETY: written once, before it is used. The home outlives it.
private final class HomeSerialExecutor: SerialExecutor, @unchecked Sendable {
  unowned(unsafe) var home: DriverHome!

  func enqueue(_ job: consuming ExecutorJob) { home.enqueueIsolated(UnownedJob(job)) }

  func isIsolatingCurrentContext() -> Bool? { home.loop.state.isPolledHere }
}

/// A job on its way, with its home, which a job alone does not keep.
// SAFETY: nothing changes.
private final class Trip: @unchecked Sendable {
  let home: DriverHome
  let job: UnownedJob
  let isIsolated: Bool

  init(_ home: DriverHome, _ job: UnownedJob, isIsolated: Bool) {
    self.home = home
    self.job = job
    self.isIsolated = isIsolated
  }

  var retained: Unmanaged<Trip> { .passRetained(self) }
}

private func runAtHome(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let trip = Unmanaged<Trip>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
  if status == TENON_STATUS_OK { trip.home.run(trip) } else { trip.home.abandon() }
}

private func runAway(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let trip = Unmanaged<Trip>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
  if status != TENON_STATUS_OK { return trip.home.goHome(trip.job, isIsolated: false) }
  trip.job.runSynchronously(on: trip.home.asUnownedTaskExecutor())
}

extension UnownedJob {
  fileprivate var bits: UInt { unsafeBitCast(self, to: UInt.self) }
}
