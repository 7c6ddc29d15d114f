import CTenon
import Synchronization

/// Makes one future of many; or says why not, and then nothing has happened. `input` gives their handles.
func combine(
  _ kind: Combinator.Kind, keeps: Bool, _ count: Int, _ input: (Int) -> Handle
) -> Result<Handle, StatusError> {
  for index in 0..<count {
    let status = pollFuture(input(index))
    if status.rawValue < 0 && !isEnd(status) { return .failure(StatusError(status)) }
  }
  guard let (promise, future) = createFollowing() else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  guard let block = UnsafeMutablePointer.make(kind, keeps: keeps, promise: promise, count, input)
  else {
    discardFuture(promise, future)
    return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
  }
  let status = block.listen()
  if status == TENON_STATUS_OK && !block.isDecided {
    let needs = kind == .all || kind == .allSettled || count == 1
    for index in 0..<count { follow(input(index), by: promise, needs: needs) }
  }
  return block.finishSetup(future, status)
}

extension UnsafeMutablePointer where Pointee == Combinator {
  /// Registers on the inputs, until it is decided.
  func listen() -> tenon_status_t {
    if pointee.count == 0 && pointee.kind != .race {
      if decide() { settleLast() }
      return TENON_STATUS_OK
    }
    for index in 0..<pointee.count {
      let entry = entries + index
      let status = onComplete(
        entry.pointee.future, .none, unsafeBitCast(inputEnded, to: UnsafeRawPointer.self),
        UnsafeMutableRawPointer(entry), late: .refuse, isOwn: true
      ) { entry.pointee.registration = $0.bits }
      if status != TENON_STATUS_OK {
        guard status == TENON_STATUS_SETTLED else {
          release(pointee.count - index)
          return status
        }
        end(index, pollFuture(entry.pointee.future), entry.pointee.future)
        release()
      }
      if isDecided {
        // The rest is not even listened to.
        release(pointee.count - index - 1)
        break
      }
    }
    return TENON_STATUS_OK
  }

  @inline(__always) var isDecided: Bool { pointee.decision.load(ordering: .acquiring) == .decided }

  /// Ends the setup: with the result, or, if something failed before it was decided, with nothing.
  func finishSetup(_ future: Handle, _ failure: tenon_status_t) -> Result<Handle, StatusError> {
    var status = failure
    if status == TENON_STATUS_OK && !isDecided {
      let context = UnsafeMutableRawPointer(self)
      status = onCancel(
        pointee.promise, .none, unsafeBitCast(resultCancelled, to: UnsafeRawPointer.self), context,
        isOwn: true
      ) { _ in }
      if status == TENON_STATUS_CANCELLED {
        // By its executor, which closes.
        cancel()
        release()
        status = TENON_STATUS_OK
      } else if status != TENON_STATUS_OK {
        release()
        if status == TENON_STATUS_SETTLED { status = TENON_STATUS_OK }
      }
    } else {
      release()
    }
    guard status == TENON_STATUS_OK || !decide() else {
      _ = settle(pointee.promise, as: .cancelled, tenon_value_none())
      _ = releaseFuture(future)
      withdraw()
      release()
      return .failure(StatusError(status))
    }
    reach(Combinator.setUp)
    release()
    return .success(future)
  }

  /// Ends the setup of what failed: nothing is cancelled.
  private func withdraw() {
    for index in 0..<pointee.count where entries[index].registration != 0 {
      let registration = Handle(bits: entries[index].registration)
      if removeRegistration(registration, telling: nil, waits: false) == TENON_STATUS_OK {
        release()
      }
    }
    let timer = pointee.timer.load(ordering: .relaxed)
    if timer != 0 { _ = cancelTimer(Handle(bits: timer)) }
  }

  // MARK: What happens to it

  /// An input has ended.
  @inline(__always) func end(_ index: Int, _ status: tenon_status_t, _ future: Handle) {
    let isWinner = decides(status) && decide()
    if pointee.kind == .any && index == 0 && !isWinner { keepFirstError(future) }
    Handover.give(self)
    let left = pointee.pending.subtract(1, ordering: .sequentiallyConsistent).newValue
    Handover.take(self)
    if isWinner {
      if status != TENON_STATUS_OK, let error = copyFailure(of: future) { keepError(error) }
      // What is not needed any more is cancelled by the time that anybody sees the result.
      reach(Combinator.done)
      settleFirst(index, status, future)
    } else if left == 0 {
      if decide() {
        settleLast()
      } else if pointee.decision.load(ordering: .acquiring) == .cancelling {
        _ = settle(pointee.promise, as: .cancelled, tenon_value_none())
      }
    }
  }

  /// Whether an input that ended so is enough.
  @inline(__always) private func decides(_ status: tenon_status_t) -> Bool {
    switch pointee.kind {
    case .all: status != TENON_STATUS_OK
    case .any: status == TENON_STATUS_OK
    case .race, .timeout: true
    case .allSettled: false
    }
  }

  /// Settles the result by the input that decided it.
  private func settleFirst(_ index: Int, _ status: tenon_status_t, _ future: Handle) {
    if status != TENON_STATUS_OK {
      passFailure(of: future, to: pointee.promise)
    } else if pointee.kind == .timeout {
      moveValue(of: future, to: pointee.promise)
    } else {
      _ = settle(pointee.promise, as: .fulfilled, tenon_value_u64(UInt64(index)))
    }
  }

  /// Settles the result when all inputs have ended and none of them has decided it.
  private func settleLast() {
    guard pointee.kind == .any else {
      _ = settle(pointee.promise, as: .fulfilled, tenon_value_none())
      return
    }
    let first = pointee.firstError.load(ordering: .acquiring)
    let error = ErrorSlot.create(
      TENON_STATUS_REJECTED, text("none of the futures was fulfilled"),
      cause: first == 0 ? nil : Handle(bits: first))
    _ = settle(
      pointee.promise, as: .rejected, error.map { .error($0) } ?? .status(TENON_STATUS_REJECTED))
  }

  private func keepFirstError(_ future: Handle) {
    guard let error = copyFailure(of: future) else { return }
    pointee.firstError.store(error.bits, ordering: .releasing)
  }

  /// Somebody wants the result to end early.
  func cancel() {
    if pointee.keeps || pointee.count == 0 {
      guard decide() else { return }
      _ = settle(pointee.promise, as: .cancelled, tenon_value_none())
      return reach(Combinator.done)
    }
    if pointee.kind != .timeout {
      // What decides from here on is the last input. A timeout ends as its input does.
      let (isMine, _) = pointee.decision.compareExchange(
        expected: .open, desired: .cancelling, ordering: .sequentiallyConsistent)
      guard isMine else { return }
    }
    let reason = cancelReason(of: pointee.promise)
    cancelInputs(because: reason)
    if let reason { _ = ErrorSlot.release(reason) }
  }
}

private let inputEnded: tenon_completion_fn = { context, status, future in
  let entry = context.unsafelyUnwrapped.assumingMemoryBound(to: Combinator.Entry.self)
  let owner = entry.pointee.owner
  if future != nil { owner.end(entry - owner.entries, status, Handle(future)) }
  owner.release()
}

private let resultCancelled: tenon_cancel_fn = { context, status in
  let block = context.unsafelyUnwrapped.assumingMemoryBound(to: Combinator.self)
  if status == TENON_STATUS_CANCELLED { block.cancel() }
  block.release()
}
