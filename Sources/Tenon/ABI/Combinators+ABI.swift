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
  give(future_out, on: executor) { state, name in
    timeoutFuture(Handle(future), on: state, name, state.deadline(after: timeout_ns))
  }
}

@c @implementation
public func tenon_future_sleep(
  _ executor: OpaquePointer?, _ duration_ns: UInt64,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  give(future_out, on: executor) { state, name in
    sleepFuture(on: state, name, state.deadline(after: duration_ns))
  }
}

@c @implementation
public func tenon_future_readable(
  _ executor: OpaquePointer?, _ fd: Int32, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  give(future_out, on: executor) { descriptorFuture(on: $0, $1, fd, for: .reading) }
}

@c @implementation
public func tenon_future_writable(
  _ executor: OpaquePointer?, _ fd: Int32, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  give(future_out, on: executor) { descriptorFuture(on: $0, $1, fd, for: .writing) }
}

@c @implementation
public func tenon_future_map(
  _ future: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_map_fn?,
  _ context: UnsafeMutableRawPointer?, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out, let fn else { return TENON_STATUS_INVALID }
  if executor == nil { return give(mapFuture(Handle(future), on: .none, fn, context), future_out) }
  return give(future_out, on: executor) { mapFuture(Handle(future), on: $1, fn, context) }
}

/// Writes the future that `make` makes, with the state and the name of a live executor, where C wants it.
private func give(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, on executor: OpaquePointer?,
  _ make: (UnsafeMutablePointer<ExecutorState>, ExecutorName) -> Result<Handle, StatusError>
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  let handle = Handle(executor)
  guard let state = LoopExecutor.state(handle) else { return LoopExecutor.check(handle) }
  return give(make(state, ExecutorName(handle)), out)
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
