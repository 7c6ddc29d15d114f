import CTenon
import CTenonRoot
import Synchronization

/// How calls are run: by drivers, which are tasks that take one call after another. A call that does not
/// suspend costs no task switch; when one does suspend, another driver goes on with the rest.
extension LoopExecutor {
  /// Drivers that wait for calls, at most.
  static let idleDriversMax = 64

  /// Resumes or makes a driver for the calls that are ready.
  func scheduleDriver() {
    let isSole = SoleExecutor.state == state
    state.own.pointee.scheduledDrivers += 1
    while let driver = state.own.pointee.idleDrivers.popLast() {
      // One from when there was another pool, or from before this became the only executor, makes room.
      let goesOn = isUpToDate(driver) && driver.hasPreference != isSole
      driver.unpark(goesOn)
      if goesOn { return }
    }
    state.pointee.driverCount.count()
    let driver = Driver(takesMany: true, hasPreference: !isSole)
    launch(driver) { home in
      if let home {
        return Task.detached(executorPreference: home) { [self] in await drive(driver, at: home) }
      }
      return isSole
        ? Task.detached { [self] in await drive(driver) }
        : Task.detached(executorPreference: self) { [self] in await drive(driver) }
    }
  }

  /// Goes back to the thread that polls, in a task that prefers no executor: an actor may have been run elsewhere by somebody
  /// else's executor, and what its caller does next is done there.
  @inline(never) private nonisolated(nonsending) func comeHome() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let resume: tenon_job_fn = { context, status in
        // Closed: it never runs again.
        guard status == TENON_STATUS_OK else { return }
        unsafeBitCast(context, to: UnsafeContinuation<Void, Never>.self).resume()
      }
      let context = unsafeBitCast(continuation, to: UnsafeMutableRawPointer.self)
      if !state.enqueue(Job(resume, context), name, .inFlight) {
        state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
      }
    }
  }

  /// Gives a driver its task. In the list before it runs, so that a cancel finds it from its first call on.
  func launch(_ driver: Driver, _ makeTask: (DriverHome?) -> Task<Void, Never>) {
    let pool = state.pointee.mutex.withLock {
      state.shared.pointee.drivers.add(driver)
      return concurrentPool
    }
    let home = pool.map { DriverHome(self, $0) }
    driver.poolBits = home?.poolBits ?? 0
    let task = makeTask(home)
    let cancelled = state.pointee.mutex.withLock {
      driver.task = task
      return driver.cancelledCall
    }
    if let promise = cancelled { state.cancelTask(task, of: driver, for: promise) }
  }

  /// The last thing that a driver does.
  private func retire(_ driver: Driver) {
    let cancelled = state.pointee.mutex.withLock {
      state.shared.pointee.drivers.remove(driver)
      return driver.cancelledCall == nil ? nil : driver.task
    }
    if let cancelled { CancelledCalls.remove(cancelled) }
  }

  // Concurrent, and not nonsending like the rest: then parking is no switch of executors.
  @concurrent private func drive(_ driver: Driver) async {
    state.own.pointee.scheduledDrivers -= 1
    while true {
      if !state.isPolledHere { await comeHome() }
      if let call = nextCall(for: driver) {
        if !call.takesWords {
          guard await run(call, in: driver) else { break }
          continue
        }
        // As runWords() does, but right here: each function that is awaited costs a frame, and a look at which executor the task prefers,
        // 260 instructions for a call that comes alone.
        var next: Call? = begin(call, in: driver)
        var goesOn = true
        while let call = next {
          let promise = call.promise
          let (operation, one, two) = call.takeWordOperation()
          if mayRun(promise, in: driver) {
            do {
              fulfil(promise, try await operation(one, two))
            } catch {
              finish(promise, with: error)
            }
          }
          next = end(promise, in: driver, &goesOn) { $0.takesWords }
        }
        guard goesOn else { break }
      } else if mayPark {
        guard await withUnsafeContinuation({ park(driver, $0) }) else { break }
        state.own.pointee.scheduledDrivers -= 1
      } else {
        break
      }
    }
    if state.isPolledHere, state.own.pointee.runningDriver === driver {
      state.own.pointee.runningDriver = nil
    }
    retire(driver)
  }

  /// The same on the loop's actor, for a driver whose concurrent code leaves the loop.
  private func drive(_ driver: Driver, at home: isolated DriverHome) async {
    home.begin()
    state.own.pointee.scheduledDrivers -= 1
    while true {
      if let call = nextCall(for: driver) {
        guard await runOne(call, in: driver) else { break }
      } else if mayPark {
        guard await withUnsafeContinuation({ park(driver, $0) }) else { break }
        state.own.pointee.scheduledDrivers -= 1
      } else {
        break
      }
    }
    if state.own.pointee.runningDriver === driver { state.own.pointee.runningDriver = nil }
    retire(driver)
  }

  @inline(__always) private var mayPark: Bool {
    state.own.pointee.idleDrivers.count < LoopExecutor.idleDriversMax
      && state.pointee.phase.load(ordering: .relaxed) == .open
  }

  @inline(__always) private func park(
    _ driver: Driver, _ continuation: UnsafeContinuation<Bool, Never>
  ) {
    driver.parked = continuation
    state.own.pointee.idleDrivers.append(driver)
    state.own.pointee.runningDriver = nil
  }

  /// The next call, if this poll may still run one.
  @inline(__always) private func nextCall(for driver: Driver) -> Call? {
    let hasBegun = state.own.pointee.runningDriver === driver
    guard state.own.pointee.budget > 0, hasBegun || isUpToDate(driver),
      let call = state.own.pointee.readyCalls.popFirst()
    else { return nil }
    state.own.pointee.budget &-= 1
    if !hasBegun { state.own.pointee.runningDriver = driver }
    return call
  }

  /// Runs a call that takes no words, and with it all that follow and return the same; says whether the driver may take another.
  @inline(__always) private nonisolated(nonsending) func run(
    _ call: consuming Call, in driver: Driver
  ) async -> Bool {
    if let type = call.resultType { return await run(call, type, in: driver) }
    return await run(call, nil, in: driver) { (_: Void) in tenon_value_none() }
  }

  private nonisolated(nonsending) func run<Result: ValueConvertible>(
    _ call: consuming Call, _ type: Result.Type, in driver: Driver
  ) async -> Bool {
    await run(call, type, in: driver) { (result: consuming Result) in result.makeValue() }
  }

  @inline(__always) private nonisolated(nonsending) func run<Result>(
    _ first: consuming Call, _ type: (any ValueConvertible.Type)?, in driver: Driver,
    _ makeValue: (consuming Result) -> tenon_value_t
  ) async -> Bool {
    var next: Call? = begin(first, in: driver)
    var goesOn = true
    while let call = next {
      let promise = call.promise
      let operation: Operation<Result> = call.takeOperation()
      if mayRun(promise, in: driver) {
        do {
          fulfil(promise, makeValue(try await operation()))
        } catch {
          finish(promise, with: error)
        }
      }
      next = end(promise, in: driver, &goesOn) { $0.returns(type) }
    }
    return goesOn
  }

  /// The whole life of a driver that was made for one call.
  nonisolated(nonsending) func runAlone(_ call: consuming Call, in driver: Driver) async {
    _ = await runOne(call, in: driver)
    retire(driver)
  }

  /// The same on the loop's actor.
  func runAlone(
    _ call: consuming Call, in driver: Driver, at home: isolated DriverHome
  ) async {
    home.begin()
    await runAlone(call, in: driver)
  }

  private nonisolated(nonsending) func runOne(
    _ call: consuming Call, in driver: Driver
  ) async -> Bool {
    if call.takesWords { return await runWords(call, in: driver) }
    return await run(call, in: driver)
  }

  private nonisolated(nonsending) func runWords(
    _ call: consuming Call, in driver: Driver
  ) async -> Bool {
    var next: Call? = begin(call, in: driver)
    var goesOn = true
    while let call = next {
      let promise = call.promise
      let (operation, one, two) = call.takeWordOperation()
      if mayRun(promise, in: driver) {
        do {
          fulfil(promise, try await operation(one, two))
        } catch {
          finish(promise, with: error)
        }
      }
      next = end(promise, in: driver, &goesOn) { $0.takesWords }
    }
    return goesOn
  }

  /// Makes a call the one that a cancel finds in the driver.
  @inline(__always) private func begin(_ call: consuming Call, in driver: Driver) -> Call {
    let promise = call.promise
    driver.name.store(call.name, ordering: .relaxed)
    if _slowPath(isClosing) { cancelForClose(promise) }
    FutureSlot.at(futureTable.address(of: promise.index)).producer = driver.place
    _ = driver.current.exchange(promise.bits, ordering: .sequentiallyConsistent)
    return call
  }

  /// Ends that, and begins the next call if it is suitable and this poll may still run one, with one locked instruction for
  /// both. Clears `goesOn` if the driver may take none: its task was cancelled for this call, or is this call's alone.
  @inline(__always) private func end(
    _ promise: Handle, in driver: Driver, _ goesOn: inout Bool,
    andBeginIf isSuitable: (borrowing Call) -> Bool
  ) -> Call? {
    if Recorder.keepsCalls {
      driver.record(tenon__inspect_call_ends, promise)
    }
    var next: UInt = 0
    if driver.takesMany && state.isPolledHere && state.own.pointee.runningDriver === driver
      && state.own.pointee.budget > 0 && !isClosing
    {
      state.own.pointee.readyCalls.first {
        guard isSuitable($0) else { return }
        next = $0.promise.bits
        driver.name.store($0.name, ordering: .relaxed)
        FutureSlot.at(futureTable.address(of: $0.promise.index)).producer = driver.place
      }
    }
    let (isReusable, _) = driver.current.compareExchange(
      expected: promise.bits, desired: next, ordering: .sequentiallyConsistent)
    goesOn = isReusable && driver.takesMany
    guard goesOn && next != 0 else { return nil }
    state.own.pointee.budget &-= 1
    return state.own.pointee.readyCalls.popFirst()
  }

  /// Whether the call that has begun may run; false: it was cancelled before, and has ended.
  @inline(__always) private func mayRun(_ promise: Handle, in driver: Driver) -> Bool {
    if driver.takesMany {
      state.pointee.callCount.count()
    } else {
      state.pointee.callCount.wrappingAdd(1, ordering: .relaxed)
    }
    if Recorder.keepsCalls {
      driver.record(tenon__inspect_call_begins, promise)
    }
    // The driver's word was written before the future's is read, and the phase: see cancelCall, and cancelBound.
    let slot = FutureSlot.at(futureTable.address(of: promise.index))
    if _fastPath(!isCancelRequested(promise, slot)) {
      if _fastPath(!isClosing) { return true }
      cancelForClose(promise)
    }
    cancel(promise)
    return false
  }

  @inline(__always) private var isClosing: Bool {
    state.pointee.phase.load(ordering: .sequentiallyConsistent) != .open
  }

  // Whoever is told that a call has ended finds it pending no more.

  @inline(__always) private func fulfil(_ promise: Handle, _ value: tenon_value_t) {
    if state.isPolledHere {
      state.pointee.pendingHere.change(by: -1)
    } else {
      state.removePending(name)
    }
    if !fulfilFast(promise, value) { fulfilSlowly(promise, value) }
  }

  @inline(never) private func fulfilSlowly(_ promise: Handle, _ value: tenon_value_t) {
    settleOwning(promise, as: .fulfilled, value)
  }

  private func cancel(_ promise: Handle) {
    state.removePending(name)
    _ = settle(promise, as: .cancelled, tenon_value_none())
  }

  private func finish(_ promise: Handle, with error: any Error) {
    if error is CancellationError { return cancel(promise) }
    state.removePending(name)
    reject(promise, with: error)
  }

  /// Lets the parked drivers end.
  func retireDrivers() {
    while let driver = state.own.pointee.idleDrivers.popLast() { driver.unpark(false) }
  }
}

extension Driver {
  /// For those who look later: see tenon__inspect_event_t.
  @inline(never) fileprivate func record(
    _ kind: Int, _ promise: Handle
  ) {
    Recorder.keep(kind, promise.bits, name.load(ordering: .relaxed))
  }

  fileprivate func unpark(_ goesOn: Bool) {
    let continuation = parked
    parked = nil
    continuation?.resume(returning: goesOn)
  }
}
