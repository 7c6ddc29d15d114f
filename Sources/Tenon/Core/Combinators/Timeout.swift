import CTenon

/// A future that ends as another one does, unless its time comes first; or why not, and then nothing has happened.
func timeoutFuture(
  _ input: Handle, on state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName,
  _ deadline: UInt64
) -> Result<Handle, StatusError> {
  let polled = pollFuture(input)
  if polled.rawValue < 0 && !isEnd(polled) { return .failure(StatusError(polled)) }
  guard let (promise, future) = createFuture(name, flags: 0) else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  guard
    let block = UnsafeMutablePointer.make(
      .timeout, keeps: false, promise: promise, 1, { _ in input })
  else {
    discardFuture(promise, future)
    return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
  }
  // The timer first: it tells whether the executor is open, before a value is moved.
  var status = startTimer(
    on: state, name, deadline, unsafeBitCast(timeIsUp, to: UnsafeRawPointer.self),
    UnsafeMutableRawPointer(block)
  ) { block.pointee.timer.store($0.bits, ordering: .releasing) }
  if status == TENON_STATUS_OK {
    status = block.listen()
  } else {
    block.release(2)
  }
  return block.finishSetup(future, status)
}

private let timeIsUp: tenon_timer_fn = { context, status in
  let block = context.unsafelyUnwrapped.assumingMemoryBound(to: Combinator.self)
  // Told that the executor closes, or that the time has come.
  let event = status == TENON_STATUS_OK ? TENON_STATUS_TIMEOUT : status
  if status != TENON_STATUS_CANCELLED && block.decide() {
    block.rejectAll(event)
  }
  block.release()
}

extension UnsafeMutablePointer where Pointee == Combinator {
  /// Rejects the result, and cancels the input for the same error.
  fileprivate func rejectAll(_ status: tenon_status_t) {
    let error = ErrorSlot.create(status, status.sentence)
    if let error, ErrorSlot.retain(error) == TENON_STATUS_OK { keepError(error) }
    Delivery.passOn {
      reach(Combinator.done)
      _ = settle(pointee.promise, as: .rejected, error.map { .error($0) } ?? .status(status))
    }
  }
}

/// A future that is fulfilled at a time. It needs no memory but its slots: the timer knows the promise, and the promise's
/// cancel callback the timer.
func sleepFuture(
  on state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, _ deadline: UInt64
) -> Result<Handle, StatusError> {
  guard let (promise, future) = createFuture(name, flags: 0) else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  var timer: Handle?
  let started = startTimer(
    on: state, name, deadline, unsafeBitCast(wakeUp, to: UnsafeRawPointer.self),
    UnsafeMutableRawPointer(bitPattern: promise.bits)
  ) { timer = $0 }
  guard started == TENON_STATUS_OK, let timer else {
    discardFuture(promise, future)
    return .failure(StatusError(started))
  }
  let status = onCancel(
    promise, .none, unsafeBitCast(cancelSleep, to: UnsafeRawPointer.self),
    UnsafeMutableRawPointer(bitPattern: timer.bits), isOwn: true
  ) { _ in }
  switch status {
  case TENON_STATUS_OK, TENON_STATUS_SETTLED: break
  case TENON_STATUS_CANCELLED: _ = cancelTimer(timer)
  default:
    _ = cancelTimer(timer)
    _ = releaseFuture(future)
    return .failure(StatusError(status))
  }
  return .success(future)
}

private let wakeUp: tenon_timer_fn = { context, status in
  let promise = Handle(bits: UInt(bitPattern: context))
  // Its executor closes, which cancels the promise: the timer may be told of that first.
  _ = settle(promise, as: status == TENON_STATUS_OK ? .fulfilled : .cancelled, tenon_value_none())
}

private let cancelSleep: tenon_cancel_fn = { context, status in
  if status == TENON_STATUS_CANCELLED {
    _ = cancelTimer(Handle(bits: UInt(bitPattern: context)))
  }
}
