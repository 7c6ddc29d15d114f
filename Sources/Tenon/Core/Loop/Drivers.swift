import CTenon
import Synchronization

/// How calls are run: by drivers, which are tasks that take one call after another. A call that does not
/// suspend costs no task switch; when one does suspend, another driver goes on with the rest.
extension LoopExecutor {
  /// Drivers that wait for calls, at most.
  private static let idleDriversMax = 64

  /// Resumes or makes a driver for the calls that are ready.
  func scheduleDriver() {
    state.own.pointee.scheduledDrivers += 1
    if let driver = state.own.pointee.idleDrivers.popLast() {
      driver.unpark(true)
      return
    }
    state.pointee.driverCount.count()
    let driver = Driver()
    launch(driver) {
      Task.detached(executorPreference: self) { [self] in await drive(driver) }
    }
  }

  /// Gives a driver its task. In the list before it runs, so that a cancel finds it from its first call on.
  func launch(_ driver: Driver, _ makeTask: () -> Task<Void, Never>) {
    state.pointee.mutex.withLock { state.shared.pointee.drivers.append(driver) }
    let task = makeTask()
    let isCancelled = state.pointee.mutex.withLock {
      driver.task = task
      return driver.current.load(ordering: .relaxed) == Driver.cancelled
    }
    if isCancelled { task.cancel() }
  }

  private nonisolated(nonsending) func drive(_ driver: Driver) async {
    state.own.pointee.scheduledDrivers -= 1
    while true {
      if let call = nextCall(for: driver) {
        guard await run(call, in: driver) else { break }
      } else if state.own.pointee.idleDrivers.count < LoopExecutor.idleDriversMax,
        state.pointee.phase.load(ordering: .relaxed) == .open
      {
        let goesOn = await withUnsafeContinuation { continuation in
          driver.parked = continuation
          state.own.pointee.idleDrivers.append(driver)
          state.own.pointee.runningDriver = nil
        }
        guard goesOn else { break }
        state.own.pointee.scheduledDrivers -= 1
      } else {
        break
      }
    }
    if state.own.pointee.runningDriver === driver { state.own.pointee.runningDriver = nil }
    state.pointee.mutex.withLock { state.shared.pointee.drivers.removeAll { $0 === driver } }
  }

  /// The next call, if this poll may still run one.
  @inline(__always) private func nextCall(for driver: Driver) -> Call? {
    guard state.own.pointee.budget > 0, let call = state.own.pointee.readyCalls.popFirst() else {
      return nil
    }
    state.own.pointee.budget &-= 1
    if state.own.pointee.runningDriver !== driver { state.own.pointee.runningDriver = driver }
    return call
  }

  /// Runs one call to its end, and says whether the driver may take another.
  private nonisolated(nonsending) func run(_ call: Call, in driver: Driver) async -> Bool {
    state.pointee.callCount.count()
    // Written before the word is read: see cancelCall.
    _ = driver.current.exchange(call.promise.bits, ordering: .sequentiallyConsistent)
    let outcome: Outcome
    if isCancelRequested(call.promise) {
      outcome = .cancelled
    } else {
      do {
        outcome = .fulfilled(try await call.operation())
      } catch {
        outcome = Outcome(error)
      }
    }
    let (isReusable, _) = driver.current.compareExchange(
      expected: call.promise.bits, desired: 0, ordering: .sequentiallyConsistent)
    settle(call.promise, outcome)
    state.removePending(name)
    return isReusable
  }

  /// The whole life of a driver that was made for one call.
  nonisolated(nonsending) func runAlone(_ call: Call, in driver: Driver) async {
    _ = await run(call, in: driver)
    state.pointee.mutex.withLock { state.shared.pointee.drivers.removeAll { $0 === driver } }
  }

  /// Lets the parked drivers end.
  func retireDrivers() {
    while let driver = state.own.pointee.idleDrivers.popLast() { driver.unpark(false) }
  }
}

extension Driver {
  fileprivate func unpark(_ goesOn: Bool) {
    let continuation = parked
    parked = nil
    continuation?.resume(returning: goesOn)
  }
}

/// How Swift work ended.
enum Outcome {
  case fulfilled(tenon_value_t)
  case rejected(any Error)
  case cancelled

  init(_ error: any Error) {
    self = error is CancellationError ? .cancelled : .rejected(error)
  }
}

/// Settles a promise with the end of Swift work.
func settle(_ promise: Handle, _ outcome: Outcome) {
  switch outcome {
  case .fulfilled(let value):
    let status = settle(promise, as: .fulfilled, value)
    if status != TENON_STATUS_OK && status != TENON_STATUS_ALREADY_SETTLED { value.end() }
  case .cancelled:
    _ = settle(promise, as: .cancelled, tenon_value_none())
  case .rejected(let error):
    guard let handle = errorHandle(for: error) else {
      _ = settle(promise, as: .rejected, .status(TENON_STATUS_NO_RESOURCES))
      return
    }
    let status = settle(promise, as: .rejected, .error(handle))
    if status != TENON_STATUS_OK && status != TENON_STATUS_ALREADY_SETTLED {
      _ = ErrorSlot.release(handle)
    }
  }
}
