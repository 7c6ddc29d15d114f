import CTenon

extension Task where Success == Never, Failure == Never {
  /// Why this task is cancelled; nil: it is not.
  ///
  /// In a call or task that Tenon runs it is what its future was cancelled for, such as the error of a sibling, or a
  /// deadline: ``Failure`` with domain `tenon` and code `TENON_STATUS_TIMEOUT`. Where no reason was given or can be known, as in
  /// child tasks and in tasks that Tenon did not start, it is a `CancellationError`. It is looked up, so ask only when
  /// cancelled.
  public static var cancelReason: (any Error)? {
    guard Task.isCancelled else { return nil }
    guard let reason = LoopExecutor.copyOwnReason() else { return _Concurrency.CancellationError() }
    defer { _ = ErrorSlot.release(reason) }
    return swiftError(for: reason)
  }
}

/// What a promise's reader gave as the reason.
func reasonInSwift(of promise: Handle) -> (any Error)? {
  var reason: Handle?
  guard copyReason(promise, &reason) == TENON_STATUS_OK else { return nil }
  guard let reason else { return CancellationError() }
  defer { _ = ErrorSlot.release(reason) }
  return swiftError(for: reason)
}

/// What a stream's reader gave as the reason.
func reasonInSwift(ofWriter writer: Handle, _ kind: Handle.Kind) -> (any Error)? {
  var reason: (any Error)?
  guard cancelStatus(writer, kind) == TENON_STATUS_OK else { return nil }
  _ = withCore(writer, kind) { core in
    reason = reasonInSwift(of: core.pointee.promise)
    return TENON_STATUS_OK
  }
  return reason
}

/// Calls `body` with a handle for an error that is a reason, which it lends. That somebody was cancelled is no reason.
func withReason(_ error: (any Error)?, _ body: (Handle?) -> Void) {
  guard let error, !(error is CancellationError), let handle = errorHandle(for: error) else {
    return body(nil)
  }
  body(handle)
  _ = ErrorSlot.release(handle)
}
