extension LoopExecutor {
  /// Starts `operation` on this loop.
  ///
  /// - Parameters:
  ///   - priority: With a priority the operation gets a task of its own, which has the task-local values that this is called
  ///     with; without, it shares a long-lived one, which costs a thirtieth.
  ///   - detached: Whether the work goes on when the last reference to the future is gone.
  ///   - name: What it is called while it has not ended.
  ///   - operation: Runs only while someone polls, on the thread that polls.
  /// - Throws: ``Failure`` in domain `tenon` if the executor is closed. An error that `operation` throws is not
  ///   thrown here: it rejects the future.
  public func start<Result: ValueConvertible>(
    priority: TaskPriority? = nil, detached: Bool = false, name: CallName = #function,
    _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Result
  ) throws -> Future {
    try startFuture(priority, detached, Call(name.address, operation))
  }

  /// The same for an operation without a result.
  public func start(
    priority: TaskPriority? = nil, detached: Bool = false, name: CallName = #function,
    _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Void
  ) throws -> Future {
    try startFuture(priority, detached, Call(name.address, operation))
  }

  private func startFuture(
    _ priority: TaskPriority?, _ detached: Bool, _ call: consuming Call
  ) throws -> Future {
    let started: Result<Handle, StatusError>
    if let priority {
      started = startTask(priority: priority, detached: detached, call)
    } else {
      started = startCall(on: name, detached: detached, call)
    }
    switch started {
    case .success(let handle): return Future(adopting: handle)
    case .failure(let error): throw Failure(error.status)
    }
  }
}
