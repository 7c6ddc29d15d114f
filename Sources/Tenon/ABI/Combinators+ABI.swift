// Implements <tenon/combinators.h>.
public import CTenon

@c @implementation
public func tenon_future_all(
  _ futures: UnsafePointer<OpaquePointer?>?, _ count: Int, _ flags: UInt32,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { combine(.all, futures, count, flags, future_out) }

@c @implementation
public func tenon_future_all_settled(
  _ futures: UnsafePointer<OpaquePointer?>?, _ count: Int, _ flags: UInt32,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { combine(.allSettled, futures, count, flags, future_out) }

@c @implementation
public func tenon_future_any(
  _ futures: UnsafePointer<OpaquePointer?>?, _ count: Int, _ flags: UInt32,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { combine(.any, futures, count, flags, future_out) }

@c @implementation
public func tenon_future_race(
  _ futures: UnsafePointer<OpaquePointer?>?, _ count: Int, _ flags: UInt32,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { combine(.race, futures, count, flags, future_out) }

private func combine(
  _ kind: Combinator.Kind, _ futures: UnsafePointer<OpaquePointer?>?, _ count: Int,
  _ flags: UInt32, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  // A size_t beyond any array arrives as a negative number.
  guard let future_out, flags & ~TENON_COMBINE_FLAG_KEEP == 0, count >= 0,
    futures != nil || count == 0
  else { return TENON_STATUS_INVALID }
  return give(
    combine(kind, keeps: flags & TENON_COMBINE_FLAG_KEEP != 0, count) {
      Handle(futures.unsafelyUnwrapped[$0])
    }, future_out)
}

@c @implementation
public func tenon_future_timeout(
  _ future: OpaquePointer?, _ executor: OpaquePointer?, _ timeout_ns: UInt64,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out else { return TENON_STATUS_INVALID }
  return withState(executor) { state, name in
    give(
      timeoutFuture(Handle(future), on: state, name, state.deadline(after: timeout_ns)), future_out)
  }
}

@c @implementation
public func tenon_future_sleep(
  _ executor: OpaquePointer?, _ duration_ns: UInt64,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out else { return TENON_STATUS_INVALID }
  return withState(executor) { state, name in
    give(sleepFuture(on: state, name, state.deadline(after: duration_ns)), future_out)
  }
}

@c @implementation
public func tenon_future_readable(
  _ executor: OpaquePointer?, _ fd: Int32, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out else { return TENON_STATUS_INVALID }
  return withState(executor) { state, name in
    give(descriptorFuture(on: state, name, fd, for: .reading), future_out)
  }
}

@c @implementation
public func tenon_future_writable(
  _ executor: OpaquePointer?, _ fd: Int32, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out else { return TENON_STATUS_INVALID }
  return withState(executor) { state, name in
    give(descriptorFuture(on: state, name, fd, for: .writing), future_out)
  }
}

@c @implementation
public func tenon_future_map(
  _ future: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_map_fn?,
  _ context: UnsafeMutableRawPointer?, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out, let fn else { return TENON_STATUS_INVALID }
  if executor == nil { return give(mapFuture(Handle(future), on: .none, fn, context), future_out) }
  return withState(executor) { _, name in
    give(mapFuture(Handle(future), on: name, fn, context), future_out)
  }
}

/// Calls `body` with the state and the name of a live executor.
private func withState(
  _ executor: OpaquePointer?,
  _ body: (UnsafeMutablePointer<ExecutorState>, ExecutorName) -> tenon_status_t
) -> tenon_status_t {
  let handle = Handle(executor)
  guard let state = LoopExecutor.state(handle) else { return LoopExecutor.check(handle) }
  return body(state, ExecutorName(handle))
}

/// Writes a handle where C wants it, or answers why there is none.
func give(
  _ result: Result<Handle, StatusError>, _ out: UnsafeMutablePointer<OpaquePointer?>
) -> tenon_status_t {
  switch result {
  case .failure(let error): return error.status
  case .success(let handle):
    out.pointee = handle.pointer
    return TENON_STATUS_OK
  }
}
