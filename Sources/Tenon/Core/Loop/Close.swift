import CTenon
import Synchronization

/// The end of an executor: refuse, cancel, drain, tell; then nothing of it runs ever again.
extension LoopExecutor {
  /// Refuses new work from now on, and cancels what is in flight; and finishes it if nobody is left who could. False: somebody
  /// began before. `waits`: whoever calls this waits for the end then, no longer than until the deadline.
  func beginClose(until deadline: UInt64, waits: Bool = false) -> Bool {
    state.pointee.mutex.lock()
    guard state.isOpen(as: name) else {
      state.pointee.mutex.unlock()
      return false
    }
    if state.pointee.poller.load(ordering: .relaxed) == 0 { state.evict() }
    state.pointee.phase.store(.closing, ordering: .relaxed)
    state.shared.pointee.closeDeadline = deadline
    state.shared.pointee.cancelling = .now
    state.shared.pointee.canceller = currentThread
    state.pointee.mutex.unlock()
    // All of them are cancelled before anybody is told here: a callback may ask for any, and may poll.
    Delivery.passOn { cancelBound() }
    // Not before: a poll on another thread could end the close before the work knows of it.
    state.pointee.mutex.lock()
    // A callback that polled may have ended it.
    guard state.pointee.phase.load(ordering: .relaxed) == .closing else {
      state.pointee.mutex.unlock()
      return true
    }
    state.shared.pointee.cancelling = .done
    let isUnattended = state.shared.pointee.isUnattended
    state.unlockAndWake()
    if let threads = threadPool {
      threads.attendClose()
      // After the last handle jobs end when they end.
      if !waits && !isUnattended { threads.keepCloseDeadline() }
      return true
    }
    // The last handle went meanwhile, and whoever polled then could not end the close before this.
    if isUnattended { state.letGo(.passRetained(self)) }
    return true
  }

  /// Cancels the promises that are bound here, outside of the mutex: so some at a time.
  private func cancelBound() {
    cancelForClose { cancel in
      forEachRunningCall(cancel)
      var offset = 0
      while case let handles = state.pointee.mutex.withLock({
        // What this very thread has bound in its poll.
        if state.isPolledHere { _ = state.moveBound() }
        return state.shared.pointee.bound.some(from: offset)
      }), !handles.isEmpty {
        for handle in handles where handle.is(.promise) { cancel(handle) }
        offset += handles.count
      }
    }
  }

  /// Calls `body` with each call that is in a driver, outside of the mutex. One that begins later finds the close: see
  /// `begin(_:in:)`.
  private func forEachRunningCall(_ body: (Handle) -> Void) {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    var place = 0
    while let calls = state.pointee.mutex.withLock({
      state.shared.pointee.drivers.calls(from: place)
    }) {
      calls.forEach(body)
      place += DriverTable.some
    }
  }

  /// In the poll: cancels what was bound in it while another thread began to close.
  func cancelLateComers() {
    state.pointee.mutex.withLock { _ = state.moveBound() }
    guard !state.own.pointee.uncancelled.isEmpty else { return }
    cancelForClose { cancel in
      Delivery.passOn {
        while let promise = state.own.pointee.uncancelled.popFirst() { cancel(promise) }
      }
    }
  }

  /// Closes, and polls until all work has ended or the deadline has come.
  func close(until deadline: UInt64) -> tenon_status_t {
    if let threads = threadPool { return threads.closePool(until: deadline) }
    if state.isPolledHere {
      return beginClose(until: deadline) ? TENON_STATUS_PENDING : TENON_STATUS_CLOSED
    }
    if state.pointee.poller.load(ordering: .relaxed) != 0 { return TENON_STATUS_BUSY }
    guard beginClose(until: deadline) else { return TENON_STATUS_CLOSED }
    while true {
      var result = PollResult()
      let now = state.now
      let isTimed = deadline != .max && deadline > now
      let status = poll(PollBudget(time: isTimed ? deadline - now : 0), &result)
      if status == TENON_STATUS_FORKED { return status }
      if status == TENON_STATUS_CLOSED || result.closed {
        return wasCutShort ? TENON_STATUS_TIMEOUT : TENON_STATUS_OK
      }
      // Somebody began to poll just now, and ends it.
      if status != TENON_STATUS_OK { return TENON_STATUS_PENDING }
      if result.more { continue }
      guard state.waitForWork(name, until: min(deadline, result.deadline), after: result) else {
        return TENON_STATUS_PENDING
      }
    }
  }

  /// The last handle is gone: begins to close, if nobody has, and gives it no time.
  func closeUnattended() {
    state.pointee.mutex.withLock {
      if state.isNamed(name) {
        state.shared.pointee.isUnattended = true
        state.shared.pointee.closedSource = nil
      }
    }
    if beginClose(until: 0) { return }
    // Nobody is left who would give more time to one that was begun.
    state.pointee.mutex.withLock {
      if state.isNamed(name) { state.shared.pointee.closeDeadline = 0 }
    }
  }

  /// Polls until it is closed, unless that is somebody else's turn.
  func finishUnattended() {
    if let threads = threadPool { return threads.attendClose() }
    if state.isPolledHere { return }
    // Whoever is cancelling what is in flight goes on when that is done; this may be a callback of it.
    if state.pointee.mutex.withLock({ state.shared.pointee.cancelling }) == .now { return }
    // If another thread polls, its poll does not end before it has seen the close.
    var result = PollResult()
    while poll(PollBudget(), &result) == TENON_STATUS_OK && !result.closed {}
  }

  /// In a poll that has nothing to run, after `beginClose`: goes on with the close. True: there may be something to run now.
  func continueClose() -> Bool {
    if !state.own.pointee.idleDrivers.isEmpty {
      retireDrivers()
      return true
    }
    let (cancelling, hasWork, deadline) = state.pointee.mutex.withLock {
      var cancelling = state.shared.pointee.cancelling
      // A callback of the close polls, and all others have been told.
      if cancelling == .now && state.shared.pointee.canceller == currentThread {
        cancelling = .done
      }
      if cancelling == .done { state.shared.pointee.cancelling = .no }
      let hasWork = !state.shared.pointee.drivers.isEmpty || state.hasArrivals
      return (cancelling, hasWork, state.shared.pointee.closeDeadline)
    }
    switch cancelling {
    case .now: return false  // The loop is woken when that is done.
    case .done: return true  // However little time there is, what was cancelled hears of it.
    case .no: break
    }
    if hasWork && state.now < deadline { return false }
    finishClose(cutShort: hasWork)
    return false
  }

  /// At the end of a poll that left work, after so many jobs: work that goes on for ever, such as a task that ignores its
  /// cancellation and yields, must not hold up a close whose time is over. What is ready then still runs; what that
  /// makes ready does not.
  func cutCloseShort(after jobs: UInt64) {
    guard state.isClosing, state.now >= closeDeadline else { return }
    if let left = state.own.pointee.jobsOverdue {
      state.own.pointee.jobsOverdue = left - min(left, jobs)
      if left <= jobs { finishClose(cutShort: true) }
    } else {
      retireDrivers()
      let ready =
        state.own.pointee.ready.count + state.own.pointee.readyCalls.count
        + state.pointee.mutex.withLock {
          state.shared.pointee.inbox.count + state.shared.pointee.calls.count
        }
      state.own.pointee.jobsOverdue = UInt64(max(ready, 1))
    }
  }

  /// When the loop must look at a close that waits.
  @inline(__always) var closeDeadline: UInt64 { state.isClosing ? deadlineOfClose : .max }

  @inline(never) private var deadlineOfClose: UInt64 {
    state.pointee.mutex.withLock { state.shared.pointee.closeDeadline }
  }

  /// Under the mutex, because another thread may have finished the close.
  private var wasCutShort: Bool { state.pointee.mutex.withLock { state.own.pointee.wasCutShort } }

  /// Nothing more comes in; whoever still waits is told so.
  func finishClose(cutShort: Bool) {
    // Out of the wheel before the phase changes: whoever cancels a timer later may free its slot.
    state.pointee.mutex.lock()
    let timers = state.removeTimers()
    state.pointee.phase.store(.closed, ordering: .relaxed)
    state.own.pointee.wasCutShort = cutShort
    _ = state.moveBound()
    var bound = state.shared.pointee.bound.takeAll()
    state.pointee.mutex.unlock()
    // The phase, and then the callbacks: see `confirm`, which does it the other way round.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    state.awaitWakers()
    state.awaitSleepers()
    tellTimers(timers.first, TENON_STATUS_CLOSED)
    tellJobs()
    forEachRunningCall { rejectCall($0) }
    while let handle = bound.popFirst() { tellClosed(handle) }
    state.pointee.pendingHere.store(0, ordering: .relaxed)
    state.pointee.timersPending.store(0, ordering: .relaxed)
    let whenClosed: (@Sendable () -> Void)? = state.pointee.mutex.withLock {
      if cutShort { state.shared.pointee.leftBehind = state.namesInFlight }
      state.shared.pointee.drivers.removeAll()
      state.shared.pointee.pendingElsewhere = 0
      return state.shared.pointee.whenClosed.take()
    }
    whenClosed?()
    leaveConcurrentPool()
    if !cutShort { leave() }
    let host = state.source.pointee?.host
    let context = state.source.pointee?.hostContext
    state.retireSource()
    host?.closed?(context, cutShort ? TENON_STATUS_TIMEOUT : TENON_STATUS_OK)
    // Not before: a host may watch their set until it is told.
    state.own.pointee.beforeJobs = nil
    state.own.pointee.descriptors = nil
    let descriptors = state.pointee.mutex.withLock { state.shared.pointee.descriptors.take() }
    withExtendedLifetime(descriptors) {}
  }

  private func tellJobs() {
    while true {
      guard let job = state.own.pointee.ready.popFirst()
      else {
        let arrived = state.takeInbox()
        while let call = state.own.pointee.readyCalls.popFirst() { rejectCall(call.promise) }
        if arrived { continue }
        return
      }
      if let function = job.function {
        function(job.context, TENON_STATUS_CLOSED)
      } else {
        state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
      }
    }
  }

  /// Tells a callback that waits, or ends a call, and nothing else.
  private func tellClosed(_ handle: Handle) {
    if handle.is(.registration) {
      // One that is not armed yet is taken back by whoever arms it: see `confirm`.
      if RegistrationSlot.at(handle.index).state(handle) == .armed {
        _ = removeRegistration(handle, telling: TENON_STATUS_CLOSED)
      }
    } else {
      rejectCall(handle)
    }
  }

  private func rejectCall(_ promise: Handle) {
    guard isPendingCall(promise) else { return }
    _ = settle(promise, as: .rejected, .status(TENON_STATUS_CLOSED))
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// The same for those that sleep, after waking them: nobody clears the source any more.
  fileprivate func awaitSleepers() {
    var backoff = Backoff()
    repeat {
      if pointee.mutex.withLock({ shared.pointee.sleepers }) == 0 { return }
      source.pointee?.wake()
    } while backoff.pause()
  }

  /// After the phase is closed no producer begins to wake; this waits for those that have begun.
  fileprivate func awaitWakers() {
    var backoff = Backoff()
    while pointee.mutex.withLock({ shared.pointee.wakersInFlight }) != 0 && backoff.pause() {}
    awaitInterrupters()
  }

  /// Nothing wakes the loop any more. A descriptor stays open for as long as there are handles: otherwise a loop that takes it
  /// out would take out what has got its number meanwhile.
  fileprivate func retireSource() {
    pointee.mutex.withLock {
      var closed: WakeSource?
      swap(&closed, &source.pointee)
      if closed?.finish() == true, !shared.pointee.isUnattended {
        shared.pointee.closedSource = consume closed
      }
    }
  }

  /// In the poll and under the mutex: empties the wheel, and what has arrived for it. Returns those that nobody else tells, linked
  /// to each other.
  fileprivate func removeTimers() -> ArrivedTimers {
    var timers = ArrivedTimers()
    func take(_ index: UInt32) {
      let slot = RegistrationSlot.at(index)
      let word = slot.pointee.head.word.load(ordering: .relaxed)
      if slot.move(Handle(.timer, index: index, word: word), from: .armed, to: .queued) {
        timers.append(index)
      }
    }
    own.pointee.timers.removeAll(take)
    var arrived = removeArrivedTimers()
    while arrived != 0 {
      let index = arrived - 1
      arrived = RegistrationSlot.at(index).pointee.next
      take(index)
    }
    return timers
  }
}
