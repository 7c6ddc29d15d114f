// Implements <tenon/promise.h>.
public import CTenon

@c @implementation
public func tenon_promise_create(
  _ config: UnsafePointer<tenon_promise_config_t>?,
  _ promise_out: UnsafeMutablePointer<OpaquePointer?>?,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  if config == nil, let promise_out, let future_out, let (promise, future) = createFutureFast() {
    promise_out.pointee = promise.pointer
    future_out.pointee = future.pointer
    return TENON_STATUS_OK
  }
  return create(config, promise_out, future_out)
}

@inline(never) private func create(
  _ config: UnsafePointer<tenon_promise_config_t>?,
  _ promise_out: UnsafeMutablePointer<OpaquePointer?>?,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let promise_out, let future_out else { return TENON_STATUS_INVALID }
  var (name, flags) = (ExecutorName.none, UInt(0))
  if let config {
    guard config.pointee.struct_size == MemoryLayout<tenon_promise_config_t>.size,
      config.pointee.flags & ~TENON_PROMISE_FLAG_DETACHED == 0, config.pointee.reserved == 0
    else { return TENON_STATUS_INVALID }
    if config.pointee.flags & TENON_PROMISE_FLAG_DETACHED != 0 { flags = FutureWord.detached }
    if config.pointee.executor != nil {
      let handle = Handle(config.pointee.executor)
      let status = LoopExecutor.check(handle)
      if status != TENON_STATUS_OK { return status }
      name = ExecutorName(handle)
    }
  }
  guard let (promise, future) = createFuture(name, flags: flags) else {
    return SlotTable.exhaustion()
  }
  promise_out.pointee = promise.pointer
  future_out.pointee = future.pointer
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_promise_resolve(
  _ promise: OpaquePointer?, _ value: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  if let value, tenon_value_t.isPlain(at: value), resolveFast(Handle(promise), value) {
    value.pointee.kind = UInt8(TENON_VALUE_NONE.rawValue)
    value.pointee.drop = nil
    return TENON_STATUS_OK
  }
  return resolve(promise, value)
}

@inline(never) private func resolve(
  _ promise: OpaquePointer?, _ value: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value else { return settle(Handle(promise), as: .fulfilled, tenon_value_none()) }
  guard tenon_value_t.isValid(at: value) else { return TENON_STATUS_INVALID }
  let status = settle(Handle(promise), as: .fulfilled, moving: value)
  if status == TENON_STATUS_OK || status == TENON_STATUS_ALREADY_SETTLED {
    value.pointee.kind = UInt8(TENON_VALUE_NONE.rawValue)
    value.pointee.flags = 0
    value.pointee.inline_size = 0
    value.pointee.drop = nil
  }
  return status
}

@c @implementation
public func tenon_promise_reject(_ promise: OpaquePointer?, _ error: OpaquePointer?)
  -> tenon_status_t
{
  let handle = Handle(error)
  var status = ErrorSlot.retain(handle)
  if status != TENON_STATUS_OK { return status }
  status = settle(Handle(promise), as: .rejected, .error(handle))
  if status != TENON_STATUS_OK && status != TENON_STATUS_ALREADY_SETTLED {
    _ = ErrorSlot.release(handle)
  }
  return status
}

@c @implementation
public func tenon_promise_cancel(_ promise: OpaquePointer?) -> tenon_status_t {
  settle(Handle(promise), as: .cancelled, tenon_value_none())
}

@c @implementation
public func tenon_promise_release(_ promise: OpaquePointer?) -> tenon_status_t {
  releasePromise(Handle(promise))
}

@c @implementation
public func tenon_promise_is_cancelled(_ promise: OpaquePointer?) -> Bool {
  isCancelRequested(Handle(promise))
}

@c @implementation
public func tenon_promise_copy_reason(
  _ promise: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let error_out else { return TENON_STATUS_INVALID }
  return giveReason(of: Handle(promise), error_out)
}

/// Gives the reason of a requested cancel, or the plain error.
func giveReason(of promise: Handle, _ error_out: UnsafeMutablePointer<OpaquePointer?>)
  -> tenon_status_t
{
  var reason: Handle?
  let status = copyReason(promise, &reason)
  if status != TENON_STATUS_OK { return status }
  guard let error = reason ?? cancelledError(because: nil) else { return SlotTable.exhaustion() }
  error_out.pointee = error.pointer
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_promise_on_cancel(
  _ promise: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_cancel_fn?,
  _ context: UnsafeMutableRawPointer?, _ registration_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  register(fn, executor) { function, name in
    onCancel(Handle(promise), name, function, context) {
      registration_out?.pointee = $0.pointer
    }
  }
}

@c @implementation
public func tenon_promise_set_wait(
  _ promise: OpaquePointer?, _ on: OpaquePointer?, _ what: UnsafePointer<CChar>?,
  _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  if let what, !isText(what) { return TENON_STATUS_INVALID }
  return setWait(of: Handle(promise), on: on == nil ? nil : Handle(on), what, source)
}
