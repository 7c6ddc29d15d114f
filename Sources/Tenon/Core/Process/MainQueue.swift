import CLinux
import CSwiftRuntime
import CTenon
import Dispatch
import Glibc

/// In the library mode the main actor lives on Dispatch's main queue. A host that drains it on its own loop needs no
/// `dispatchMain`.
enum MainQueue {
  // SAFETY: touched on the process's first thread only.
  nonisolated(unsafe) private static var isDraining = false

  static func descriptor() -> Result<Int32, StatusError> {
    let refusal = refusal()
    if refusal != TENON_STATUS_OK { return .failure(StatusError(refusal)) }
    return .success(Int32(truncatingIfNeeded: _dispatch_get_main_queue_handle_4CF()))
  }

  static func drain() -> tenon_status_t {
    let refusal = refusal()
    if refusal != TENON_STATUS_OK { return refusal }
    if isDraining { return TENON_STATUS_BUSY }
    isDraining = true
    // The descriptor is cleared first, so that work which comes later makes it readable again.
    var count: UInt64 = 0
    _ = read(Int32(truncatingIfNeeded: _dispatch_get_main_queue_handle_4CF()), &count, 8)
    _dispatch_main_queue_callback_4CF(nil)
    isDraining = false
    return TENON_STATUS_OK
  }

  private static func refusal() -> tenon_status_t {
    if OwnedProcess.isOwned { return TENON_STATUS_UNSUPPORTED }
    return tenon__is_first_thread() ? TENON_STATUS_OK : TENON_STATUS_WRONG_THREAD
  }
}
