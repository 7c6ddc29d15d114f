import CTenonUV
import Tenon

/// How code gets to the loop's thread.
extension LoopExecutor {
  /// Runs `body` there: at once in a job of this executor, else in a poll soon. With an error, on any thread, if the executor
  /// takes no new work.
  func perform(_ body: @escaping @Sendable (Failure?) -> Void) {
    if isCurrent { return body(nil) }
    let status = post(body)
    if status != TENON_STATUS_OK { body(Failure(tenon: status)) }
  }

  /// The same for what ends something, which must come also while the executor closes; once it is closed, it does not.
  func performLate(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { return body() }
    let status = post { if $0 == nil { body() } }
    // A task may still come in.
    if status == TENON_STATUS_CLOSED { Task.detached(executorPreference: self) { body() } }
  }

  private func post(_ body: @escaping @Sendable (Failure?) -> Void) -> tenon_status_t {
    final class Box: Sendable {
      let body: @Sendable (Failure?) -> Void
      init(_ body: @escaping @Sendable (Failure?) -> Void) { self.body = body }
    }
    let context = Unmanaged.passRetained(Box(body))
    let status = tenon_executor_post(
      pointer,
      { context, status in
        let box = Unmanaged<Box>.fromOpaque(context!).takeRetainedValue()
        box.body(status == TENON_STATUS_OK ? nil : Failure(tenon: status))
      }, context.toOpaque())
    if status != TENON_STATUS_OK { context.release() }
    return status
  }
}

/// What one task waits for: it ends once. All of it belongs to the loop's thread.
// SAFETY: see above.
final class Waiter<Value: Sendable>: @unchecked Sendable {
  private enum State {
    case new, cancelled, ended
    case waiting(UnsafeContinuation<Value, any Error>)
  }
  private var state = State.new

  var isWaiting: Bool { if case .waiting = state { true } else { false } }

  func succeed(_ value: Value) { end(.success(value)) }
  func fail(_ error: any Error) { end(.failure(error)) }

  private func end(_ result: Result<Value, any Error>) {
    guard case .waiting(let continuation) = state else { return }
    state = .ended
    continuation.resume(with: result)
  }

  /// False: a cancel came before.
  func begin(_ continuation: UnsafeContinuation<Value, any Error>) -> Bool {
    defer { state = .waiting(continuation) }
    if case .cancelled = state { return false }
    return true
  }

  /// False: it has not begun, and will be told then.
  fileprivate func cancel() -> Bool {
    if case .new = state { state = .cancelled }
    return isWaiting
  }
}

/// Those of one kind; some may have ended.
struct Waiters<Value: Sendable> {
  private var all: [Waiter<Value>] = []
  /// When there are so many it looks for those that have ended: twice as many as it left, so an add looks at two, whatever waits.
  private var sought = 16
  /// How many it has looked at, for tests.
  private(set) var looks = 0

  var count: Int { all.count }

  mutating func add(_ waiter: Waiter<Value>) {
    if all.count >= sought {
      looks += all.count
      all.removeAll { !$0.isWaiting }
      sought = max(16, 2 * all.count)
    }
    all.append(waiter)
  }

  mutating func fail(_ error: any Error) {
    let waiters = all
    all = []
    for waiter in waiters { waiter.fail(error) }
  }
}

extension UVLoop {
  /// Suspends until the waiter ends. `start` runs on the loop's thread; what it throws ends the waiter.
  ///
  /// When the task is cancelled `onCancel` runs there, while the waiter waits; and instead of `start`, if that has not run.
  nonisolated(nonsending) func wait<Value: Sendable>(
    _ start: @escaping @Sendable (Waiter<Value>) throws -> Void,
    onCancel: @escaping @Sendable (Waiter<Value>) -> Void
  ) async throws -> Value {
    let waiter = Waiter<Value>()
    return try await withTaskCancellationHandler {
      try await wait(with: waiter, start, onCancel)
    } onCancel: { [executor] in
      executor.performLate { if waiter.cancel() { onCancel(waiter) } }
    }
  }

  /// The same for what must go on in a task that is cancelled.
  nonisolated(nonsending) func wait<Value: Sendable>(
    _ start: @escaping @Sendable (Waiter<Value>) throws -> Void
  ) async throws -> Value {
    try await wait(with: Waiter(), start) { _ in }
  }

  private nonisolated(nonsending) func wait<Value: Sendable>(
    with waiter: Waiter<Value>, _ start: @escaping @Sendable (Waiter<Value>) throws -> Void,
    _ onCancel: @escaping @Sendable (Waiter<Value>) -> Void
  ) async throws -> Value {
    try await withUnsafeThrowingContinuation { continuation in
      executor.perform { [self] refusal in
        if let refusal { return continuation.resume(throwing: refusal) }
        guard waiter.begin(continuation) else { return onCancel(waiter) }
        do {
          try requireLoop()
          try start(waiter)
        } catch {
          waiter.fail(error)
        }
      }
    }
  }

  /// Runs `body` on the loop's thread, without suspending if this is it.
  nonisolated(nonsending) func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    if executor.isCurrent { return try body() }
    return try await withUnsafeThrowingContinuation { continuation in
      executor.perform { refusal in
        if let refusal { return continuation.resume(throwing: refusal) }
        continuation.resume(with: Result { try body() })
      }
    }
  }
}
