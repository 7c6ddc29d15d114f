import CTenon
import CTenonRoot
import Synchronization

/// Threads that wait in `forget` for a callback to end.
private let forgetters = Monitor()

/// A new registration, in no list yet and not armed; nil if there is no slot left. `function`: nil, if it never will be.
@inline(__always) func createRegistration(
  _ function: UnsafeRawPointer?, _ context: UnsafeMutableRawPointer?, subject: Handle,
  executor: ExecutorName, isOwn: Bool
) -> (handle: Handle, index: UInt32, slot: UnsafeMutablePointer<RegistrationSlot>)? {
  guard let (index, memory) = registrationTable.take() else { return nil }
  let slot = RegistrationSlot.at(memory)
  let life = slot.fill(
    function: function, context: context, subject: subject.bits, executor: executor,
    isTimer: false, isOwn: isOwn)
  return (Handle(.registration, index: index, word: life), index, slot)
}

/// Frees a registration that was never armed for others, or that has been told.
@inline(__always) func freeRegistration(
  _ index: UInt32, _ slot: UnsafeMutablePointer<RegistrationSlot>
) {
  if _slowPath(slot.free(index)) { forgetters.change() }
}

/// Tells every registration of a list that its event is here. The list is nobody else's any more.
func fire(_ first: UInt32, _ event: tenon_status_t) {
  if first == 0 { return }
  if RegistrationSlot.at(first - 1).pointee.next == 0 { return fireAll(first, event) }
  // All of them are due before the first one runs, which may wait for what another one does.
  Delivery.passOn { fireAll(first, event) }
}

@inline(never) private func fireAll(_ first: UInt32, _ event: tenon_status_t) {
  var next = first
  while next != 0 {
    let index = next - 1
    let slot = RegistrationSlot.at(index)
    next = slot.pointee.next
    let handle = Handle(
      .registration, index: index, word: slot.pointee.head.word.load(ordering: .relaxed))
    slot.pointee.event = event.rawValue
    if slot.move(handle, from: .armed, to: .queued) {
      dispatch(handle, slot)
    } else {
      meetForgotten(index, slot)
    }
  }
}

/// A forgotten registration leaves its list or queue; whoever forgets it may still be telling it.
private func meetForgotten(_ index: UInt32, _ slot: UnsafeMutablePointer<RegistrationSlot>) {
  Handover.pass(slot)
  let old = slot.pointee.head.word.bitwiseOr(
    RegistrationSlot.met, ordering: .acquiringAndReleasing
  ).oldValue
  if old & RegistrationSlot.told != 0 { freeRegistration(index, slot) }
}

/// A forgotten registration has been told.
private func endForgotten(
  _ index: UInt32, _ slot: UnsafeMutablePointer<RegistrationSlot>, isListed: Bool
) {
  guard isListed else { return freeRegistration(index, slot) }
  Handover.pass(slot)
  let old = slot.pointee.head.word.bitwiseOr(
    RegistrationSlot.told, ordering: .acquiringAndReleasing
  ).oldValue
  if old & RegistrationSlot.met != 0 { return freeRegistration(index, slot) }
  if old & RegistrationSlot.awaited != 0 { forgetters.change() }
}

/// Sends a queued registration to where it runs.
@inline(__always) func dispatch(
  _ handle: Handle, _ slot: UnsafeMutablePointer<RegistrationSlot>
) {
  let name = slot.pointee.executor
  if name == .none {
    let context = UnsafeMutableRawPointer(bitPattern: handle.bits)
    let item = Delivery.Item(function: runRegistrationHere, context: context)
    if slot.pointee.isOwn { return Delivery.passOn(item) }
    return Delivery.call(item, slot.pointee.subject.is(.future) ? .completion : .cancel)
  }
  if let state = name.state, state.enqueue(Job(runRegistrationJob, handle), name, .inFlight) {
    return
  }
  runRegistration(handle, TENON_STATUS_CLOSED)
}

/// Where its event happened: tells the event.
private func runRegistrationHere(_ context: UnsafeMutableRawPointer?, _ size: Int) {
  runRegistration(Handle(bits: UInt(bitPattern: context)), TENON_STATUS_OK)
}

/// As a job: tells the event, or that the executor has closed.
func runRegistrationJob(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  runRegistration(Handle(bits: UInt(bitPattern: context)), status)
}

/// Tells a queued registration: its event if `status` is OK, else that.
@inline(__always) func runRegistration(_ handle: Handle, _ status: tenon_status_t) {
  let slot = RegistrationSlot.at(registrationTable.address(of: handle.index))
  guard slot.move(handle, from: .queued, to: .running) else {
    return meetForgotten(handle.index, slot)
  }
  // Not before it is won: whoever forgets it may be telling it, and forget it again from there.
  slot.pointee.runner.store(currentThread, ordering: .relaxed)
  let event = status == TENON_STATUS_OK ? tenon_status_t(slot.pointee.event) : status
  let subject = slot.pointee.subject
  let name = endPendingHere(slot.pointee.executor)
  if Recorder.keepsFutures {
    tellRecorded(slot, subject, event)
  } else {
    tell(
      slot.pointee.function.load(ordering: .relaxed),
      slot.pointee.context.load(ordering: .relaxed), subject, event)
  }
  freeRegistration(handle.index, slot)
  endWaiting(subject, name)
}

/// Calls the callback.
@inline(__always) private func tell(
  _ function: UInt, _ contextBits: UInt, _ subject: Handle, _ event: tenon_status_t
) {
  let context = UnsafeMutableRawPointer(bitPattern: contextBits)
  if subject.is(.future) {
    let hasFuture = event != TENON_STATUS_CLOSED && event != TENON_STATUS_FORGOTTEN
    unsafeBitCast(function, to: tenon_completion_fn.self)(
      context, event, hasFuture ? subject.pointer : nil)
  } else {
    unsafeBitCast(function, to: tenon_cancel_fn.self)(context, event)
  }
}

/// The same for those who look later.
@inline(never) private func tellRecorded(
  _ slot: UnsafeMutablePointer<RegistrationSlot>, _ subject: Handle, _ event: tenon_status_t
) {
  let function = slot.pointee.function.load(ordering: .relaxed)
  let context = slot.pointee.context.load(ordering: .relaxed)
  if slot.pointee.isOwn {
    if subject.is(.future) { Recorder.keep(tenon__inspect_task_resumes, subject.bits, context) }
    return tell(function, context, subject, event)
  }
  Recorder.keep(tenon__inspect_callback_begins, subject.bits, function)
  tell(function, context, subject, event)
  Recorder.keep(tenon__inspect_callback_ends, subject.bits, function)
}

/// On its executor's thread a callback that is being told is not pending any more. Returns for whom it still is.
@inline(__always) private func endPendingHere(_ name: ExecutorName) -> ExecutorName {
  guard name != .none, let state = name.state, state.isPolledHere else { return name }
  state.removePending(name)
  return .none
}

/// What a registration kept is let go of: its reader, and its executor's reason to stay alive.
@inline(__always) private func endWaiting(_ subject: Handle, _ name: ExecutorName) {
  if subject.is(.future) { _ = releaseFuture(subject) }
  if name != .none { name.state?.removePending(name) }
}

/// Removes a registration before its event, and tells it `status` on this thread (nil: nothing); or says why not: if it is
/// being told, after waiting for the end of that, or (PENDING) without.
func removeRegistration(
  _ handle: Handle, telling status: tenon_status_t?, waits: Bool = true
) -> tenon_status_t {
  guard let memory = registrationTable.find(handle, .registration) else {
    return SlotTable.refusal(handle)
  }
  let slot = RegistrationSlot.at(memory)
  while true {
    // Read before the state is changed, checked by the change.
    let function = slot.pointee.function.load(ordering: .relaxed)
    let context = slot.pointee.context.load(ordering: .relaxed)
    let (subject, name) = (slot.pointee.subject, slot.pointee.executor)
    let isListed: Bool
    switch slot.state(handle) {
    case .armed:
      guard let wasUnlinked = disarm(handle, slot, subject) else { continue }
      isListed = !wasUnlinked
    case .queued:
      guard slot.move(handle, from: .queued, to: .forgotten) else { continue }
      isListed = true
    case .running, .forgotten:
      return waits ? awaitEnd(of: handle, slot) : TENON_STATUS_PENDING
    case .free:
      return TENON_STATUS_STALE
    case nil:
      return SlotTable.refusal(handle, word: slot.pointee.head.word.load(ordering: .acquiring))
    }
    slot.pointee.runner.store(currentThread, ordering: .relaxed)
    let waiting = endPendingHere(name)
    if let status { tell(function, context, subject, status) }
    endForgotten(handle.index, slot, isListed: isListed)
    endWaiting(subject, waiting)
    return TENON_STATUS_OK
  }
}

/// Takes an armed registration out of its list. nil: it is not armed any more. False: its future has settled, and
/// whoever settled it frees the slot on meeting it.
private func disarm(
  _ handle: Handle, _ slot: UnsafeMutablePointer<RegistrationSlot>, _ subject: Handle
) -> Bool? {
  let isCompletion = subject.is(.future)
  if let memory = futureTable.find(subject, isCompletion ? .future : .promise),
    case let future = FutureSlot.at(memory),
    case .done(_, let locked) = future.transition({ $0.unlinking(subject) })
  {
    let won = slot.move(handle, from: .armed, to: .forgotten)
    if won {
      if isCompletion {
        RegistrationList.remove(handle.index, from: &future.content.pointee.completions)
      } else if slot.pointee.isLinked {
        RegistrationList.remove(handle.index, from: &future.content.pointee.cancels)
      }
    }
    let wasLinked = won && (isCompletion || slot.pointee.isLinked)
    future.publish(locked.unlocked)
    return won ? wasLinked : nil
  }
  return slot.move(handle, from: .armed, to: .forgotten) ? false : nil
}

/// Waits until a callback that runs elsewhere has returned, whatever it is told.
private func awaitEnd(of handle: Handle, _ slot: UnsafeMutablePointer<RegistrationSlot>)
  -> tenon_status_t
{
  var word = slot.pointee.head.word.load(ordering: .acquiring)
  // What was told may still be in a queue, and is this thread's doing.
  if slot.pointee.runner.load(ordering: .relaxed) == currentThread,
    handle.lives(in: word), word & RegistrationSlot.told == 0
  {
    return TENON_STATUS_PENDING
  }
  while handle.lives(in: word) {
    if word & RegistrationSlot.told != 0 { return TENON_STATUS_STALE }
    let (exchanged, original) = slot.pointee.head.word.compareExchange(
      expected: word, desired: word | RegistrationSlot.awaited, ordering: .acquiringAndReleasing)
    if exchanged { break }
    word = original
  }
  _ = forgetters.wait(until: .max) {
    let word = slot.pointee.head.word.load(ordering: .acquiring)
    return !handle.lives(in: word) || word & RegistrationSlot.told != 0
  }
  Handover.take(slot)
  return TENON_STATUS_SETTLED
}
