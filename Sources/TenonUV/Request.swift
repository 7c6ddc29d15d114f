import CTenonUV
import Tenon

/// One request of libuv's that a task awaits. All of it belongs to the loop's thread.
///
/// Invariant: libuv has it, and it keeps itself, from a `start` that succeeds until `ended`.
// SAFETY: see above; the task reads `raw` when the request has ended.
final class Request<Raw>: @unchecked Sendable {
  private let raw: UnsafeMutablePointer<Raw>
  private let cleanup: (UnsafeMutablePointer<Raw>) -> Void
  private var waiter: Waiter<Int>?
  private var isCancelled = false

  /// `cleanup` frees what belongs to the request, on any thread, when nobody has it any more.
  init(zero: Raw, _ cleanup: @escaping (UnsafeMutablePointer<Raw>) -> Void = { _ in }) {
    raw = .allocate(capacity: 1)
    raw.initialize(to: zero)
    self.cleanup = cleanup
  }

  deinit {
    cleanup(raw)
    raw.deallocate()
  }

  /// Reads what is in it when it has ended.
  func read<Result>(_ body: (UnsafeMutablePointer<Raw>) -> Result) -> Result {
    withExtendedLifetime(self) { body(raw) }
  }

  private var base: UnsafeMutablePointer<uv_req_t> {
    UnsafeMutableRawPointer(raw).assumingMemoryBound(to: uv_req_t.self)
  }

  /// Hands it to libuv, for the waiter.
  func start(_ waiter: Waiter<Int>, _ begin: (UnsafeMutablePointer<Raw>) -> Int32) throws {
    let context = Unmanaged.passRetained(self)
    base.pointee.data = context.toOpaque()
    self.waiter = waiter
    let code = begin(raw)
    if code < 0 {
      self.waiter = nil
      context.release()
      throw Failure(uv: code)
    }
  }

  /// In libuv's callback: the request behind its pointer has ended.
  static func ended(_ raw: UnsafeMutablePointer<Raw>?, _ result: Int) {
    let context = UnsafeMutableRawPointer(raw!).assumingMemoryBound(to: uv_req_t.self).pointee.data
    let request = Unmanaged<Request>.fromOpaque(context!).takeRetainedValue()
    let waiter = request.waiter
    request.waiter = nil
    if result >= 0 {
      waiter?.succeed(result)
    } else if request.isCancelled
      && [UV_ECANCELED, UV_EAI_CANCELED].contains(uv_errno_t(Int32(result)))
    {
      waiter?.fail(CancellationError())
    } else {
      waiter?.fail(Failure(uv: Int32(result)))
    }
  }

  /// Runs it to its end. A cancel reaches libuv; what it cannot stop is awaited.
  nonisolated(nonsending) func run(
    on loop: UVLoop, _ begin: @escaping @Sendable (UnsafeMutablePointer<Raw>) -> Int32
  ) async throws -> Int {
    try await loop.wait { [self] waiter in
      try start(waiter, begin)
    } onCancel: { [self] waiter in
      if !cancel() { waiter.fail(CancellationError()) }
    }
  }

  /// False: libuv does not have it.
  @discardableResult func cancel() -> Bool {
    if waiter == nil { return false }
    isCancelled = true
    // Too late for one that is being worked on: it ends by itself.
    _ = uv_cancel(base)
    return true
  }
}

extension Request where Raw == uv_fs_t {
  /// One for a file operation.
  convenience init() { self.init(zero: uv_fs_t()) { uv_fs_req_cleanup($0) } }

  /// In libuv's callback.
  static func ended(_ raw: UnsafeMutablePointer<uv_fs_t>?) { ended(raw, raw!.pointee.result) }
}
