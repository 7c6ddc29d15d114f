// Implements <tenon/scope.h>.
public import CTenon

@c @implementation
public func tenon_scope_open(
  _ config: UnsafePointer<tenon_scope_config_t>?,
  _ scope_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let scope_out else { return TENON_STATUS_INVALID }
  var options = ScopeOptions()
  if let config = config?.pointee {
    guard config.struct_size == MemoryLayout<tenon_scope_config_t>.size,
      config.flags & ~TENON_SCOPE_FLAG_COLLECT == 0, config.reserved == 0,
      config.name.map({ isText($0) }) ?? true
    else { return TENON_STATUS_INVALID }
    options.collects = config.flags & TENON_SCOPE_FLAG_COLLECT != 0
    options.deadline = config.deadline_ns
    options.label = config.name.map { String(cString: $0) }
    if config.parent != nil {
      let handle = Handle(config.parent)
      let status = ScopeTable.check(handle)
      if status != TENON_STATUS_OK { return status }
      options.parent = handle
    }
    if config.executor != nil {
      let handle = Handle(config.executor)
      let status = LoopExecutor.check(handle)
      if status != TENON_STATUS_OK { return status }
      options.executor = ExecutorName(handle)
    }
  }
  return give(openScope(options), scope_out)
}

@c @implementation
public func tenon_scope_retain(_ scope: OpaquePointer?) -> tenon_status_t {
  ScopeTable.retain(Handle(scope))
}

@c @implementation
public func tenon_scope_release(_ scope: OpaquePointer?) -> tenon_status_t {
  releaseScope(Handle(scope))
}

@c @implementation
public func tenon_scope_add(_ scope: OpaquePointer?, _ future: OpaquePointer?) -> tenon_status_t {
  withScope(scope) { addToScope($0, Handle(future)) }
}

@c @implementation
public func tenon_scope_for(
  _ scope: OpaquePointer?, _ executor: OpaquePointer?, _ count: Int, _ chunk: Int,
  _ fn: tenon_range_fn?, _ context: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let fn else { return TENON_STATUS_INVALID }
  return withScope(scope) { scope in
    withExecutor(executor) {
      guard let pool = $0.state.pool else { return TENON_STATUS_UNSUPPORTED }
      return runLoop(
        in: scope, on: pool, $0.name, count: UInt(bitPattern: count),
        chunk: UInt(bitPattern: chunk), fn, context)
    }
  }
}

@c @implementation
public func tenon_scope_cancel(_ scope: OpaquePointer?, _ reason: OpaquePointer?)
  -> tenon_status_t
{
  withScope(scope) { cancelScope($0, because: reason == nil ? nil : Handle(reason)) }
}

@c @implementation
public func tenon_scope_close(
  _ scope: OpaquePointer?, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out else { return TENON_STATUS_INVALID }
  return withScope(scope) { give(closeScope($0), future_out) }
}

@c @implementation
public func tenon_scope_get_deadline_ns(
  _ scope: OpaquePointer?, _ deadline_ns_out: UnsafeMutablePointer<UInt64>?
) -> tenon_status_t {
  guard let deadline_ns_out else { return TENON_STATUS_INVALID }
  return withScope(scope) { scope in
    guard let deadline = ScopeTable.locked(scope, { $0.pointee.deadline }) else {
      return TENON_STATUS_STALE
    }
    deadline_ns_out.pointee = deadline
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_scope_copy_reason(
  _ scope: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let error_out else { return TENON_STATUS_INVALID }
  return withScope(scope) { scope in
    guard let promise = ScopeTable.locked(scope, { $0.pointee.promise }) else {
      return TENON_STATUS_STALE
    }
    return giveReason(of: promise, error_out)
  }
}

/// Calls `body` with the handle of a scope that somebody holds.
private func withScope(_ scope: OpaquePointer?, _ body: (Handle) -> tenon_status_t)
  -> tenon_status_t
{
  let handle = Handle(scope)
  let status = ScopeTable.check(handle)
  return status == TENON_STATUS_OK ? body(handle) : status
}
