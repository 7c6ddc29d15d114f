import CTenon

/// Why a cancel is requested.
///
/// Invariant: while a future is pending and its cancel requested, the memory of its value holds the reason: an error, with
/// a reference of its own, or nothing. It is written under the lock by whoever requests, and ended or kept by whoever settles.
extension UnsafeMutablePointer where Pointee == FutureSlot {
  /// Takes over a reference. Under the lock.
  @inline(__always) func keepReason(_ reason: Handle?) {
    var value = reason.map { tenon_value_t.error($0) } ?? tenon_value_none()
    value.drop_executor = followed
    valueMemory.storeBytes(of: value, as: tenon_value_t.self)
  }

  /// Lends the reason. Under the lock.
  @inline(__always) var keptReason: Handle? {
    let value = valueMemory.load(as: tenon_value_t.self)
    return value.kind == tenon_value_t.errorKind ? Handle(bits: UInt(value.as.u64)) : nil
  }
}

/// The end of settling after a cancel was requested, under the lock: a cancelled future keeps the reason, any other end ends
/// it.
@inline(never) func endRequested(
  _ promise: Handle, _ slot: UnsafeMutablePointer<FutureSlot>, _ settled: FutureWord,
  _ phase: FutureWord.Phase, _ value: UnsafePointer<tenon_value_t>
) {
  let reason = slot.keptReason
  if settled.isFree {
    slot.publish(settled)
    futureTable.give(promise.index, UnsafeMutableRawPointer(slot))
    endResult(value)
  } else if phase == .cancelled {
    slot.publish(settled)
    return endResult(value)
  } else {
    slot.valueMemory.copyMemory(from: value, byteCount: MemoryLayout<tenon_value_t>.size)
    slot.publish(settled)
  }
  if let reason { _ = ErrorSlot.release(reason) }
}

/// A reference to the reason of a cancel that is requested of a pending future: OK, with nil if none was given. PENDING:
/// none is requested; SETTLED: it is too late to ask.
func copyReason(_ promise: Handle, _ reason: inout Handle?) -> tenon_status_t {
  guard let memory = futureTable.find(promise, .promise) else { return SlotTable.refusal(promise) }
  let slot = FutureSlot.at(memory)
  switch slot.transition({ $0.lockingPromise(promise) }) {
  case .refused(let status): return status
  case .done(let old, let locked):
    var copy: Handle?
    if old.has(FutureWord.cancelRequested), let kept = slot.keptReason,
      ErrorSlot.retain(kept) == TENON_STATUS_OK
    {
      copy = kept
    }
    slot.publish(locked.unlocked)
    guard old.has(FutureWord.cancelRequested) else { return TENON_STATUS_PENDING }
    reason = copy
    return TENON_STATUS_OK
  }
}

/// Lends `body` what cancels a promise because its executor closes: all for the same reason.
func cancelForClose(_ body: ((Handle) -> Void) -> Void) {
  withReasonOfClose { reason in body { cancelPromise($0, because: reason) } }
}

/// Cancels one that a close did not find.
@inline(never) func cancelForClose(_ promise: Handle) { cancelForClose { $0(promise) } }

/// The same of promises whose work is Tenon's own: they have ended then.
func endForClose(_ body: ((Handle) -> Void) -> Void) {
  withReasonOfClose { reason in
    body {
      let isKept = reason.map { ErrorSlot.retain($0) == TENON_STATUS_OK } ?? false
      let value = isKept ? reason.map { tenon_value_t.error($0) } : nil
      _ = settle($0, as: .cancelled, value ?? tenon_value_none())
    }
  }
}

/// Lends the error that says that an executor closes; nil: there is no memory for it.
private func withReasonOfClose(_ body: (Handle?) -> Void) {
  let reason = ErrorSlot.create(TENON_STATUS_CLOSED, TENON_STATUS_CLOSED.sentence)
  body(reason)
  if let reason { _ = ErrorSlot.release(reason) }
}

/// A reference to the reason that was given, if a cancel is requested and one was.
func cancelReason(of promise: Handle) -> Handle? {
  var reason: Handle?
  _ = copyReason(promise, &reason)
  return reason
}

/// The error that stands for a cancel, with its reason, which is borrowed, as the cause.
func cancelledError(because reason: Handle?) -> Handle? {
  ErrorSlot.create(TENON_STATUS_CANCELLED, TENON_STATUS_CANCELLED.sentence, cause: reason)
}

/// Whether a status is how a future ended, rather than why it could not be asked.
@inline(__always) func isEnd(_ status: tenon_status_t) -> Bool {
  status == TENON_STATUS_OK || status == TENON_STATUS_REJECTED || status == TENON_STATUS_CANCELLED
}

/// A reference to the error of a settled future that has no value.
func copyError(_ word: FutureWord, _ value: tenon_value_t) -> Handle? {
  let kept = value.kind == tenon_value_t.errorKind ? Handle(bits: UInt(value.as.u64)) : nil
  if word.phase == .cancelled { return cancelledError(because: kept) }
  if let kept { return ErrorSlot.retain(kept) == TENON_STATUS_OK ? kept : nil }
  let status = tenon_status_t(Int32(truncatingIfNeeded: value.as.i64))
  return ErrorSlot.create(
    status, status == TENON_STATUS_STALE ? text("broken promise") : status.sentence)
}
