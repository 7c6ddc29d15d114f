import Synchronization

/// A long-lived Swift task that runs one call after another: making a task for each would cost thirty times as
/// much as most calls do.
///
/// `current` belongs to all, `task` to whoever holds the executor's mutex, the rest to the polling thread.
// SAFETY: see above.
final class Driver: @unchecked Sendable {
  /// The promise of the call that it is in, or 0; or `cancelled`, and then it takes no further call.
  let current = Atomic<UInt>(0)
  static let cancelled: UInt = 1

  /// Whether it may go on with another call.
  let takesMany: Bool
  /// The call that it was cancelled for. Under the executor's mutex.
  var cancelledCall: Handle?
  init(takesMany: Bool) { self.takesMany = takesMany }

  var task: Task<Void, Never>?
  /// Where it is parked. Resumed with true it looks for calls, with false it ends.
  var parked: UnsafeContinuation<Bool, Never>?
}
