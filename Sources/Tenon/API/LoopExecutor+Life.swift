import CTenon

extension LoopExecutor {
  /// Makes an executor that this process polls itself, or watches by ``descriptor``.
  ///
  /// It lives until ``close(timeout:)``.
  public static func create(name: String? = nil) throws -> LoopExecutor {
    switch create(host: nil, context: nil, label: name) {
    case .success(let executor): return executor
    case .failure(let error): throw Failure(error.status)
    }
  }

  /// The executor behind a handle that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no executor's handle.
  public static func borrowing(_ executor: OpaquePointer?) throws -> LoopExecutor {
    switch find(Handle(executor)) {
    case .success(let executor): return executor
    case .failure(let error): throw Failure(error.status)
    }
  }

  /// The handle, lent to C until the executor is closed.
  public var pointer: OpaquePointer? { handle.pointer }

  /// Whether this thread is inside a poll of this executor.
  public var isCurrent: Bool { state.runsHere }

  /// Whether new work may come: not once it begins to close. It may do so the next moment.
  public var isOpen: Bool {
    state.pointee.mutex.withLock {
      state.isNamed(name) && state.pointee.phase.load(ordering: .relaxed) == .open
    }
  }

  /// Gives this loop a pool: where the code of its calls runs that Swift runs concurrently, such as `@concurrent` functions, so that
  /// the loop goes on. It is for calls that begin later; nil: none any more. In an owned process the pool of the process's loop
  /// runs code that names no executor, too. See `tenon_executor_set_pool`.
  ///
  /// - Throws: ``Failure`` in domain `tenon`: `UNSUPPORTED` if this is a pool itself, `CLOSED` if one of them is.
  public func setPool(_ pool: ThreadPool?) throws {
    try throwIfError(setConcurrentPool(pool))
  }

  /// Where code runs that must not hold up loops, when this thread polls one that has no pool: on threads of Swift's; in an owned process
  /// on those of its own pool. nil: here, as the loop is the sole one.
  package static func besideLoops() throws -> (any TaskExecutor)? {
    if !OwnedProcess.isOwned { return globalConcurrentExecutor }
    if SoleExecutor.state != nil { return nil }
    switch ProcessPool.ready() {
    case .success(let pool): return pool
    case .failure(let error): throw Failure(error.status)
    }
  }

  /// Polls, and sleeps while there is nothing to do, until the future has settled; with nil, until nothing is pending.
  ///
  /// - Returns: false if the time was not enough.
  /// - Throws: ``Failure`` in domain `tenon`: `BUSY` inside a poll, `DEADLOCK` inside a task, which must not block its
  ///   thread; `INTERRUPTED`; `CLOSED`.
  @discardableResult
  public func run(until future: Future? = nil, timeout: Duration? = nil) throws -> Bool {
    let deadline = timeout.map { state.deadline(after: $0.clampedNanoseconds) } ?? .max
    let status = run(until: future?.handle, deadline: deadline)
    if status == TENON_STATUS_TIMEOUT { return false }
    try throwIfError(status)
    return true
  }

  /// Ends each ``run(until:timeout:)`` that has not returned, or else the next one, with `INTERRUPTED`; and wakes the loop. Any thread,
  /// and a signal's handler: see `tenon_executor_interrupt`.
  ///
  /// - Returns: false if it is closed.
  @discardableResult
  public func interrupt() -> Bool { state.interrupt(name) == TENON_STATUS_OK }

  /// The calls that have begun and not ended, and how many there are of each; after a close that ran out of time, those that it
  /// left behind.
  ///
  /// So a continuation that nobody resumes has a name. And so has, for another thread that asks, a call that blocks the loop.
  public var unfinishedCalls: [(name: String, count: Int)] { unfinishedNames }

  /// Refuses new work, cancels what is in flight, polls until it has ended, and gives up this executor's handle.
  ///
  /// - Returns: false if work was left behind: ``unfinishedCalls`` names it.
  /// - Throws: ``Failure`` in domain `tenon` if it was closed before, or another thread polls.
  @discardableResult
  public func close(timeout: Duration = .seconds(0)) throws -> Bool {
    let status = close(until: state.deadline(after: timeout.clampedNanoseconds))
    if status.rawValue < 0 && status != TENON_STATUS_TIMEOUT { throw Failure(status) }
    _ = LoopExecutor.release(handle)
    return status != TENON_STATUS_TIMEOUT
  }
}
