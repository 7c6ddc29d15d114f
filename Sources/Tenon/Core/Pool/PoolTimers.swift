import CTenon
import Synchronization

/// A pool's timers: in the wheel of its executor, under the mutex. One thread that has nothing to do, the keeper, sleeps until
/// the next one is due; while all have work, those that run many jobs look now and then.
extension UnsafeMutablePointer where Pointee == PoolState {
  /// Changes what is in the wheel; what that makes ready goes to the threads. False: refused.
  func changeTimers(
    _ name: ExecutorName, _ admission: ExecutorState.Admission, _ change: () -> Void
  ) -> Bool {
    executor.pointee.mutex.lock()
    guard executor.admits(admission, name) else {
      executor.pointee.mutex.unlock()
      return false
    }
    change()
    unlockAfterTimers()
    return true
  }

  /// Under the mutex, which is free afterwards.
  func unlockAfterTimers() {
    var isReady = false
    while let job = executor.own.pointee.ready.popFirst() {
      executor.shared.pointee.inbox.append(job)
      isReady = true
    }
    executor.pointee.timersPending.store(
      executor.own.pointee.timers.count, ordering: .relaxed)
    if isReady { noteInbox() }
    unlockAndNoteDeadline()
    if isReady { wakeIfUseful() }
  }
}
