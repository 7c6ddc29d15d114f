public import CTenonUV
import Glibc
import Synchronization
import Tenon

/// Loops of Swift's own, and loops of others.
extension UVLoop {
  /// Makes a loop, runs it on this thread until `body` has ended, and closes it.
  ///
  /// The process ignores `SIGPIPE` from then on, unless it has said what to do with it: a write to a connection that is gone is
  /// an error, and no more. What `body` leaves behind is ended: handles are closed, work that was started on the executor is cancelled.
  ///
  ///     try UVLoop.run { loop in
  ///       let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 8080))
  ///       for try await connection in listener { … }
  ///     }
  ///
  /// - Parameters:
  ///   - name: The executor's name, for people.
  ///   - closingTimeout: How long cancelled work may take to end.
  ///   - body: Runs on the loop.
  /// - Throws: What `body` throws; ``Failure`` if there is no loop to be had, in domain `uv` with `EBUSY` if something that is
  ///   not of this module was left on it, which is then never freed.
  /// - Important: It blocks its thread, so it is not for a task.
  public static func run<Result: Sendable>(
    name: String? = nil, closingTimeout: Duration = .seconds(5),
    _ body: nonisolated(nonsending) @escaping @Sendable (UVLoop) async throws -> Result
  ) throws -> Result {
    _ = brokenPipesAreErrors
    let raw = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    let code = uv_loop_init(raw)
    guard code == 0 else {
      raw.deallocate()
      throw Failure(uv: code)
    }
    let result = Swift.Result { try run(on: raw, name, closingTimeout, body) }
    // The detach is complete when this has nothing to do any more.
    while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
    let end = uv_loop_close(raw)
    if end == 0 { raw.deallocate() }
    let value = try result.get()
    guard end == 0 else { throw Failure(uv: end, "something was left on the loop") }
    return value
  }

  private static func run<Result: Sendable>(
    on raw: UnsafeMutablePointer<uv_loop_t>, _ name: String?, _ closingTimeout: Duration,
    _ body: nonisolated(nonsending) @escaping @Sendable (UVLoop) async throws -> Result
  ) throws -> Result {
    let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)
    let loop = try attach(to: raw, name: name)
    // `body` may have done so.
    defer { try? loop.detach(timeout: closingTimeout) }
    let future = try loop.executor.start {
      do {
        let value = try await body(loop)
        outcome.withLock { $0 = .success(value) }
      } catch {
        outcome.withLock { $0 = .failure(error) }
      }
      uv_stop(loop.loop)
    }
    while !future.isSettled { uv_run(raw, UV_RUN_DEFAULT) }
    guard let result = outcome.withLock({ $0 }) else {
      throw Failure(tenon: TENON_STATUS_CLOSED)
    }
    return try result.get()
  }

  /// Lets Swift code run on a libuv loop that somebody else runs.
  ///
  /// Call ``detach(timeout:_:)`` before the loop is closed: nothing else takes it off.
  ///
  /// The loop's thread; before `uv_run()` or during it.
  ///
  /// - Parameter name: The executor's name, for people.
  /// - Throws: ``Failure`` in domain `tenon`.
  public static func attach(
    to loop: UnsafeMutablePointer<uv_loop_t>, name: String? = nil
  ) throws -> UVLoop {
    var config = tenon_uv_config_t()
    config.struct_size = MemoryLayout<tenon_uv_config_t>.size
    var executor: OpaquePointer?
    let status =
      name?.withCString {
        config.name = $0
        return tenon_uv_attach(loop, &config, &executor)
      } ?? tenon_uv_attach(loop, &config, &executor)
    guard status == TENON_STATUS_OK else { throw Failure(tenon: status) }
    // The attachment has a reference of its own, which lasts until it is detached.
    defer { tenon_executor_release(executor) }
    return try UVLoop(on: .borrowing(executor))
  }

  /// Closes the executor and takes it off its loop: see `tenon_uv_detach()`.
  ///
  /// New work is refused, what was opened is closed, and what is in flight is cancelled at once. The loop goes on until that
  /// has ended or the time is over; then `completion` is told, in a close callback of the loop, whether all work has ended.
  ///
  /// The loop's thread; also from code that runs on the executor.
  ///
  /// - Throws: ``Failure`` in domain `tenon`: `CLOSED` if that was done before, `WRONG_THREAD`. `completion` is then never
  ///   called.
  public nonisolated func detach(
    timeout: Duration = .zero, _ completion: @escaping (_ hasEnded: Bool) -> Void = { _ in }
  ) throws {
    final class Box {
      let completion: (Bool) -> Void
      init(_ completion: @escaping (Bool) -> Void) { self.completion = completion }
    }
    let context = Unmanaged.passRetained(Box(completion))
    let status = tenon_uv_detach(
      executor.pointer, timeout.nanoseconds,
      { context, status in
        Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().completion(
          status == TENON_STATUS_OK)
      }, context.toOpaque())
    guard status == TENON_STATUS_OK else {
      context.release()
      throw Failure(tenon: status)
    }
  }
}

extension Duration {
  /// As C takes it: what is too long is for ever, what is negative is nothing.
  fileprivate var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard let whole = UInt64(exactly: seconds), attoseconds >= 0 else { return 0 }
    let (product, isTooLong) = whole.multipliedReportingOverflow(by: 1_000_000_000)
    return isTooLong
      ? .max : product.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000).partialValue
  }
}

/// libuv writes without `MSG_NOSIGNAL`, so a peer that goes away could end the process. Once.
private let brokenPipesAreErrors: Void = {
  var action = sigaction()
  guard sigaction(SIGPIPE, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil else {
    return
  }
  signal(SIGPIPE, SIG_IGN)
}()
