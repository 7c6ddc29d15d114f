import CTenon
import Synchronization

/// Waiting on threads of a pool, and for a pool.
extension UnsafeMutablePointer where Pointee == Worker {
  /// Runs `body`, which may block this thread for long. Meanwhile another thread may take its place, so not all of them may do
  /// this at once: nil.
  func blocking<Result>(_ body: () -> Result) -> Result? {
    let pool = pointee.pool
    let executor = pool.executor
    executor.pointee.mutex.lock()
    guard pool.shared.pointee.waiting + 1 < pool.shape.pointee.threadsMax else {
      executor.pointee.mutex.unlock()
      return nil
    }
    pool.shared.pointee.waiting += 1
    executor.pointee.mutex.unlock()
    // What this thread has made ready is for others now.
    if pool.hasWork { pool.wakeIfUseful() }
    defer { executor.pointee.mutex.withLock { pool.shared.pointee.waiting -= 1 } }
    return body()
  }
}

extension ThreadPool {
  /// Sleeps until the future has settled; with nil, until nothing is pending.
  func runPool(until future: Handle?, deadline: UInt64) -> tenon_status_t {
    if let future, case let status = pollFuture(future), status != TENON_STATUS_PENDING {
      return status
    }
    guard !isInTask, !ThreadRecord.isPolling else {
      return TENON_STATUS_DEADLOCK
    }
    if let worker = Worker.current {
      // The job that asks is pending itself.
      if future == nil && pool.isHere { return TENON_STATUS_DEADLOCK }
      let wait = {
        worker.blocking { Delivery.whileWaiting { self.sleep(until: future, deadline: deadline) } }
      }
      return (future == nil ? pool.awaited(until: deadline, wait) ?? nil : wait())
        ?? TENON_STATUS_DEADLOCK
    }
    return Delivery.whileWaiting { sleep(until: future, deadline: deadline) }
  }

  private func sleep(until future: Handle?, deadline: UInt64) -> tenon_status_t {
    guard let seen = state.beginInterruptible(name) else { return TENON_STATUS_INTERRUPTED }
    guard let future else { return sleepUntilQuiet(deadline, seen) }
    return sleep(until: future, deadline, seen)
  }

  /// Sleeps until the future has settled, and does meanwhile what there is no thread for. CLOSED: nobody does that any more.
  func sleep(until future: Handle, _ deadline: UInt64, _ seen: UInt32) -> tenon_status_t {
    let (state, pool) = (state, pool)
    while true {
      attendForlorn()
      let next = pool.forlornDeadline
      let status = state.sleepBeside(name, future, min(deadline, next), seen) {
        state.pointee.phase.load(ordering: .relaxed) == .closed || pool.isForlorn
      }
      let isTimer = status == TENON_STATUS_TIMEOUT && next < deadline
      if status != TENON_STATUS_PENDING && !isTimer { return status }
      if state.pointee.phase.load(ordering: .relaxed) == .closed { return TENON_STATUS_CLOSED }
      if isTimer { meetDeadline() }
    }
  }

  /// Has a thread come for what waits for one, or runs it here: the system may have none to give.
  private func attendForlorn() {
    pool.bringIfForlorn()
    runForlorn()
  }

  private func sleepUntilQuiet(_ deadline: UInt64, _ seen: UInt32) -> tenon_status_t {
    state.pointee.mutex.withLock { pool.shared.pointee.quietWaiters += 1 }
    defer { state.pointee.mutex.withLock { pool.shared.pointee.quietWaiters -= 1 } }
    while true {
      attendForlorn()
      let next = pool.forlornDeadline
      let isOver = state.pointee.runners.wait(until: min(deadline, next)) {
        state.pointee.phase.load(ordering: .relaxed) == .closed
          || state.pointee.mutex.withLock { pool.isQuiet } || state.interruptions != seen
          || pool.isForlorn
      }
      if Fork.isChild { return TENON_STATUS_FORKED }
      if state.pointee.phase.load(ordering: .relaxed) == .closed { return TENON_STATUS_CLOSED }
      if state.pointee.mutex.withLock({ pool.isQuiet }) { return TENON_STATUS_OK }
      if state.wasInterrupted(name, since: seen) { return TENON_STATUS_INTERRUPTED }
      if !isOver {
        if next >= deadline { return TENON_STATUS_TIMEOUT }
        meetDeadline()
      }
    }
  }
}

extension UnsafeMutablePointer where Pointee == PoolState {
  /// When the next timer is due that no thread sleeps for, as there is none; else never.
  fileprivate var forlornDeadline: UInt64 {
    executor.pointee.mutex.withLock {
      shared.pointee.threads == 0 ? pointee.nextDeadline.load(ordering: .relaxed) : .max
    }
  }

  /// The system had no thread to give when there was work: it may have one now.
  func bringIfForlorn() {
    executor.pointee.mutex.lock()
    if executor.shared.pointee.inbox.isEmpty { return executor.pointee.mutex.unlock() }
    unlockAndWake()
  }
}
