import CTenon
import Synchronization

/// Whose turn it is to poll, and what a poll takes over from producers.
extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Makes this thread the one that polls; by a handle, only if there is one still.
  @inline(__always) func beginPoll(_ name: ExecutorName, isLent: Bool) -> tenon_status_t {
    if pointee.poller.load(ordering: .relaxed) != 0 { return refusalOfPoll }
    pointee.mutex.lock()
    // Whoever comes with an old handle must not for a moment keep those from it whose executor is here now.
    guard isNamed(name), pointee.phase.load(ordering: .relaxed) != .closed,
      !(isLent && shared.pointee.isUnattended)
    else {
      pointee.mutex.unlock()
      return TENON_STATUS_CLOSED
    }
    guard pointee.poller.load(ordering: .relaxed) == 0 else {
      pointee.mutex.unlock()
      return refusalOfPoll
    }
    pointee.poller.store(currentThread, ordering: .relaxed)
    pointee.home.store(currentThread, ordering: .relaxed)
    // From here on a producer need not wake anybody: what it adds is seen before this poll ends.
    shared.pointee.isSleeping = false
    // A wake that somebody sleeps for stays until he has seen it. One whose producer has not come back to say so counts:
    // a loop would find its descriptor readable for as long as that one is kept from its processor.
    let clears =
      (shared.pointee.isSignalled || shared.pointee.wakersInFlight != 0)
      && shared.pointee.sleepers == 0
    if clears { shared.pointee.isSignalled = false }
    evict()
    let clearsInterruption = shared.pointee.sleepers == 0 && takeWakeOfInterruption()
    moveArrivals()
    pointee.mutex.unlock()
    if (clears || clearsInterruption) && source.pointee?.host == nil { source.pointee?.clear() }
    return TENON_STATUS_OK
  }

  private var refusalOfPoll: tenon_status_t {
    if pointee.phase.load(ordering: .relaxed) == .closed { return TENON_STATUS_CLOSED }
    return pool == nil ? TENON_STATUS_BUSY : TENON_STATUS_UNSUPPORTED
  }

  /// Under the mutex, which this frees: nobody polls any more.
  @inline(__always) func endPoll(wakes: Bool) {
    pointee.poller.store(0, ordering: .releasing)
    let left = shared.pointee.left
    if _slowPath(left != nil) { shared.pointee.left = nil }
    if wakes { unlockAndWake() } else { pointee.mutex.unlock() }
    if let left { letGo(.fromOpaque(left)) }
  }

  /// Lets go of the object after the last handle, when it is closed. Whoever polls by a handle has no reference, and goes on with
  /// this one.
  @inline(never) func letGo(_ object: Unmanaged<LoopExecutor>) {
    while true {
      object._withUnsafeGuaranteedRef { $0.finishUnattended() }
      pointee.mutex.lock()
      if pool == nil && pointee.poller.load(ordering: .relaxed) != 0 {
        // He does the same when he ends, with one reference.
        let isFirst = shared.pointee.left == nil
        if isFirst { shared.pointee.left = object.toOpaque() }
        pointee.mutex.unlock()
        return isFirst ? () : object.release()
      }
      // Whoever is cancelling has a reference of his own, and ends the close.
      let isOver =
        pool != nil || pointee.phase.load(ordering: .relaxed) != .closing
        || shared.pointee.cancelling == .now
      pointee.mutex.unlock()
      if isOver { return object.release() }
    }
  }

  /// A job turns the loop that polls this: until it has returned there is nothing to poll for, and a timer that came due would
  /// have that loop turn in a circle. The poll that is running sets it again when it ends.
  func silenceDescriptor() {
    guard source.pointee?.host == nil, own.pointee.armedDeadline != .max else { return }
    own.pointee.armedDeadline = .max
    source.pointee?.setTimer(.max)
  }

  /// Whether producers have added something. Under the mutex.
  var hasArrivals: Bool {
    !shared.pointee.inbox.isEmpty || !shared.pointee.calls.isEmpty
      || shared.pointee.timers.count != 0
  }

  @inline(__always) var isClosing: Bool { pointee.phase.load(ordering: .relaxed) == .closing }

  /// Whether something is pending that the loop must live for. In the poll and under the mutex.
  @inline(__always) var isAlive: Bool {
    pointee.pendingHere.load(ordering: .relaxed) + shared.pointee.pendingElsewhere != 0
      || (own.pointee.timers.count != 0 && isAnyTimerWanted) || isClosing
  }

  private var isAnyTimerWanted: Bool {
    own.pointee.timers.count > shared.pointee.alarms.count
      || shared.pointee.alarms.isAnybodyAsleep()
  }

  /// Takes all that producers have added but timers, which the next look at those takes; false: nothing.
  @discardableResult
  func takeInbox() -> Bool {
    pointee.mutex.lock()
    let hasTaken = hasArrivals
    moveArrivals()
    pointee.mutex.unlock()
    return hasTaken
  }

  /// In the poll and under the mutex: what was bound in it is found by all from now on. True: some of that is to be
  /// cancelled, because a close that has begun could not find it.
  @inline(__always) func moveBound() -> Bool {
    if !own.pointee.bound.isEmpty { moveAllBound() }
    return !own.pointee.uncancelled.isEmpty
  }

  @inline(never) private func moveAllBound() {
    let isOpen = pointee.phase.load(ordering: .relaxed) == .open
    while !own.pointee.bound.isEmpty {
      // Without memory they stay where they are until the next look.
      if isOpen && !shared.pointee.bound.makeRoom() { return }
      let handle = own.pointee.bound.popFirst().unsafelyUnwrapped
      if isOpen {
        shared.pointee.bound.add(handle)
      } else {
        shared.pointee.bound.append(handle)
        if handle.is(.promise) { own.pointee.uncancelled.append(handle) }
      }
    }
  }

  /// Under the mutex, by who owns `own`.
  @inline(__always) func moveArrivals() {
    if !own.pointee.bound.isEmpty { moveAllBound() }
    if !shared.pointee.inbox.isEmpty {
      own.pointee.ready.take(allOf: &shared.pointee.inbox)
    }
    if !shared.pointee.calls.isEmpty {
      own.pointee.readyCalls.take(allOf: &shared.pointee.calls)
    }
  }
}
