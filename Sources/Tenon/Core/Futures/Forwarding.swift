import CTenon

// How what one future came to goes on to another one, and a cancel of the other back to it.

/// Ends both ends of a result that nobody has seen.
func discardFuture(_ promise: Handle, _ future: Handle) {
  _ = settle(promise, as: .cancelled, tenon_value_none())
  _ = releaseFuture(future)
}

/// Settles with what the caller owns, and ends it if the promise is gone.
@discardableResult
func settleOwning(
  _ promise: Handle, as phase: FutureWord.Phase, _ value: tenon_value_t
) -> tenon_status_t {
  let status = settle(promise, as: phase, value)
  if status != TENON_STATUS_OK && status != TENON_STATUS_ALREADY_SETTLED {
    withUnsafePointer(to: value) { endResult($0) }
  }
  return status
}

/// Settles with a Swift error.
@discardableResult
func reject(_ promise: Handle, with error: any Error) -> tenon_status_t {
  settleOwning(
    promise, as: .rejected,
    errorHandle(for: error).map { .error($0) } ?? .status(TENON_STATUS_NO_RESOURCES))
}

/// A reference to an error that says how a settled future failed; nil: it did not.
func copyFailure(of future: Handle) -> Handle? {
  var error: Handle?
  _ = readFuture(future) { word, value in
    if word.phase != .fulfilled { error = copyError(word, value.pointee) }
    return TENON_STATUS_OK
  }
  return error
}

/// Settles a promise with the failure of a settled future: the same error, or a cancel for the same reason.
func passFailure(of future: Handle, to promise: Handle) {
  var (phase, result) = (FutureWord.Phase.cancelled, tenon_value_none())
  _ = readFuture(future) { word, value in
    (phase, result) = (word.phase, value.pointee)
    if result.kind == tenon_value_t.errorKind,
      ErrorSlot.retain(Handle(bits: UInt(result.as.u64))) != TENON_STATUS_OK
    {
      result = .status(TENON_STATUS_NO_RESOURCES)
    }
    return TENON_STATUS_OK
  }
  settleOwning(promise, as: phase, result)
}

/// Settles a promise with the value of a fulfilled future, which is taken out of it.
func moveValue(of future: Handle, to promise: Handle) {
  var value = tenon_value_none()
  let status = takeFuture(future, &value)
  if status == TENON_STATUS_OK {
    settleOwning(promise, as: .fulfilled, value)
  } else {
    settleOwning(promise, as: .rejected, .status(status))
  }
}

/// Cancels a future for the reason for which a promise is cancelled.
func passCancel(of promise: Handle, to future: Handle) {
  let reason = cancelReason(of: promise)
  _ = cancelFuture(future, because: reason)
  if let reason { _ = ErrorSlot.release(reason) }
}
