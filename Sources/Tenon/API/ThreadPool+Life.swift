import CTenon

extension ThreadPool {
  /// How many processors this process may use: how many threads compute at the same time.
  public static var processors: Int { Thread.processors }

  /// Makes an executor with threads of its own. It lives until ``close(timeout:)``.
  ///
  /// - Parameters:
  ///   - threads: How many at most, up to 1024. None is started before there is work for it. For what computes ``processors`` are
  ///     enough; for what blocks as many as may block at once.
  ///   - name: For people; its threads have it, too.
  ///   - idleTime: How long a thread stays when there is nothing to do.
  /// - Throws: ``Failure`` in domain `tenon`: `INVALID` for no thread or too many.
  public static func create(
    threads: Int, name: String? = nil, idleTime: Duration = .seconds(10)
  ) throws -> ThreadPool {
    let milliseconds = UInt32(clamping: idleTime.clampedNanoseconds / 1_000_000)
    guard let count = UInt32(exactly: threads), count > 0,
      let options = Options(count, max(1, milliseconds))
    else { throw Failure(TENON_STATUS_INVALID) }
    switch create(label: name, threads: options) {
    case .success(let executor): return unsafeDowncast(executor, to: ThreadPool.self)
    case .failure(let error): throw Failure(error.status)
    }
  }

  /// Runs `operation` on the pool, and goes on where this was called.
  ///
  /// What it calls that is on no actor runs on the pool, too.
  ///
  /// - Throws: What `operation` throws; ``Failure`` in domain `tenon` if the pool is closed.
  public func run<Result: Sendable>(
    _ operation: @Sendable () async throws -> Result
  ) async throws -> Result {
    guard pool.enter(name) else { throw Failure(TENON_STATUS_CLOSED) }
    defer { pool.leave(name) }
    return try await withTaskExecutorPreference(self) { try await operation() }
  }
}
