public import CTenon

/// Starts an ordinary Swift async function for C: what an exported function consists of.
///
///     @c @implementation
///     public func fetch_length(
///       _ executor: OpaquePointer?, _ path: UnsafePointer<CChar>?,
///       _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
///     ) -> tenon_status_t {
///       guard let path else { return TENON_STATUS_INVALID }
///       let name = String(cString: path)
///       return export(on: executor, future: futureOut) { try await length(of: name) }
///     }
///
/// The operation runs in the executor's polls, beginning with the next one, and many of them share one task: without a priority
/// it has no task-local values of its caller's. Cancelling the future cancels the task that it runs in.
///
/// - Parameters:
///   - executor: A `tenon_executor_t` that C lends.
///   - future: Where C's handle goes, with one reference.
///   - detached: Whether the work goes on when C has released the last reference.
///   - name: What it is called while it has not ended.
///   - operation: Called once, unless it is cancelled before its turn.
/// - Returns: `TENON_STATUS_OK`, or why nothing was started: then `operation` is never called.
public func export<Result: ValueConvertible>(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  detached: Bool = false, name: CallName = #function,
  _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Result
) -> tenon_status_t {
  startForC(on: executor, future, detached, Call(name.address, operation))
}

/// The same for a function without a result.
public func export(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  detached: Bool = false, name: CallName = #function,
  _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Void
) -> tenon_status_t {
  startForC(on: executor, future, detached, Call(name.address, operation))
}

@inline(__always) func startForC(
  on executor: OpaquePointer?, _ future: UnsafeMutablePointer<OpaquePointer?>?, _ detached: Bool,
  _ call: consuming Call
) -> tenon_status_t {
  guard let future else { return TENON_STATUS_INVALID }
  let handle = Handle(executor)
  guard let state = LoopExecutor.state(handle) else { return LoopExecutor.check(handle) }
  switch startCall(on: state, ExecutorName(handle), detached: detached, call) {
  case .failure(let error): return error.status
  case .success(let started):
    future.pointee = started.pointer
    return TENON_STATUS_OK
  }
}

/// The same in a task of its own, which has a priority, and the task-local values that this is called with. That costs thirty times
/// as much as a share of a long-lived one.
public func export<Result: ValueConvertible>(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  priority: TaskPriority, detached: Bool = false, name: CallName = #function,
  _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Result
) -> tenon_status_t {
  startTaskForC(on: executor, future, priority, detached, Call(name.address, operation))
}

/// The same for a function without a result.
public func export(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  priority: TaskPriority, detached: Bool = false, name: CallName = #function,
  _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Void
) -> tenon_status_t {
  startTaskForC(on: executor, future, priority, detached, Call(name.address, operation))
}

private func startTaskForC(
  on executor: OpaquePointer?, _ future: UnsafeMutablePointer<OpaquePointer?>?,
  _ priority: TaskPriority, _ detached: Bool, _ call: consuming Call
) -> tenon_status_t {
  guard let future else { return TENON_STATUS_INVALID }
  do {
    let started = try LoopExecutor.find(Handle(executor)).get()
      .startTask(priority: priority, detached: detached, call).get()
    future.pointee = started.pointer
    return TENON_STATUS_OK
  } catch {
    return error.status
  }
}
