import CTenon
import Synchronization

// Timers: registrations in the executor's wheel.

/// Arms a timer; or says why not.
@inline(__always) func startTimer(
  on state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, _ deadline: UInt64,
  _ function: UnsafeRawPointer, _ context: UnsafeMutableRawPointer?, _ started: (Handle) -> Void
) -> tenon_status_t {
  guard let (index, memory) = registrationTable.take() else { return SlotTable.exhaustion() }
  let slot = RegistrationSlot.at(memory)
  let life = slot.fill(
    function: function, context: context, subject: UInt(deadline), executor: name, isTimer: true)
  let handle = Handle(.timer, index: index, word: life)
  if state.isPolledHere {
    guard state.isNamed(name), state.pointee.phase.load(ordering: .relaxed) == .open
    else {
      freeRegistration(index, slot)
      return TENON_STATUS_CLOSED
    }
    slot.arm(life)
    started(handle)
    state.insertTimer(handle)
    return TENON_STATUS_OK
  }
  let isAccepted = state.enqueue(Job(insertTimer, handle), name, .newWork) {
    slot.arm(life)
    started(handle)
  }
  if isAccepted { return TENON_STATUS_OK }
  freeRegistration(index, slot)
  return TENON_STATUS_CLOSED
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Puts an armed timer into the wheel; one that is due by the wheel's time is run soon.
  @inline(__always) fileprivate func insertTimer(_ handle: Handle) {
    pointee.timerCount.count()
    if own.pointee.timers.insert(handle.index, now: now) {
      own.pointee.hasNewTimers = true
    } else if RegistrationSlot.at(handle.index).move(handle, from: .armed, to: .queued) {
      RegistrationSlot.at(handle.index).pointee.event = TENON_STATUS_OK.rawValue
      own.pointee.ready.append(Job(runTimer, handle))
    }
  }
}

extension LoopExecutor {
  /// Hands out the timers that are due.
  func advanceTimers() {
    if state.own.pointee.timers.count == 0 { return }
    state.own.pointee.timers.advance(to: state.now) { index in
      let slot = RegistrationSlot.at(index)
      let word = slot.pointee.head.word.load(ordering: .relaxed)
      let handle = Handle(.timer, index: index, word: word)
      guard slot.move(handle, from: .armed, to: .queued) else { return }
      slot.pointee.event = TENON_STATUS_OK.rawValue
      state.own.pointee.ready.append(Job(runTimer, handle))
    }
  }

  func nextDeadline() -> UInt64 {
    min(state.own.pointee.timers.nextDeadline ?? .max, closeDeadline)
  }

  /// Tells a timer that is in no list any more, unless somebody else does.
  func tellTimer(_ handle: Handle, _ status: tenon_status_t) {
    let slot = RegistrationSlot.at(registrationTable.address(of: handle.index))
    guard slot.move(handle, from: .armed, to: .queued) else { return }
    slot.pointee.event = status.rawValue
    runTimer(UnsafeMutableRawPointer(bitPattern: handle.bits), TENON_STATUS_OK)
  }
}

/// Cancels a timer, from any thread.
@inline(__always) func cancelTimer(_ handle: Handle) -> tenon_status_t {
  guard let memory = registrationTable.find(handle, .timer) else {
    return SlotTable.refusal(handle)
  }
  let slot = RegistrationSlot.at(memory)
  let name = slot.pointee.executor
  guard slot.move(handle, from: .armed, to: .queued) else {
    let word = slot.pointee.head.word.load(ordering: .acquiring)
    guard handle.lives(in: word) else { return SlotTable.refusal(handle, word: word) }
    return TENON_STATUS_SETTLED
  }
  if let state = name.state {
    if state.isPolledHere {
      removeTimer(state, handle.index, slot)
      state.own.pointee.ready.append(Job(runTimer, handle))
      return TENON_STATUS_OK
    }
    if state.enqueue(Job(removeAndRunTimer, handle), name, .inFlight) { return TENON_STATUS_OK }
  }
  // The executor closed at this moment. It tells the timers that it finds armed; this one was not.
  runTimer(UnsafeMutableRawPointer(bitPattern: handle.bits), TENON_STATUS_CLOSED)
  return TENON_STATUS_OK
}

@inline(__always) private func removeTimer(
  _ state: UnsafeMutablePointer<ExecutorState>, _ index: UInt32,
  _ slot: UnsafeMutablePointer<RegistrationSlot>
) {
  if slot.pointee.isLinked { state.own.pointee.timers.remove(index) }
  slot.pointee.event = TENON_STATUS_CANCELLED.rawValue
}

/// As a job: a timer that was armed outside of the poll.
private func insertTimer(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let handle = Handle(bits: UInt(bitPattern: context))
  let slot = RegistrationSlot.at(registrationTable.address(of: handle.index))
  guard let state = slot.pointee.executor.state else { return }
  // Plumbing is no job.
  if status == TENON_STATUS_OK { state.own.pointee.budget &+= 1 }
  // It may have been cancelled in the meantime, and even told.
  guard slot.state(handle) == .armed else { return }
  if status == TENON_STATUS_OK {
    state.insertTimer(handle)
  } else if slot.move(handle, from: .armed, to: .queued) {
    slot.pointee.event = status.rawValue
    runTimer(context, TENON_STATUS_OK)
  }
}

/// As a job: a timer that was cancelled outside of the poll.
private func removeAndRunTimer(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let handle = Handle(bits: UInt(bitPattern: context))
  let slot = RegistrationSlot.at(registrationTable.address(of: handle.index))
  if let state = slot.pointee.executor.state { removeTimer(state, handle.index, slot) }
  runTimer(context, status)
}

/// As a job: tells a timer that is queued.
private func runTimer(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let handle = Handle(bits: UInt(bitPattern: context))
  let slot = RegistrationSlot.at(registrationTable.address(of: handle.index))
  let event = status == TENON_STATUS_OK ? tenon_status_t(slot.pointee.event) : status
  unsafeBitCast(slot.pointee.function.load(ordering: .relaxed), to: tenon_timer_fn.self)(
    UnsafeMutableRawPointer(bitPattern: slot.pointee.context.load(ordering: .relaxed)), event)
  // Not before the callback has returned: until then it is being told.
  freeRegistration(handle.index, slot)
}

/// A job that waits for a time.
private final class Alarm: @unchecked Sendable {
  // SAFETY: written once, read in the poll.
  let job: Job
  let executor: LoopExecutor

  init(_ job: Job, _ executor: LoopExecutor) {
    self.job = job
    self.executor = executor
  }
}

extension LoopExecutor {
  /// Enqueues a job when some time has passed; false: closed.
  func wake(_ job: Job, after delay: UInt64) -> Bool {
    let alarm = Unmanaged.passRetained(Alarm(job, self))
    let ring: tenon_timer_fn = { context, status in
      let alarm = Unmanaged<Alarm>.fromOpaque(context!).takeRetainedValue()
      let executor = alarm.executor
      if status == TENON_STATUS_CLOSED
        || !executor.state.enqueue(alarm.job, executor.name, .inFlight)
      {
        executor.state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
      }
    }
    let function = unsafeBitCast(ring, to: UnsafeRawPointer.self)
    let status = startTimer(
      on: state, name, state.deadline(after: delay), function, alarm.toOpaque()
    ) { _ in }
    if status == TENON_STATUS_OK { return true }
    alarm.release()
    return false
  }
}
