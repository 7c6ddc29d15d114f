public import CTenon

/// The read end of one result. From C it is a `tenon_future_t`.
///
/// It holds one reference, and gives it back when it goes away: the last one of a pending future cancels the work.
public final class Future: Sendable {
  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Takes over a reference that C gives away.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no future's handle; it is then not taken.
  public convenience init(adopting future: OpaquePointer?) throws {
    let handle = Handle(future)
    try throwIfError(pollFuture(handle))
    self.init(adopting: handle)
  }

  /// Adds a reference to a future that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no future's handle.
  public convenience init(borrowing future: OpaquePointer?) throws {
    let handle = Handle(future)
    try throwIfError(retainFuture(handle))
    self.init(adopting: handle)
  }

  deinit { _ = releaseFuture(handle) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The handle with a reference of its own, for C to release.
  public func retainedPointer() -> OpaquePointer? {
    retainFuture(handle) == TENON_STATUS_OK ? handle.pointer : nil
  }

  /// Requests that the work ends early. The future settles when it has.
  public func cancel() { _ = cancelFuture(handle) }

  /// The same, and says why: the producer finds it as ``Promise/cancelReason``, or as `Task.cancelReason`. The first request
  /// decides.
  public func cancel(because reason: any Error) {
    withReason(reason) { _ = cancelFuture(handle, because: $0) }
  }

  /// Moves the value of C's future to C, as tenon_future_take() does, if it is a pointer of this type or nothing.
  ///
  /// - Parameters:
  ///   - future: A `tenon_future_t` that C lends.
  ///   - type: The mark of the pointers that the caller knows.
  ///   - value: Where it goes, which owns it then.
  /// - Returns: As tenon_future_take(); `TENON_STATUS_INVALID` also for any other value, which stays where it is.
  public static func take(
    _ future: OpaquePointer?, type: UnsafeRawPointer,
    into value: UnsafeMutablePointer<tenon_value_t>
  ) -> tenon_status_t { takeFuture(Handle(future), type, value) }

  /// Lets the work go on when the last reference is gone.
  public func detach() { _ = detachFuture(handle) }

  public var isSettled: Bool { pollFuture(handle) != TENON_STATUS_PENDING }

  /// The value, when it is there. Strings and bytes are copied; an object is shared with the future.
  ///
  /// When the task that waits is cancelled, so is the work; this returns when the work has ended.
  ///
  /// - Throws: The error that the future was rejected with: the same Swift error if it was one, else a ``Failure``;
  ///   `CancellationError` if it was cancelled.
  public nonisolated(nonsending) var value: Value {
    get async throws {
      await settled()
      var result = Value.none
      try check(shareValue(handle) { result = Value(sharing: $0) })
      return result
    }
  }

  /// The value, moved out when it is there.
  ///
  /// - Throws: As ``value``; `TENON_STATUS_TAKEN` as a ``Failure`` if somebody took it before.
  public nonisolated(nonsending) func take() async throws -> Value {
    await settled()
    var value = tenon_value_none()
    try check(takeFuture(handle, &value))
    return Value(taking: value)
  }

  /// Waits until it has settled; a cancel of this task is passed on.
  public nonisolated(nonsending) func settled() async {
    if isSettled { return }
    await awaitSettled(handle)
  }

  /// Turns a status into what Swift throws for it.
  private func check(_ status: tenon_status_t) throws {
    switch status {
    case TENON_STATUS_OK: return
    case TENON_STATUS_CANCELLED: throw CancellationError()
    case TENON_STATUS_REJECTED: throw error
    default: throw Failure(status)
    }
  }

  /// Throws what a scope's end tells: a failure; of a cancel its reason, unless this task itself is cancelled.
  func throwFailure() throws {
    switch pollFuture(handle) {
    case TENON_STATUS_REJECTED: throw error
    case TENON_STATUS_CANCELLED:
      if !Task.isCancelled, let reason = (error as? Failure)?.cause { throw reason }
      throw CancellationError()
    default: return
    }
  }

  private var error: any Error {
    var error: any Error = Failure(TENON_STATUS_REJECTED)
    _ = readFuture(handle) { word, value in
      if let handle = copyError(word, value.pointee) {
        error = swiftError(for: handle)
        _ = ErrorSlot.release(handle)
      }
      return TENON_STATUS_OK
    }
    return error
  }
}

/// Throws what C would have been answered, if it is an error.
func throwIfError(_ status: tenon_status_t) throws {
  switch status {
  case TENON_STATUS_REJECTED, TENON_STATUS_CANCELLED: return
  default: if status.rawValue < 0 { throw Failure(status) }
  }
}
