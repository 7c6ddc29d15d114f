import CTenonUV
import Tenon

/// One operation of libuv's that a task awaits. All of it belongs to the loop's thread.
///
/// Invariant: `continuation` is there exactly while libuv has the request.
// SAFETY: see above; `cancel` only posts to that thread.
final class Request<Raw>: @unchecked Sendable {
  let raw: UnsafeMutablePointer<Raw>
  private let executor: LoopExecutor
  private var continuation: UnsafeContinuation<Int, any Error>?

  init(on executor: LoopExecutor, zero: Raw) {
    self.executor = executor
    raw = .allocate(capacity: 1)
    raw.initialize(to: zero)
  }

  deinit { raw.deallocate() }

  /// The request behind libuv's pointer to it, in a callback.
  static func ended(_ raw: UnsafeMutablePointer<Raw>?, _ result: Int) {
    let context = raw!.withMemoryRebound(to: uv_req_t.self, capacity: 1) { $0.pointee.data }
    let request = Unmanaged<Request>.fromOpaque(context!).takeRetainedValue()
    let continuation = request.continuation
    request.continuation = nil
    if result == Int(UV_ECANCELED.rawValue) {
      continuation?.resume(throwing: CancellationError())
    } else if result < 0 {
      continuation?.resume(throwing: Failure(uv: Int32(result)))
    } else {
      continuation?.resume(returning: result)
    }
  }

  /// Starts the operation, and returns its result when libuv has ended it.
  func run(
    isolation: isolated UVLoop, _ start: (UnsafeMutablePointer<Raw>) -> Int32
  ) async throws -> Int {
    try Task.checkCancellation()
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        let context = Unmanaged.passRetained(self)
        raw.withMemoryRebound(to: uv_req_t.self, capacity: 1) {
          $0.pointee.data = context.toOpaque()
        }
        self.continuation = continuation
        let code = start(raw)
        if code < 0 {
          self.continuation = nil
          context.release()
          continuation.resume(throwing: Failure(uv: code))
        }
      }
    } onCancel: {
      cancel()
    }
  }

  /// From any thread: libuv is asked on its own.
  private func cancel() {
    executor.post { [self] in
      guard continuation != nil else { return }
      // Too late for one that is being worked on: it ends by itself.
      _ = raw.withMemoryRebound(to: uv_req_t.self, capacity: 1) { uv_cancel($0) }
    }
  }
}

extension LoopExecutor {
  /// Runs `body` in a poll soon; if the executor closes first, never.
  func post(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let context = Unmanaged.passRetained(Box(body))
    let status = tenon_executor_post(
      pointer,
      { context, status in
        let box = Unmanaged<Box>.fromOpaque(context!).takeRetainedValue()
        if status == TENON_STATUS_OK { box.body() }
      }, context.toOpaque())
    if status != TENON_STATUS_OK { context.release() }
  }
}
