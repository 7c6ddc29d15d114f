public import CTenonNode
public import Tenon

/// A function or object that stays in JavaScript, and is the very same when it comes back.
///
/// It may be held, called and let go of on any thread; JavaScript's part of that happens on the thread of its environment. Once
/// that environment has ended, calls fail with code `TENON_STATUS_CLOSED`.
// SAFETY: the value is never changed, and the functions that read it are for any thread.
public final class JavaScriptObject: @unchecked Sendable {
  private var value: tenon_value_t

  init(adopting value: tenon_value_t) { self.value = value }

  deinit { tenon_value_drop(&value) }

  /// Calls it as a function, in a turn of its loop, and waits for its result; of a promise, for what that is resolved with.
  ///
  /// With `passingSignal` it gets one more argument, `{ signal }`, an `AbortSignal` that fires when this task is cancelled;
  /// this then returns when the function's promise has settled. Without it a cancelled task waits no longer.
  ///
  /// - Throws: What JavaScript threw: the same Swift error if it was one, else a ``Failure`` in domain `js.<name>`, which is the
  ///   very same object when it is thrown to JavaScript again. `CancellationError`.
  @discardableResult
  public nonisolated(nonsending) func call(
    _ arguments: JavaScriptValue..., passingSignal: Bool = false
  ) async throws -> JavaScriptValue {
    var future: OpaquePointer?
    try start(arguments, passingSignal ? TENON_NODE_CALL_SIGNAL : 0, &future)
    return JavaScriptValue(try await Future(adopting: future).take())
  }

  /// Calls it as a function, soon, and waits for nothing. What it throws is an `uncaughtException`.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if its environment has ended.
  public func notify(_ arguments: JavaScriptValue...) throws {
    try start(arguments, TENON_NODE_CALL_NOTIFY, nil)
  }

  private func start(
    _ arguments: [JavaScriptValue], _ flags: UInt32,
    _ future: UnsafeMutablePointer<OpaquePointer?>?
  ) throws {
    var values = arguments.map { $0.makeValue() }
    let status = values.withUnsafeMutableBufferPointer {
      tenon_node_call(&value, flags, $0.baseAddress, $0.count, future)
    }
    if status == TENON_STATUS_OK { return }
    for index in values.indices { tenon_value_drop(&values[index]) }
    throw Failure(status: status)
  }
}

extension JavaScriptObject: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t {
    var copy = tenon_value_none()
    tenon_node_object_copy(&value, &copy)
    return copy
  }
}

extension Failure {
  /// What a function of Tenon's answered.
  convenience init(status: tenon_status_t) {
    self.init(
      domain: "tenon", code: Int64(status.rawValue),
      message: String(cString: tenon_status_string(status)))
  }
}
