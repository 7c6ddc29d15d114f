import CTenon

/// Loops whose chunks run on several threads: on the calling one, and on those of the pool that have nothing better to do.
///
/// They return when all has run, so what they work on may be borrowed. Chunks begin in order; when one fails no more begin, and
/// the error of the first one is thrown, the same each time. In a task that is cancelled they end early, with
/// `CancellationError`.
extension ThreadPool {
  /// Calls `body` for parts of `indices`.
  ///
  /// - Parameters:
  ///   - indices: All of it, in parts.
  ///   - chunk: How many indices at least are worth a thread's while: 10 microseconds of work are plenty. 0: a part of them for each
  ///     thread, and some more to even out.
  ///   - body: Called on several threads at once.
  /// - Throws: What `body` throws; `CancellationError`; ``Failure`` in domain `tenon` if the pool is closed.
  public func forEach(
    in indices: Range<Int>, chunk: Int = 0, _ body: @Sendable (Range<Int>) throws -> Void
  ) throws {
    try loop(indices, chunk) { try body($0) }
  }

  /// Calls `body` for parts of borrowed elements, each with the index at which it begins.
  public func forEach<Element: Sendable>(
    in elements: Span<Element>, chunk: Int = 0,
    _ body: @Sendable (Span<Element>, Int) throws -> Void
  ) throws {
    try elements.withUnsafeBufferPointer { buffer in
      try loop(0..<buffer.count, chunk) { range in
        let part = UnsafeBufferPointer(rebasing: buffer[range])
        try body(part.span, range.lowerBound)
      }
    }
  }

  /// Calls `body` for parts of elements that it may change in place, each with the index at which it begins.
  public func forEach<Element: Sendable>(
    in elements: inout MutableSpan<Element>, chunk: Int = 0,
    _ body: @Sendable (inout MutableSpan<Element>, Int) throws -> Void
  ) throws {
    try elements.withUnsafeMutableBufferPointer { buffer in
      let base = buffer
      try loop(0..<base.count, chunk) { range in
        let part = UnsafeMutableBufferPointer(rebasing: base[range])
        var span = part.mutableSpan
        try body(&span, range.lowerBound)
      }
    }
  }

  /// Makes an array of what `transform` returns for each element, in the elements' order.
  public func map<Element: Sendable, Output: Sendable>(
    _ elements: Span<Element>, chunk: Int = 0, _ transform: @Sendable (Element) throws -> Output
  ) throws -> [Output] {
    let made = UnsafeMutableBufferPointer<Output?>.allocate(capacity: elements.count)
    made.initialize(repeating: nil)
    defer {
      made.deinitialize()
      made.deallocate()
    }
    try elements.withUnsafeBufferPointer { buffer in
      try loop(0..<buffer.count, chunk) { range in
        for index in range { made[index] = try transform(buffer[index]) }
      }
    }
    // All have run.
    return made.map { $0.unsafelyUnwrapped }
  }

  private func loop(
    _ indices: Range<Int>, _ chunk: Int, _ body: (Range<Int>) throws -> Void
  ) throws {
    guard chunk >= 0 else { throw Failure(TENON_STATUS_INVALID) }
    let outcome = try withUnsafeCurrentTask { task in
      try withoutActuallyEscaping(body) { body in
        let run = LoopRun(indices.lowerBound, task, body)
        let status = withExtendedLifetime(run) {
          pool.runLoop(
            name, count: UInt(indices.count), chunk: UInt(chunk), promise: nil, runChunk,
            Unmanaged.passUnretained(run).toOpaque())
        }
        if let error = run.error { throw error }
        return status
      }
    }
    try throwIfError(outcome)
  }
}

/// One loop, for all threads that run it.
// SAFETY: what changes is under the mutex; the body is called on several threads, as its callers have it declared.
private final class LoopRun: @unchecked Sendable {
  private let offset: Int
  private let task: UnsafeCurrentTask?
  private let body: (Range<Int>) throws -> Void
  private let mutex = Mutex()
  private var failed = Int.max
  private var failure: (any Error)?

  init(_ offset: Int, _ task: UnsafeCurrentTask?, _ body: @escaping (Range<Int>) throws -> Void) {
    self.offset = offset
    self.task = task
    self.body = body
  }

  var error: (any Error)? { mutex.withLock { failure } }

  func run(_ begin: Int, _ end: Int) -> tenon_status_t {
    do {
      if task?.isCancelled ?? false { throw CancellationError() }
      try body(offset + begin..<offset + end)
      return TENON_STATUS_OK
    } catch {
      mutex.withLock {
        if begin < failed { (failed, failure) = (begin, error) }
      }
      return TENON_STATUS_REJECTED
    }
  }
}

private func runChunk(
  _ context: UnsafeMutableRawPointer?, _ begin: Int, _ end: Int
) -> tenon_status_t {
  Unmanaged<LoopRun>.fromOpaque(context.unsafelyUnwrapped)._withUnsafeGuaranteedRef {
    $0.run(begin, end)
  }
}
