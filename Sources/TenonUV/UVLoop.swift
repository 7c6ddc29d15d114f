import CTenonUV
public import Tenon

/// libuv's own operations on a loop, for Swift code to await.
///
/// From wherever a method is called, what touches libuv runs on the loop's thread: at once in code that already runs on the
/// loop, in a job of it otherwise. Where libuv can cancel an operation, cancelling the task does; what cannot be stopped
/// any more is awaited, unless the method says otherwise.
///
/// All methods throw ``Failure``: in domain `uv` with libuv's negative code, and in domain `tenon` with `CLOSED` once the
/// executor is closed; and `CancellationError` when the task is cancelled. When the executor begins to close, everything
/// that was opened on the loop is closed, and who waits for it is told so.
///
/// It is an actor on the loop, so that code which is isolated to it runs there.
public actor UVLoop: LoopActor {
  public nonisolated let executor: LoopExecutor
  // SAFETY: the loop's thread alone touches what is behind it.
  nonisolated(unsafe) let loop: UnsafeMutablePointer<uv_loop_t>
  nonisolated let handles: OpenHandles

  /// The loop that an executor was attached to, by C or by ``attach(to:name:)``.
  ///
  /// Any thread. Several of these for one loop are independent of each other.
  ///
  /// - Throws: ``Failure`` in domain `tenon` if it is on no libuv loop, or closed.
  public init(on executor: LoopExecutor) throws {
    self.executor = executor
    loop = try UVLoop.loop(of: executor)
    handles = OpenHandles(on: executor)
  }

  /// Throws if there is no loop any more that an operation could be started on.
  nonisolated func requireLoop() throws {
    // While it is open it is polled by its loop, which is therefore there.
    if !executor.isOpen { _ = try UVLoop.loop(of: executor) }
  }

  private static func loop(of executor: LoopExecutor) throws -> UnsafeMutablePointer<uv_loop_t> {
    var loop: UnsafeMutablePointer<uv_loop_t>?
    let status = tenon_uv_get_loop(executor.pointer, &loop)
    guard status == TENON_STATUS_OK, let loop else { throw Failure(tenon: status) }
    return loop
  }

  /// The clock whose sleeps are this loop's timers.
  public nonisolated var clock: LoopClock { executor.clock }

  /// Waits for a time, on a timer of this loop: never less, and up to a millisecond more.
  ///
  /// Any thread.
  ///
  /// - Throws: `CancellationError`, or ``Failure`` in domain `tenon` if the executor closes.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    try await clock.sleep(for: duration)
  }
}

extension Failure {
  /// A libuv result as an error.
  convenience init(uv code: Int32, _ what: String = "") {
    let message = String(cString: uv_strerror(code))
    self.init(
      domain: "uv", code: Int64(code), message: what.isEmpty ? message : "\(what): \(message)")
  }

  convenience init(uv code: uv_errno_t) { self.init(uv: code.rawValue) }

  convenience init(tenon status: tenon_status_t) {
    self.init(
      domain: "tenon", code: Int64(status.rawValue),
      message: String(cString: tenon_status_string(status)))
  }
}

/// What libuv answers at once: an error, or nothing to say.
func check(_ code: Int32) throws {
  if code < 0 { throw Failure(uv: code) }
}
