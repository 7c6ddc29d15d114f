import CTenon
import Synchronization

// Timers: registrations in the executor's wheel.

/// Arms a timer; or says why not.
@inline(__always) func startTimer(
  on state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, _ deadline: UInt64,
  _ function: UnsafeRawPointer, _ context: UnsafeMutableRawPointer?,
  _ admission: ExecutorState.Admission = .newWork,
  _ started: (Handle) -> Void
) -> tenon_status_t {
  guard let (index, memory) = registrationTable.take() else { return SlotTable.exhaustion() }
  let slot = RegistrationSlot.at(memory)
  let life = slot.fill(
    function: function, context: context, subject: UInt(deadline), executor: name, isTimer: true)
  let handle = Handle(.timer, index: index, word: life)
  if state.isPolledHere {
    guard state.admits(admission, name) else {
      freeRegistration(index, slot)
      return TENON_STATUS_CLOSED
    }
    slot.arm(life)
    started(handle)
    state.takeArrivedTimers()
    state.insertTimer(index)
    return TENON_STATUS_OK
  }
  let isAccepted =
    state.pool?.changeTimers(name, admission) {
      slot.arm(life)
      started(handle)
      state.insertTimer(index)
    }
    ?? state.enqueueTimer(index, name, admission) {
      slot.arm(life)
      started(handle)
    }
  if isAccepted { return TENON_STATUS_OK }
  freeRegistration(index, slot)
  return TENON_STATUS_CLOSED
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Puts a timer into the wheel.
  @inline(__always) fileprivate func insertTimer(_ index: UInt32) {
    pointee.timerCount.count()
    own.pointee.timers.insert(index, now: now)
    own.pointee.hasNewTimers = true
  }

  /// Puts those into the wheel that were armed elsewhere. Before one that is armed here, so that all are there in order of
  /// arming; in a poll.
  @inline(__always) func takeArrivedTimers() {
    if pointee.hasArrivedTimers.load(ordering: .relaxed) { insertArrivedTimers() }
  }

  @inline(never) private func insertArrivedTimers() {
    var index = pointee.mutex.withLock { removeArrivedTimers() }
    while index != 0 {
      // Also one that was cancelled meanwhile: whoever did takes it out again.
      let next = RegistrationSlot.at(index - 1).pointee.next
      insertTimer(index - 1)
      index = next
    }
  }

  /// Under the mutex. Returns the first.
  func removeArrivedTimers() -> UInt32 {
    defer { shared.pointee.timers = ArrivedTimers() }
    pointee.hasArrivedTimers.store(false, ordering: .relaxed)
    return shared.pointee.timers.first
  }

  /// Hands out the timers that are due. In a poll.
  @inline(__always) func advanceTimers() {
    takeArrivedTimers()
    if own.pointee.timers.count != 0 { advanceWheel() }
  }

  @inline(never) private func advanceWheel() {
    own.pointee.timers.advance(to: now) { index in
      let slot = RegistrationSlot.at(index)
      let word = slot.pointee.head.word.load(ordering: .relaxed)
      let handle = Handle(.timer, index: index, word: word)
      guard slot.move(handle, from: .armed, to: .queued) else { return }
      slot.pointee.event = TENON_STATUS_OK.rawValue
      own.pointee.ready.append(Job(runTimer, handle))
    }
  }
}

/// Tells timers that are queued, and linked to each other from the first one on: index + 1, or 0.
func tellTimers(_ first: UInt32, _ status: tenon_status_t) {
  var next = first
  while next != 0 {
    let index = next - 1
    let slot = RegistrationSlot.at(index)
    next = slot.pointee.next
    slot.pointee.event = status.rawValue
    let word = slot.pointee.head.word.load(ordering: .relaxed)
    let handle = Handle(.timer, index: index, word: word)
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
    let isAccepted =
      state.pool?.changeTimers(name, .inFlight) {
        removeTimer(state, handle.index, slot)
        state.own.pointee.ready.append(Job(runTimer, handle))
      } ?? state.enqueue(Job(removeAndRunTimer, handle), name, .inFlight)
    if isAccepted { return TENON_STATUS_OK }
  }
  // The executor closed at this moment. It tells the timers that it finds armed; this one was not.
  runTimer(UnsafeMutableRawPointer(bitPattern: handle.bits), TENON_STATUS_CLOSED)
  return TENON_STATUS_OK
}

@inline(__always) private func removeTimer(
  _ state: UnsafeMutablePointer<ExecutorState>, _ index: UInt32,
  _ slot: UnsafeMutablePointer<RegistrationSlot>
) {
  // It was armed, so it is in the wheel or on the way there, unless its time came meanwhile.
  state.takeArrivedTimers()
  if slot.pointee.isLinked { state.own.pointee.timers.remove(index) }
  slot.pointee.event = TENON_STATUS_CANCELLED.rawValue
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
