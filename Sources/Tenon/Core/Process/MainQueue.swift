import CLinux
import CSwiftRuntime
import CTenon
import Dispatch
import Glibc

/// Dispatch's main queue, on which the main actor lives in the library mode. A host that drains it on its own loop needs no
/// `dispatchMain`. In the owned mode the primary loop drains it, if that is the first thread's.
enum MainQueue {
  // SAFETY: touched on the process's first thread only.
  nonisolated(unsafe) private static var isDraining = false

  static func descriptor() -> Result<Int32, StatusError> {
    if !tenon__is_first_thread() { return .failure(StatusError(TENON_STATUS_WRONG_THREAD)) }
    return .success(handle)
  }

  static func drain() -> tenon_status_t {
    if !tenon__is_first_thread() { return TENON_STATUS_WRONG_THREAD }
    if isDraining { return TENON_STATUS_BUSY }
    _ = clear()
    run()
    return TENON_STATUS_OK
  }

  /// The same if there is something to run, at the beginning of a poll.
  @Sendable static func drainInPoll() {
    if tenon__is_first_thread(), !isDraining, clear() { run() }
  }

  /// The descriptor is cleared first, so that work which comes later makes it readable again.
  private static func clear() -> Bool {
    var count: UInt64 = 0
    return read(handle, &count, 8) == 8
  }

  private static func run() {
    isDraining = true
    MainJobs.run { _dispatch_main_queue_callback_4CF(nil) }
    isDraining = false
  }

  /// Dispatch's, for as long as the process lives.
  private static var handle: Int32 {
    Int32(truncatingIfNeeded: _dispatch_get_main_queue_handle_4CF())
  }
}

extension LoopExecutor {
  /// Runs what Dispatch's main queue has, too, if this is the first thread's loop. On the loop's thread.
  ///
  /// Without a host the loop wakes for it. A host watches the descriptor by itself.
  func runMainQueue() {
    guard case .success(let descriptor) = MainQueue.descriptor() else { return }
    state.own.pointee.drainMainQueue = MainQueue.drainInPoll
    let isHosted = state.source.pointee?.host != nil
    if !isHosted {
      state.source.pointee?.watch(descriptor, deadline: state.own.pointee.armedDeadline)
    }
  }
}
