import Synchronization

/// A long-lived Swift task that runs one call after another: making a task for each would cost thirty times as
/// much as most calls do.
///
/// All but `current` and `task` belong to the polling thread.
// SAFETY: see above; `task` is written once, before the driver is in any list.
final class Driver: @unchecked Sendable {
  /// The promise of the call that it is in, or 0; or `cancelled`, and then it takes no further call.
  let current = Atomic<UInt>(0)
  static let cancelled: UInt = 1

  var task: Task<Void, Never>?
  /// Where it is parked. Resumed with true it looks for calls, with false it ends.
  var parked: UnsafeContinuation<Bool, Never>?
}
