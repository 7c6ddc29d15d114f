import CTenon

/// The write end of one result. From C it is a `tenon_promise_t`.
///
/// The first to settle wins; later calls answer false, and what they brought is dropped. A promise that goes away
/// unsettled breaks: its future is rejected.
public final class Promise: Sendable {
  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Makes both ends.
  ///
  /// - Parameter executor: Where the producer works, if it is a loop: it lets a blocking wait tell a deadlock, and its close
  ///   request a cancel; at once, if it has begun to close.
  public static func make(on executor: LoopExecutor? = nil) throws -> (Promise, Future) {
    guard let (promise, future) = createFuture(executor?.name ?? .none, flags: 0) else {
      throw Failure(SlotTable.exhaustion())
    }
    return (Promise(adopting: promise), Future(adopting: future))
  }

  deinit { _ = releasePromise(handle) }

  /// Whether the reader wants the work to end early.
  public var isCancelled: Bool { isCancelRequested(handle) }

  /// Why the reader wants it to end early: what was given with the cancel, or a `CancellationError`; nil: no cancel is
  /// requested, or the future has settled.
  public var cancelReason: (any Error)? { reasonInSwift(of: handle) }

  @discardableResult
  public func resolve(_ value: consuming some ValueConvertible) -> Bool {
    settleOwning(handle, as: .fulfilled, value.makeValue()) == TENON_STATUS_OK
  }

  /// Settles with a value that holds nothing.
  @discardableResult
  public func resolve() -> Bool { resolve(Value.none) }

  @discardableResult
  public func reject(_ error: any Error) -> Bool {
    Tenon.reject(handle, with: error) == TENON_STATUS_OK
  }

  /// Settles as cancelled: says that the work has ended without a result.
  @discardableResult
  public func cancel() -> Bool {
    settle(handle, as: .cancelled, tenon_value_none()) == TENON_STATUS_OK
  }

  /// This promise as a C callback's context, with a reference that ``from(context:)`` gives back. If the C function may fail,
  /// use ``passContext(_:to:)``, which takes it back then.
  public func makeContext() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

  /// The promise behind a context that ``makeContext()`` made. Once for each.
  public static func from(context: UnsafeMutableRawPointer) -> Promise {
    Unmanaged<Promise>.fromOpaque(context).takeRetainedValue()
  }
}

/// Turns somebody's callback API into `await`.
///
/// `body` starts the work, and arranges that a callback settles the promise. When the task is cancelled `onCancel` is
/// called, from any thread, to make the work end early; the promise must be settled all the same. This returns
/// when it is.
///
/// - Throws: What the promise is rejected with, `CancellationError` if it is cancelled, or what `body` throws.
public nonisolated(nonsending) func withPromise(
  on executor: LoopExecutor? = nil,
  _ body: (Promise) throws -> Void,
  onCancel: @escaping @Sendable () -> Void = {}
) async throws -> Value {
  let future = try startPromise(on: executor, body)
  return try await withTaskCancellationHandler {
    try await future.take()
  } onCancel: {
    onCancel()
  }
}

/// Only the callback keeps the promise: if it goes away, the promise breaks.
private func startPromise(on executor: LoopExecutor?, _ body: (Promise) throws -> Void) throws
  -> Future
{
  let (promise, future) = try Promise.make(on: executor)
  try body(promise)
  return future
}
