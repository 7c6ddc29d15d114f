import CTenon
import Synchronization

/// What producers do with an executor, from any thread.
extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Whether this very thread is polling it, and so owns it.
  @inline(__always) var isPolledHere: Bool {
    pointee.poller.load(ordering: .relaxed) == currentThread
  }

  /// Whether its jobs run on this very thread: it polls, or is one of the executor's own.
  @inline(__always) var runsHere: Bool { isPolledHere || pool?.isHere ?? false }

  /// Adds a job, after `accepted`; false: refused, and nothing has happened.
  @inline(__always) func enqueue(
    _ job: Job, _ name: ExecutorName, _ admission: ExecutorState.Admission,
    _ accepted: () -> Void = {}
  ) -> Bool {
    enqueueHere(job, name, admission, accepted)
      ?? enqueueFromElsewhere(job, name, admission, accepted)
  }

  /// The same on the thread that owns `own`; nil: this is another one.
  @inline(__always) func enqueueHere(
    _ job: Job, _ name: ExecutorName, _ admission: ExecutorState.Admission,
    _ accepted: () -> Void = {}
  ) -> Bool? {
    guard enter() else { return nil }
    defer { leave() }
    guard admits(admission, name) else { return false }
    if admission == .newWork && !own.pointee.ready.makeRoom() { return false }
    accepted()
    own.pointee.ready.append(job)
    return true
  }

  /// The same on any other.
  @inline(never) func enqueueFromElsewhere(
    _ job: Job, _ name: ExecutorName, _ admission: ExecutorState.Admission, _ accepted: () -> Void
  ) -> Bool {
    if let pool { return pool.enqueue(job, name, admission, accepted) }
    return enqueueToLoop(job, name, admission, accepted)
  }

  /// The same, of an executor without threads, outside of its polls.
  @inline(__always) func enqueueToLoop(
    _ job: Job, _ name: ExecutorName, _ admission: ExecutorState.Admission,
    _ accepted: () -> Void = {}
  ) -> Bool {
    pointee.mutex.lock()
    guard admits(admission, name) else {
      pointee.lateWakes.count()
      pointee.mutex.unlock()
      return false
    }
    if admission == .newWork && !shared.pointee.inbox.makeRoom() {
      pointee.mutex.unlock()
      return false
    }
    accepted()
    shared.pointee.inbox.append(job)
    noteAddition()
    unlockAndWakeLoop()
    return true
  }

  /// Adds a timer from outside of a poll, after `accepted`; false: refused, and nothing has happened.
  @inline(never) func enqueueTimer(
    _ index: UInt32, _ name: ExecutorName, _ admission: ExecutorState.Admission,
    _ accepted: () -> Void
  ) -> Bool {
    pointee.mutex.lock()
    guard admits(admission, name) else {
      pointee.lateWakes.count()
      pointee.mutex.unlock()
      return false
    }
    accepted()
    shared.pointee.timers.append(index)
    pointee.hasArrivedTimers.store(true, ordering: .relaxed)
    unlockAndWake()
    return true
  }

  /// Adds a Swift call, which a close finds in its queue, or in its driver. Refused it comes back, and nothing has happened.
  @inline(__always) func enqueue(_ call: consuming Call, _ name: ExecutorName) -> Call? {
    if enter() {
      defer { leave() }
      guard admits(.newWork, name), own.pointee.readyCalls.makeRoom() else { return call }
      pointee.pendingHere.change(by: 1)
      own.pointee.readyCalls.append(call)
      return nil
    }
    return enqueueFromElsewhere(call, name)
  }

  @inline(never) private func enqueueFromElsewhere(_ call: consuming Call, _ name: ExecutorName)
    -> Call?
  {
    pointee.mutex.lock()
    guard admits(.newWork, name), shared.pointee.calls.makeRoom() else {
      pointee.mutex.unlock()
      return call
    }
    shared.pointee.pendingElsewhere += 1
    shared.pointee.calls.append(call)
    noteAddition()
    // Calls of a pool go another way.
    unlockAndWakeLoop()
    return nil
  }

  /// Binds a promise, for a close to cancel. CLOSED: one has begun, and does not find it.
  @inline(__always) func bind(_ promise: Handle, _ name: ExecutorName) -> tenon_status_t {
    if isPolledHere {
      guard admits(.newWork, name) else { return TENON_STATUS_CLOSED }
      guard own.pointee.bound.makeRoom() else { return TENON_STATUS_NO_RESOURCES }
      own.pointee.bound.append(promise)
      return TENON_STATUS_OK
    }
    pointee.mutex.lock()
    defer { pointee.mutex.unlock() }
    guard admits(.newWork, name) else { return TENON_STATUS_CLOSED }
    guard shared.pointee.bound.makeRoom() else { return TENON_STATUS_NO_RESOURCES }
    shared.pointee.bound.add(promise)
    return TENON_STATUS_OK
  }

  /// Why new work was refused.
  func refusal(_ name: ExecutorName) -> tenon_status_t {
    isOpen(as: name) ? TENON_STATUS_NO_RESOURCES : TENON_STATUS_CLOSED
  }

  /// Binds a callback or a call, and counts it as pending; false: refused. nil: a wait, which a close finds in its list.
  @inline(__always) func addPending(_ handle: Handle?, _ name: ExecutorName) -> Bool {
    if isPolledHere {
      guard admits(.newWork, name), handle == nil || own.pointee.bound.makeRoom() else {
        return false
      }
      pointee.pendingHere.change(by: 1)
      if let handle { own.pointee.bound.append(handle) }
      return true
    }
    pointee.mutex.lock()
    guard admits(.newWork, name), handle == nil || shared.pointee.bound.makeRoom() else {
      pointee.mutex.unlock()
      return false
    }
    shared.pointee.pendingElsewhere += 1
    if let handle { shared.pointee.bound.add(handle) }
    if isFirstPendingForHost {
      // The loop lives for it from now on: on its own thread it is told at once, because it may look before it polls.
      if pointee.home.load(ordering: .relaxed) == currentThread {
        pointee.mutex.unlock()
        tellAlive()
      } else {
        unlockAndWake()
      }
    } else {
      pointee.mutex.unlock()
    }
    return true
  }

  private var isFirstPendingForHost: Bool {
    pointee.tellsAlive.load(ordering: .relaxed)
      && shared.pointee.pendingElsewhere + pointee.pendingHere.load(ordering: .relaxed) == 1
  }

  /// The loop must stay alive for what was just added: on its own thread it is told at once, because it may look
  /// before it polls.
  @inline(__always) func tellAlive() {
    if !pointee.tellsAlive.load(ordering: .relaxed)
      || pointee.toldAlive.load(ordering: .relaxed) || isPolledHere
      || pointee.home.load(ordering: .relaxed) != currentThread
    {
      return
    }
    tellAliveAtHome()
  }

  @inline(never) private func tellAliveAtHome() {
    guard pointee.poller.load(ordering: .relaxed) == 0 else { return }
    // Counted like a wake, because another thread may be closing.
    pointee.mutex.lock()
    guard pointee.phase.load(ordering: .relaxed) != .closed,
      let setAlive = source.pointee?.host?.set_alive,
      !pointee.toldAlive.exchange(true, ordering: .relaxed)
    else {
      pointee.mutex.unlock()
      return
    }
    let context = source.pointee?.hostContext
    shared.pointee.wakersInFlight += 1
    pointee.mutex.unlock()
    setAlive(context, true)
    pointee.mutex.withLock { shared.pointee.wakersInFlight -= 1 }
  }

  /// Undoes one `addPending`, or ends what `enqueue` of a call began.
  @inline(__always) func removePending(_ name: ExecutorName) {
    if isPolledHere {
      if isNamed(name) { pointee.pendingHere.change(by: -1) }
      return
    }
    pointee.mutex.lock()
    guard isNamed(name), pointee.phase.load(ordering: .relaxed) != .closed else {
      pointee.mutex.unlock()
      return
    }
    shared.pointee.pendingElsewhere -= 1
    if shared.pointee.pendingElsewhere + pointee.pendingHere.load(ordering: .relaxed) == 0 {
      // A poll has to look whether anything is left that keeps the loop alive.
      unlockAndWake()
    } else {
      pointee.mutex.unlock()
    }
  }

  /// Reads how the loop is reached, while the executor is open.
  func withOpenSource(
    _ name: ExecutorName, _ body: (borrowing WakeSource) -> tenon_status_t
  ) -> tenon_status_t {
    pointee.mutex.lock()
    defer { pointee.mutex.unlock() }
    guard isNamed(name), pointee.phase.load(ordering: .relaxed) != .closed,
      source.pointee != nil
    else { return TENON_STATUS_CLOSED }
    return body(source.pointee!)
  }

  /// Work, callbacks, timers and jobs that wait. Looks at each job.
  var pendingCount: Int {
    pointee.mutex.withLock {
      // What a poll has taken and not run is still waiting; other threads know of it when the poll ends.
      let poller = pointee.poller.load(ordering: .relaxed)
      if poller == 0 { evict() }
      let isOwn = poller == 0 || poller == currentThread
      return (isOwn ? own.pointee.ready.count { !$0.isCountedElsewhere } : 0)
        + (isOwn ? own.pointee.timers.count : pointee.timersPending.load(ordering: .relaxed))
        + pointee.pendingHere.load(ordering: .relaxed)
        + shared.pointee.pendingElsewhere + shared.pointee.timers.count
        + shared.pointee.inbox.count { !$0.isCountedElsewhere }
    }
  }

  /// Under the mutex, or in the poll.
  @inline(__always) func admits(_ admission: ExecutorState.Admission, _ name: ExecutorName) -> Bool
  {
    guard isNamed(name) else { return false }
    switch pointee.phase.load(ordering: .relaxed) {
    case .open: return true
    case .closing: return admission == .inFlight
    case .closed: return false
    }
  }

  /// The edge from idle to ready: the one producer that finds the loop asleep wakes it, without the mutex.
  @inline(__always) func unlockAndWake() {
    if let pool { return pool.unlockAndTell() }
    unlockAndWakeLoop()
  }

  @inline(__always) private func unlockAndWakeLoop() {
    shared.pointee.isAsked = true
    let wakes = shared.pointee.isSleeping
    if wakes {
      shared.pointee.isSleeping = false
      shared.pointee.wakersInFlight += 1
    }
    pointee.mutex.unlock()
    if wakes { wakeLoop() } else { tellAlive() }
  }

  /// From now on some loop watches the descriptor: it is readable if there is reason to poll already.
  func beWatched() {
    if isPolledHere { return }
    pointee.mutex.withLock {
      if !shared.pointee.isAsked {
        shared.pointee.isSleeping = true
      } else {
        shared.pointee.isSignalled = true
        source.pointee?.wakeDescriptor()
      }
    }
  }

  /// Calls the host, counted in `wakersInFlight`, so that a close waits until it has returned.
  @inline(never) func wakeLoop() {
    tellAlive()
    source.pointee?.wake()
    pointee.mutex.lock()
    pointee.wakes.count()
    shared.pointee.isSignalled = true
    shared.pointee.wakersInFlight -= 1
    pointee.mutex.unlock()
  }
}
