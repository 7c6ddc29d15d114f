import CTenon
import Synchronization

// How a callback comes to wait for a future, or for a cancel. What becomes of it then is in Registrations.swift.

/// What to do with a callback for a future that has settled.
enum Late { case tell, refuse }

/// Registers a completion callback; `isOwn`: it is Tenon's own. SETTLED: nothing was registered.
func onComplete(
  _ future: Handle, _ executor: ExecutorName, _ function: UnsafeRawPointer,
  _ context: UnsafeMutableRawPointer?, late: Late, isOwn: Bool = false,
  _ registered: (Handle) -> Void
) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  // A settled future is the quick answer, and the pending one is checked again below.
  let status = pollFuture(future)
  if status.rawValue < 0 && !isEnd(status) { return status }
  if status != TENON_STATUS_PENDING && (late == .refuse || executor == .none) {
    return TENON_STATUS_SETTLED
  }
  return register(function, context, future, executor, isOwn) { handle, index, registration in
    switch slot.transition({ $0.registering(future) }) {
    case .refused(let status): return .refused(status)
    case .done(let old, let locked):
      if old.isPending {
        registered(handle)
        RegistrationList.append(index, to: &slot.content.pointee.completions)
        registration.arm(handle.bits)
        slot.publish(locked.unlocked)
        return .armed
      }
      guard late == .tell && executor != .none else {
        slot.publish(old)
        return .refused(TENON_STATUS_SETTLED)
      }
      slot.publish(locked.unlocked)
      registered(handle)
      return .late(old.status)
    }
  }
}

/// Registers a cancel callback. `late`: a cancel is requested already, and the callback is not told of it before this returns.
func onCancel(
  _ promise: Handle, _ executor: ExecutorName, _ function: UnsafeRawPointer,
  _ context: UnsafeMutableRawPointer?, isOwn: Bool = false, late: () -> Void = {},
  _ registered: (Handle) -> Void
) -> tenon_status_t {
  guard let slot = findFuture(promise, .promise) else { return SlotTable.refusal(promise) }
  return register(function, context, promise, executor, isOwn) { handle, index, registration in
    switch slot.transition({ $0.lockingPromise(promise) }) {
    case .refused(let status): return .refused(status)
    case .done(let old, let locked):
      if !old.has(FutureWord.cancelRequested) {
        registered(handle)
        registration.pointee.isLinked = true
        RegistrationList.append(index, to: &slot.content.pointee.cancels)
        registration.arm(handle.bits)
        slot.publish(locked.unlocked)
        return .armed
      }
      slot.publish(locked.unlocked)
      late()
      guard executor != .none else { return .refused(TENON_STATUS_CANCELLED) }
      registered(handle)
      return .late(TENON_STATUS_CANCELLED)
    }
  }
}

/// What came of putting a registration where it waits.
private enum Placement {
  case armed
  /// What it would wait for has happened: it is told so by its executor.
  case late(tenon_status_t)
  case refused(tenon_status_t)
}

/// Makes a registration that counts as pending on its executor, and has `place` put it where it waits; takes all back if it
/// is refused.
@inline(__always) private func register(
  _ function: UnsafeRawPointer, _ context: UnsafeMutableRawPointer?, _ subject: Handle,
  _ executor: ExecutorName, _ isOwn: Bool,
  _ place: (Handle, UInt32, UnsafeMutablePointer<RegistrationSlot>) -> Placement
) -> tenon_status_t {
  guard
    let (handle, index, registration) = createRegistration(
      function, context, subject: subject, executor: executor, isOwn: isOwn)
  else { return SlotTable.exhaustion() }
  if executor != .none {
    guard let state = executor.state, state.addPending(handle, executor) else {
      freeRegistration(index, registration)
      return executor.state?.refusal(executor) ?? TENON_STATUS_CLOSED
    }
  }
  switch place(handle, index, registration) {
  case .armed:
    return confirm(handle, executor)
  case .late(let event):
    registration.pointee.event = event.rawValue
    registration.arm(handle.bits)
    if registration.move(handle, from: .armed, to: .queued) { dispatch(handle, registration) }
    return TENON_STATUS_OK
  case .refused(let status):
    freeRegistration(index, registration)
    if executor != .none { executor.state?.removePending(executor) }
    return status
  }
}

/// A registration is armed. If its executor has closed meanwhile, the close may have looked before that: then it is
/// taken back. Each side writes first and then reads what the other one writes.
@inline(__always) private func confirm(_ handle: Handle, _ executor: ExecutorName) -> tenon_status_t
{
  guard executor != .none, let state = executor.state, !state.isPolledHere else {
    return TENON_STATUS_OK
  }
  atomicMemoryFence(ordering: .sequentiallyConsistent)
  if state.isThere(as: executor) { return TENON_STATUS_OK }
  return removeRegistration(handle, telling: nil) == TENON_STATUS_OK
    ? TENON_STATUS_CLOSED : TENON_STATUS_OK
}
