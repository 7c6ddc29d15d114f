import CLinux
import CSwiftRuntime
import CTenon
import CTenonImage
import Dispatch
import Glibc

/// Dispatch's main queue, on which the main actor lives in the library mode. A host that drains it on its own loop needs no
/// `dispatchMain`. In the owned mode the primary loop drains it, if that is the first thread's.
enum MainQueue {
  // SAFETY: touched on the process's first thread only.
  nonisolated(unsafe) private static var isDraining = false
  nonisolated(unsafe) private static var hadHandle = false

  static func descriptor() -> Result<Int32, StatusError> {
    if !tenon__is_first_thread() { return .failure(StatusError(TENON_STATUS_WRONG_THREAD)) }
    if !hasHandle { return .failure(StatusError(TENON_STATUS_NO_RESOURCES)) }
    return .success(handle)
  }

  static func drain() -> tenon_status_t {
    if !tenon__is_first_thread() { return TENON_STATUS_WRONG_THREAD }
    if isDraining { return TENON_STATUS_BUSY }
    if !hasHandle { return TENON_STATUS_NO_RESOURCES }
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

  /// Whether there is one, or can be.
  private static var hasHandle: Bool {
    if hadHandle { return true }
    guard tenon__keep_event() else { return false }
    _ = handle
    hadHandle = true
    return true
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
  /// False: no descriptor was to be had for that.
  func runMainQueue() -> Bool {
    switch MainQueue.descriptor() {
    case .failure(let error): return error.status != TENON_STATUS_NO_RESOURCES
    case .success(let descriptor):
      let isHosted = state.source.pointee?.host != nil
      if !isHosted && state.source.pointee?.watch(descriptor) == false { return false }
      state.own.pointee.beforeJobs = { MainQueue.drainInPoll() }
      return true
    }
  }
}
