import Synchronization

/// Cancels the task of the driver that is in a call. A call that has not begun is found cancelled by its driver:
/// each side writes first and then reads what the other one writes, so one of the two sees it.
func cancelCall(_ promise: Handle, on executor: ExecutorName) {
  guard let state = executor.state, let slot = findFuture(promise, .promise) else { return }
  atomicMemoryFence(ordering: .sequentiallyConsistent)
  state.pointee.mutex.lock()
  // Whoever is in that place by now, or was before: if it is not in this call, the exchange fails.
  guard state.isNamed(executor), let place = slot.producer,
    let driver = state.shared.pointee.drivers[place],
    driver.current.compareExchange(
      expected: promise.bits, desired: Driver.cancelled, ordering: .sequentiallyConsistent
    ).exchanged
  else { return state.pointee.mutex.unlock() }
  driver.cancelledCall = promise
  // None yet: whoever makes the task cancels it.
  let task = driver.task
  state.pointee.mutex.unlock()
  if let task { state.cancelTask(task, of: driver, for: promise) }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Cancels the task of a driver, which is in that call. Cancellation handlers run here, and may cancel the calls that
  /// it awaits: those wait until this one has been told, so that a chain of a million calls needs the stack of one.
  func cancelTask(_ task: Task<Void, Never>, of driver: Driver, for promise: Handle) {
    CancelledCalls.add(task, promise)
    CancelInProgress.run(promise, task, driver)
    // The driver may have ended before it was added.
    let isThere = pointee.mutex.withLock { shared.pointee.drivers[driver.place] === driver }
    if !isThere { CancelledCalls.remove(task) }
  }
}
