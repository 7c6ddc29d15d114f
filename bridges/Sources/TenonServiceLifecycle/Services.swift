import CTenon
import Glibc
public import ServiceLifecycle
public import Tenon

/// A pool that is closed when its group shuts down: what is still running on it is cancelled then, and awaited.
public struct ThreadPoolService: Service {
  public let pool: ThreadPool
  private let closeTimeout: Duration

  /// - Parameter closeTimeout: How long cancelled work may take to end.
  public init(_ pool: ThreadPool, closeTimeout: Duration = .seconds(30)) {
    self.pool = pool
    self.closeTimeout = closeTimeout
  }

  public func run() async throws {
    try? await gracefulShutdown()  // or the group is cancelled
    try await onThread { [pool, closeTimeout] in try close(pool, closeTimeout) }
  }
}

/// A loop with a thread of its own, from the start of its group until that shuts down: then it is closed, and what is still
/// running on it is cancelled and awaited.
public struct LoopService: Service {
  public let executor: LoopExecutor
  private let closeTimeout: Duration

  /// - Parameters:
  ///   - executor: One that nobody else polls.
  ///   - closeTimeout: How long cancelled work may take to end.
  public init(_ executor: LoopExecutor, closeTimeout: Duration = .seconds(30)) {
    self.executor = executor
    self.closeTimeout = closeTimeout
  }

  public func run() async throws {
    let (stop, stopped) = try Promise.make()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [executor, closeTimeout] in
        try await onThread {
          try executor.run(until: stopped)
          try close(executor, closeTimeout)
        }
      }
      try? await gracefulShutdown()
      stop.resolve()
      try await group.waitForAll()
    }
  }
}

/// Work had not ended in its time when a service was shut down.
public struct UnfinishedCalls: Error {
  /// What it is called, and how often it is there.
  public let calls: [(name: String, count: Int)]
}

private func close(_ executor: LoopExecutor, _ timeout: Duration) throws {
  let unfinished = { executor.unfinishedCalls }
  if try !executor.close(timeout: timeout) { throw UnfinishedCalls(calls: unfinished()) }
}

/// Runs what blocks on a thread that is made for it.
private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation {
    (continuation: CheckedContinuation<Void, any Error>) in
    let work = Unmanaged.passRetained(Work { continuation.resume(with: Result(catching: body)) })
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      {
        if let context = $0 { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    if status == 0 {
      pthread_detach(thread)
    } else {
      work.release()
      continuation.resume(throwing: Errno(code: status))
    }
  }
}

/// The system had no thread.
public struct Errno: Error { public let code: Int32 }

private final class Work: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
