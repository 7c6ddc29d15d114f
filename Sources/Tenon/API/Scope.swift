import CTenon

/// A tree of work: what runs in a scope ends before the scope does. From C it is a `tenon_scope_t`.
///
/// Use it through ``withScope(on:parent:policy:deadline:name:_:)``, which leaves nothing behind; or hold one, and close it.
/// A scope that goes away while it is open is cancelled, and ends in the background.
public final class Scope: Sendable {
  /// What a failure does to the others.
  public enum Policy: Sendable {
    /// They are cancelled, with the error as the reason.
    case cancelSiblings
    /// They run to their ends, and the failures are counted.
    case collect
  }

  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Opens a scope.
  ///
  /// - Parameters:
  ///   - executor: Where ``start(_:)`` runs, and whose timer watches the deadline; nil: the parent's.
  ///   - parent: Whose work this scope is.
  ///   - deadline: When it is cancelled; the parent's holds too.
  ///   - name: For people.
  /// - Throws: ``Failure`` in domain `tenon`: see tenon_scope_open().
  public convenience init(
    on executor: LoopExecutor? = nil, parent: Scope? = nil, policy: Policy = .cancelSiblings,
    deadline: LoopClock.Instant? = nil, name: String? = nil
  ) throws {
    var options = ScopeOptions()
    options.parent = parent?.handle
    options.executor = executor?.name ?? .none
    options.deadline = deadline?.nanoseconds ?? .max
    options.collects = policy == .collect
    options.label = name
    self.init(adopting: try openScope(options).orThrow())
  }

  /// Adds a reference to a scope that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no scope's handle.
  public convenience init(borrowing scope: OpaquePointer?) throws {
    try throwIfError(ScopeTable.retain(Handle(scope)))
    self.init(adopting: Handle(scope))
  }

  deinit { _ = releaseScope(handle) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// Starts work that belongs to the scope: when the scope is cancelled, so is the task that it runs in.
  ///
  /// - Returns: The future of its result, which nobody needs to keep.
  /// - Throws: ``Failure`` in domain `tenon`, if the scope has ended or its executor is closed. What the operation throws is
  ///   not thrown here: it fails the scope.
  @discardableResult
  public func start<Result: ValueConvertible>(
    name: CallName = #function,
    _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Result
  ) throws -> Future {
    try startHere(Call(name.address, operation))
  }

  /// The same for an operation without a result.
  @discardableResult
  public func start(
    name: CallName = #function,
    _ operation: consuming nonisolated(nonsending) @escaping @Sendable () async throws -> Void
  ) throws -> Future {
    try startHere(Call(name.address, operation))
  }

  private func startHere(_ call: consuming Call) throws -> Future {
    let name = ScopeTable.locked(handle) { $0.pointee.executor } ?? .none
    guard name != .none else { throw Failure(TENON_STATUS_INVALID) }
    let future = Future(adopting: try startCall(on: name, detached: false, call).orThrow())
    // Refused, it goes away with its last reference, before its turn.
    try add(future)
    return future
  }

  /// Makes the work behind a future part of the scope.
  public func add(_ future: Future) throws {
    try throwIfError(addToScope(handle, future.handle))
  }

  /// Makes a stream part of the scope, until its writer has ended it. Somebody has to read it, or let go of it: the scope
  /// does not keep the stream.
  public func add(_ stream: Stream) throws { try add(stream.end) }

  /// The same for a latest value.
  public func add(_ latest: Latest) throws { try add(latest.end) }

  /// Requests that all in the scope ends early. The first request decides the reason.
  public func cancel(because reason: (any Error)? = nil) {
    withReason(reason) { _ = cancelScope(handle, because: $0) }
  }

  /// Says that the scope may end, and gives the future of that end: see tenon_scope_close().
  public func close() throws -> Future {
    Future(adopting: try closeScope(handle).orThrow())
  }

  /// The scope's own deadline or an ancestor's, whichever comes first.
  public var deadline: LoopClock.Instant? {
    let deadline = ScopeTable.locked(handle) { $0.pointee.deadline } ?? .max
    return deadline == .max ? nil : LoopClock.Instant(nanoseconds: deadline)
  }

  /// Why the scope is cancelled; nil: it is not, or it has ended.
  public var cancelReason: (any Error)? {
    ScopeTable.locked(handle) { $0.pointee.promise }.flatMap { reasonInSwift(of: $0) }
  }

  public var isCancelled: Bool {
    ScopeTable.locked(handle) { $0.pointee.promise }.map { isCancelRequested($0) } ?? false
  }
}

/// Runs `body` with a scope, and returns when all that was started in it or added to it has ended.
///
/// When `body` throws, the rest is cancelled, with that error as the reason. When the surrounding task is cancelled, the
/// scope is, for the same reason.
///
/// - Throws: What `body` throws; or, if that is nothing but a `CancellationError`, what failed in the scope first; or, if the
///   scope was cancelled, by its deadline or parent for example, the reason of that. `CancellationError` if there is none,
///   or the surrounding task is cancelled itself.
public nonisolated(nonsending) func withScope<Result>(
  on executor: LoopExecutor? = nil, parent: Scope? = nil,
  policy: Scope.Policy = .cancelSiblings, deadline: LoopClock.Instant? = nil, name: String? = nil,
  _ body: nonisolated(nonsending) (Scope) async throws -> Result
) async throws -> Result {
  let scope = try Scope(
    on: executor, parent: parent, policy: policy, deadline: deadline, name: name)
  return try await withTaskCancellationHandler {
    let result: Result
    do { result = try await body(scope) } catch {
      scope.cancel(because: error)
      let end = try scope.close()
      await end.settled()
      if error is CancellationError { try end.throwFailure() }
      throw error
    }
    let end = try scope.close()
    await end.settled()
    try end.throwFailure()
    return result
  } onCancel: {
    let reason = LoopExecutor.copyOwnReason()
    cancelScope(scope.handle, because: reason)
    if let reason { _ = ErrorSlot.release(reason) }
  }
}
