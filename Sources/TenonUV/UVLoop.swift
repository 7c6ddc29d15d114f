import CTenonUV
public import Tenon

/// libuv's own operations on a loop, for Swift code to await.
///
/// It is an actor on the loop: from wherever a method is called, what touches libuv runs on the loop's thread. Where libuv
/// can cancel an operation, cancelling the task does; what cannot be stopped any more is awaited.
///
/// All methods throw ``Failure`` in domain `uv`, with libuv's negative code.
public actor UVLoop: LoopActor {
  public nonisolated let executor: LoopExecutor
  // SAFETY: the loop's thread alone touches what is behind it.
  nonisolated(unsafe) let loop: UnsafeMutablePointer<uv_loop_t>

  /// The loop that an executor was attached to, by C or by ``attach(to:)``.
  ///
  /// - Throws: ``Failure`` in domain `tenon` if it is on no libuv loop, or closed.
  public init(on executor: LoopExecutor) throws {
    var loop: UnsafeMutablePointer<uv_loop_t>?
    let status = tenon_uv_get_loop(executor.pointer, &loop)
    guard status == TENON_STATUS_OK, let loop else { throw Failure(tenon: status) }
    self.executor = executor
    self.loop = loop
  }
}

extension Failure {
  /// A libuv result as an error.
  convenience init(uv code: Int32, _ what: String = "") {
    let message = String(cString: uv_strerror(code))
    self.init(
      domain: "uv", code: Int64(code), message: what.isEmpty ? message : "\(what): \(message)")
  }

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
