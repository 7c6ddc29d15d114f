// Implements <tenon/timer.h>.
public import CTenon

@c @implementation
public func tenon_timer_now_ns() -> UInt64 { Time.now }

@c @implementation
public func tenon_timer_start(
  _ executor: OpaquePointer?, _ deadline_ns: UInt64, _ fn: tenon_timer_fn?,
  _ context: UnsafeMutableRawPointer?, _ timer_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let fn else { return TENON_STATUS_INVALID }
  let handle = Handle(executor)
  guard let state = LoopExecutor.state(handle) else { return LoopExecutor.check(handle) }
  return startTimer(
    on: state, ExecutorName(handle), deadline_ns, unsafeBitCast(fn, to: UnsafeRawPointer.self),
    context
  ) { timer_out?.pointee = $0.pointer }
}

@c @implementation
public func tenon_timer_cancel(_ timer: OpaquePointer?) -> tenon_status_t {
  cancelTimer(Handle(timer))
}
