/// The descriptors that an executor's futures wait for, as those below see them: a thread that waits for the executor sleeps on
/// them, each poll begins with a look at them, and a close cancels those waits.
///
/// A class, so that a poll may borrow one without counting: the executor keeps it until nobody polls or sleeps any more.
// SAFETY: it has nothing of its own.
class WatchedDescriptors: @unchecked Sendable {
  /// Tells what is ready. In the poll.
  func look() {}
  /// Sleeps until one is ready, or what else is in the set, or until the deadline; or for no reason. What it finds is for the
  /// next poll.
  func sleep(until deadline: UInt64) {}
  /// Makes what a sleep has found, and no poll has looked at, ready again.
  func giveBack() {}
  /// Ends the wait of a promise, as cancelled; nothing if it has been told. Any thread.
  func cancel(_ promise: Handle) {}
  /// Ends all waits, as cancelled because the executor closes. In the poll.
  func cancelForClose() {}
}
