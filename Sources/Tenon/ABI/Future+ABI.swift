// Implements <tenon/future.h>.
public import CTenon

@c @implementation
public func tenon_future_retain(_ future: OpaquePointer?) -> tenon_status_t {
  retainFuture(Handle(future))
}

@c @implementation
public func tenon_future_release(_ future: OpaquePointer?) -> tenon_status_t {
  releaseFast(Handle(future)) ? TENON_STATUS_OK : release(future)
}

@inline(never) private func release(_ future: OpaquePointer?) -> tenon_status_t {
  releaseFuture(Handle(future))
}

@c @implementation
public func tenon_future_poll(_ future: OpaquePointer?) -> tenon_status_t {
  pollFuture(Handle(future))
}

@c @implementation
public func tenon_future_peek(
  _ future: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value_out else { return TENON_STATUS_INVALID }
  return readFuture(Handle(future)) { word, value in
    if word.has(FutureWord.taken) { return TENON_STATUS_TAKEN }
    if word.phase == .fulfilled { value_out.pointee = .borrowed(at: value) }
    return word.status
  }
}

@c @implementation
public func tenon_future_take(
  _ future: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  if let value_out, takeFast(Handle(future), value_out) { return TENON_STATUS_OK }
  return take(future, value_out)
}

@inline(never) private func take(
  _ future: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value_out else { return TENON_STATUS_INVALID }
  return takeFuture(Handle(future), value_out)
}

@c @implementation
public func tenon_future_consume(
  _ future: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  if let value_out, consumeFast(Handle(future), value_out) { return TENON_STATUS_OK }
  return consume(future, value_out)
}

@inline(never) private func consume(
  _ future: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  let status = take(future, value_out)
  return status == TENON_STATUS_OK ? release(future) : status
}

@c @implementation
public func tenon_future_copy_error(
  _ future: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let error_out else { return TENON_STATUS_INVALID }
  return readFuture(Handle(future)) { word, value in
    if word.phase == .fulfilled { return TENON_STATUS_SETTLED }
    guard let error = copyError(word, value.pointee) else { return SlotTable.exhaustion() }
    error_out.pointee = error.pointer
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_future_cancel(_ future: OpaquePointer?) -> tenon_status_t {
  cancelFuture(Handle(future))
}

@c @implementation
public func tenon_future_cancel_with(_ future: OpaquePointer?, _ reason: OpaquePointer?)
  -> tenon_status_t
{
  // The future first: of two wrong handles it is the one that is told of.
  let status = pollFuture(Handle(future))
  if status.rawValue < 0 && !isEnd(status) { return status }
  return cancelFuture(Handle(future), because: reason == nil ? nil : Handle(reason))
}

@c @implementation
public func tenon_future_detach(_ future: OpaquePointer?) -> tenon_status_t {
  detachFuture(Handle(future))
}

@c @implementation
public func tenon_future_on_complete(
  _ future: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_completion_fn?,
  _ context: UnsafeMutableRawPointer?, _ registration_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  register(fn, executor) { function, name in
    onComplete(Handle(future), name, function, context, late: .tell) {
      registration_out?.pointee = $0.pointer
    }
  }
}

@c @implementation
public func tenon_future_on_complete_if_pending(
  _ future: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_completion_fn?,
  _ context: UnsafeMutableRawPointer?, _ registration_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  register(fn, executor) { function, name in
    onComplete(Handle(future), name, function, context, late: .refuse) {
      registration_out?.pointee = $0.pointer
    }
  }
}

@c @implementation
public func tenon_future_wait(_ future: OpaquePointer?, _ timeout_ns: UInt64) -> tenon_status_t {
  waitFuture(Handle(future), deadline: Time.deadline(after: timeout_ns))
}

/// What every registration begins with: a function, and the name of a live executor, or none.
@inline(__always) func register<Function>(
  _ function: Function?, _ executor: OpaquePointer?,
  _ body: (UnsafeRawPointer, ExecutorName) -> tenon_status_t
) -> tenon_status_t {
  guard let function else { return TENON_STATUS_INVALID }
  let pointer = unsafeBitCast(function, to: UnsafeRawPointer.self)
  if executor == nil { return body(pointer, .none) }
  let handle = Handle(executor)
  let status = LoopExecutor.check(handle)
  if status != TENON_STATUS_OK { return status }
  return body(pointer, ExecutorName(handle))
}

@c @implementation
public func tenon_future_set_name(
  _ future: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  guard let name, isText(name) else { return TENON_STATUS_INVALID }
  return setName(of: Handle(future), name, source)
}
