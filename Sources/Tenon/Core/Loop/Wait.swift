import CLinux
import CTenon
import CTenonImage
import CTenonRoot
import Glibc
import Synchronization

/// Waiting: by polling where the work is, by sleeping where it is not, and never where it could not end.

extension LoopExecutor {
  /// Polls and sleeps until the future has settled; with nil, until nothing is pending.
  func run(until future: Handle?, deadline: UInt64) -> tenon_status_t {
    if let threads = threadPool { return threads.runPool(until: future, deadline: deadline) }
    return state.run(name, isLent: false, until: future, deadline: deadline)
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// The same, of an executor without threads; `isLent`: without a reference to it, so its last handle may go meanwhile.
  ///
  /// Of several threads that do so at once one polls and sleeps on the wake source; the others sleep until their future, if
  /// they have one, has settled or that place is free.
  fileprivate func run(
    _ name: ExecutorName, isLent: Bool, until future: Handle?, deadline: UInt64
  ) -> tenon_status_t {
    guard pointee.phase.load(ordering: .relaxed) != .closed else { return TENON_STATUS_CLOSED }
    guard !isPolledHere else { return TENON_STATUS_BUSY }
    if let future, let end = end(of: future) { return end }
    // A task must not block its thread: others of its kind may need it, and may be what this waits for.
    guard !isInTask else { return TENON_STATUS_DEADLOCK }
    guard pointee.isRunnable.load(ordering: .relaxed) else { return TENON_STATUS_UNSUPPORTED }
    guard let seen = beginInterruptible(name) else { return TENON_STATUS_INTERRUPTED }
    return Delivery.whileWaiting {
      // A callback of the loop that this very thread runs further up the stack: it turns in here until this future has settled.
      if pointee.runner.load(ordering: .relaxed) == currentThread {
        return runAlone(name, isLent, future, deadline, seen)
      }
      while !becomeRunner() {
        if let future {
          let isFree = { [self] in pointee.runner.load(ordering: .relaxed) == 0 }
          let status = sleepBeside(name, future, inSystemTime(deadline), seen, orUntil: isFree)
          if status != TENON_STATUS_PENDING { return status }
        } else if !awaitRunner(until: deadline, seen) {
          return TENON_STATUS_TIMEOUT
        }
        if wasInterrupted(name, since: seen) { return TENON_STATUS_INTERRUPTED }
      }
      defer { resignRunner() }
      return runAlone(name, isLent, future, deadline, seen)
    }
  }

  /// Sleeps until the future has settled, or `isOver` says so of what is told to ``ExecutorState/runners``: TENON_STATUS_PENDING.
  /// The deadline is in the system's time.
  func sleepBeside(
    _ name: ExecutorName, _ future: Handle, _ deadline: UInt64, _ seen: UInt32,
    orUntil isOver: () -> Bool = { false }
  ) -> tenon_status_t {
    // Such memory leaves four bits of its address: not everybody need wake for each future.
    let key = currentThread >> 12 & 15
    let ring: tenon_completion_fn = { context, _, _ in
      let bits = UInt(bitPattern: context)
      let state = UnsafeMutablePointer<ExecutorState>(bitPattern: bits & ~15).unsafelyUnwrapped
      state.pointee.runners.change(for: 1 << UInt32(bits & 15))
    }
    var alarm: Handle?
    let status = onComplete(
      future, .none, unsafeBitCast(ring, to: UnsafeRawPointer.self),
      UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: self) | key),
      late: .refuse, isOwn: true
    ) { alarm = $0 }
    if status == TENON_STATUS_SETTLED { return pollFuture(future) }
    guard status == TENON_STATUS_OK, let alarm else { return status }
    let sleeper = tenon__enter_sleep(UInt64(future.bits), Time.now)
    let isAwake = pointee.runners.wait(until: deadline, for: 1 << UInt32(key)) {
      pollFuture(future) != TENON_STATUS_PENDING || interruptions != seen && isNamed(name)
        || isOver()
    }
    tenon__leave_sleep(sleeper)
    _ = removeRegistration(alarm, telling: TENON_STATUS_FORGOTTEN)
    let end = pollFuture(future)
    if end != TENON_STATUS_PENDING { return end }
    if wasInterrupted(name, since: seen) { return TENON_STATUS_INTERRUPTED }
    return isAwake ? TENON_STATUS_PENDING : TENON_STATUS_TIMEOUT
  }

  private func runAlone(
    _ name: ExecutorName, _ isLent: Bool, _ future: Handle?, _ deadline: UInt64, _ seen: UInt32
  ) -> tenon_status_t {
    var alarm: Handle?
    var sleeper: UnsafeMutablePointer<tenon__inspect_sleeper>?
    // What each poll in here tells the host, lest a turn that begins with one sleeps for longer.
    let outerDeadline = pointee.waitDeadline.load(ordering: .relaxed)
    pointee.waitDeadline.store(min(deadline, outerDeadline), ordering: .relaxed)
    defer {
      pointee.waitDeadline.store(outerDeadline, ordering: .relaxed)
      if let alarm {
        _ = removeRegistration(alarm, telling: TENON_STATUS_FORGOTTEN)
        tenon__leave_sleep(sleeper)
      }
    }
    while true {
      if alarm == nil, let end = end(of: future) { return end }
      var result = PollResult()
      let status = LoopExecutor.poll(self, name, isLent: isLent, PollBudget(), &result)
      if status != TENON_STATUS_OK { return status }
      if let end = end(of: future) { return end }
      if result.closed { return TENON_STATUS_CLOSED }
      if future == nil && !result.alive { return TENON_STATUS_OK }
      if wasInterrupted(name, since: seen) { return TENON_STATUS_INTERRUPTED }
      if deadline != .max && now >= deadline { return TENON_STATUS_TIMEOUT }
      if result.more { continue }
      if let future, alarm == nil {
        // Whoever settles it must wake this loop, whatever else does.
        let function = unsafeBitCast(doNothing as tenon_completion_fn, to: UnsafeRawPointer.self)
        let status = onComplete(future, name, function, nil, late: .refuse, isOwn: true) {
          alarm = $0
        }
        if alarm != nil { sleeper = tenon__enter_sleep(UInt64(future.bits), Time.now) }
        if status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED { continue }
        return status
      }
      _ = waitForWork(name, until: min(deadline, result.deadline), after: result, seen)
    }
  }

  /// How the future ended; nil: there is none, or it has not.
  private func end(of future: Handle?) -> tenon_status_t? {
    guard let future, case let status = pollFuture(future), status != TENON_STATUS_PENDING else {
      return nil
    }
    return status
  }

  /// Sleeps until the loop has something, unless another thread's poll came after `poll`; false: there is no way to
  /// sleep in this host. A host knows the deadline: see ``LoopExecutor/nextDeadline()``. Nor does it sleep if there was an
  /// interruption since `seen`.
  func waitForWork(
    _ name: ExecutorName, until deadline: UInt64, after poll: PollResult, _ seen: UInt32? = nil
  ) -> Bool {
    pointee.mutex.lock()
    guard isNamed(name), pointee.phase.load(ordering: .relaxed) != .closed else {
      pointee.mutex.unlock()
      return true
    }
    if let host = source.pointee?.host {
      let context = source.pointee?.hostContext
      pointee.mutex.unlock()
      guard let runOnce = host.run_once else { return false }
      runOnce(context)
      return true
    }
    let isCurrent = shared.pointee.turns == poll.turn && !shared.pointee.isAsked
    if isCurrent {
      shared.pointee.sleepers += 1
      shared.pointee.isSleeping = true
    }
    // They stay while a sleeper is counted.
    let descriptors = shared.pointee.descriptors.map { Unmanaged.passUnretained($0) }
    pointee.mutex.unlock()
    guard isCurrent else { return true }
    // From here on no poll takes the wake away.
    if seen ?? interruptions == interruptions {
      source.pointee?.sleep(until: deadline, on: descriptors)
    }
    pointee.mutex.lock()
    // A poll that has begun meanwhile may have looked before this has found what it has.
    if let descriptors, pointee.poller.load(ordering: .relaxed) != 0 {
      pointee.mutex.unlock()
      descriptors._withUnsafeGuaranteedRef { $0.giveBack() }
      pointee.mutex.lock()
    }
    shared.pointee.sleepers -= 1
    pointee.mutex.unlock()
    return true
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Makes this thread the one that runs until its future has settled; false: there is one.
  fileprivate func becomeRunner() -> Bool {
    pointee.runner.compareExchange(
      expected: 0, desired: currentThread, ordering: .acquiringAndReleasing
    ).exchanged
  }

  /// Waits until nobody runs; false: the time is over.
  fileprivate func awaitRunner(until deadline: UInt64, _ seen: UInt32) -> Bool {
    pointee.runners.wait(until: inSystemTime(deadline)) {
      pointee.runner.load(ordering: .relaxed) == 0 || interruptions != seen
    }
  }

  fileprivate func resignRunner() {
    pointee.runner.store(0, ordering: .releasing)
    pointee.runners.signal()
  }
}

private func doNothing(
  _ context: UnsafeMutableRawPointer?, _ status: tenon_status_t, _ future: OpaquePointer?
) {}

/// Blocks this thread until the future has settled.
func waitFuture(_ future: Handle, deadline: UInt64) -> tenon_status_t {
  let status = pollFuture(future)
  if status != TENON_STATUS_PENDING { return status }
  if ThreadRecord.isPolling || isInTask { return TENON_STATUS_DEADLOCK }
  return Delivery.whileWaiting {
    guard let worker = Worker.current else { return blockUntilSettled(future, deadline: deadline) }
    return worker.blocking { blockUntilSettled(future, deadline: deadline) }
      ?? TENON_STATUS_DEADLOCK
  }
}

private func blockUntilSettled(_ future: Handle, deadline: UInt64) -> tenon_status_t {
  let (name, isNeeded) = executorToPoll(for: future)
  if let state = name.state, state.pool == nil {
    // nil: closed, and no loop is needed any more.
    let isWatched = state.pointee.mutex.withLock {
      state.isNamed(name) ? state.source.pointee?.isWatched : nil
    }
    if isWatched == false {
      // No loop will ever come: this thread does the work.
      let status = state.run(name, isLent: true, until: future, deadline: deadline)
      if status != TENON_STATUS_BUSY && status != TENON_STATUS_CLOSED { return status }
    } else if isWatched == true, isNeeded,
      state.pointee.home.load(ordering: .relaxed) == currentThread
    {
      return TENON_STATUS_DEADLOCK
    }
  }
  if let state = name.state, state.isThere(as: name) {
    guard let seen = state.beginInterruptible(name) else { return TENON_STATUS_INTERRUPTED }
    let threads = state.pool == nil ? nil : LoopExecutor.named(name)?.threadPool
    let status =
      threads?.sleep(until: future, deadline, seen)
      ?? state.sleepBeside(name, future, deadline, seen)
    // Otherwise the executor has closed or gone, and another one may be in its place.
    if status != TENON_STATUS_PENDING && status != TENON_STATUS_CLOSED { return status }
  }
  return sleep(until: future, deadline: deadline)
}

/// A thread that sleeps until a future has settled: on a semaphore, which takes one call of the system to sleep and one to
/// wake, where a mutex and a condition may take twice as many.
private final class Sleeper: Sendable {
  // SAFETY: made for many threads; the pointer never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func wake() { sem_post(semaphore) }

  /// Sleeps until it is woken; false: the monotonic `deadline` (in nanoseconds) has come before.
  func sleep(until deadline: UInt64) -> Bool {
    var time = timespec(nanoseconds: deadline)
    while true {
      let code =
        deadline == .max ? sem_wait(semaphore) : sem_clockwait(semaphore, CLOCK_MONOTONIC, &time)
      if code == 0 { return true }
      if errno != EINTR { return false }
    }
  }
}

private func sleep(until future: Handle, deadline: UInt64) -> tenon_status_t {
  if Memory.isShort { return TENON_STATUS_NO_RESOURCES }
  let sleeper = Sleeper()
  let context = Unmanaged.passRetained(sleeper).toOpaque()
  let wakeUp: tenon_completion_fn = { context, _, _ in
    Unmanaged<Sleeper>.fromOpaque(context!).takeRetainedValue().wake()
  }
  var registration: Handle?
  let function = unsafeBitCast(wakeUp, to: UnsafeRawPointer.self)
  let status = onComplete(future, .none, function, context, late: .refuse, isOwn: true) {
    registration = $0
  }
  guard status == TENON_STATUS_OK else {
    Unmanaged<Sleeper>.fromOpaque(context).release()
    return status == TENON_STATUS_SETTLED ? pollFuture(future) : status
  }
  let place = tenon__enter_sleep(UInt64(future.bits), Time.now)
  let isAwake = sleeper.sleep(until: deadline)
  tenon__leave_sleep(place)
  if !isAwake {
    if let registration { _ = removeRegistration(registration, telling: TENON_STATUS_FORGOTTEN) }
    let status = pollFuture(future)
    return status == TENON_STATUS_PENDING ? TENON_STATUS_TIMEOUT : status
  }
  return pollFuture(future)
}
