import Synchronization

/// Cancels the task of the driver that is in a call. A call that has not begun is found cancelled by its driver:
/// each side writes first and then reads what the other one writes, so one of the two sees it.
func cancelCall(_ promise: Handle, on executor: ExecutorName) {
  guard let state = executor.state else { return }
  state.pointee.mutex.lock()
  let driver =
    state.isNamed(executor)
    ? state.shared.pointee.drivers.first {
      $0.current.compareExchange(
        expected: promise.bits, desired: Driver.cancelled, ordering: .sequentiallyConsistent
      ).exchanged
    } : nil
  driver?.cancelledCall = promise
  // None yet: whoever makes the task cancels it.
  let task = driver?.task
  state.pointee.mutex.unlock()
  if let task { CancelInProgress.of(promise) { task.cancel() } }
}
