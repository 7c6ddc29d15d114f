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
    try loop(indices, chunk, body)
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
    let status = try withoutActuallyEscaping(body) { body in
      var run = LoopRun(offset: indices.lowerBound, task: currentTask, body: .init(body))
      return try withUnsafeMutablePointer(to: &run) { run in
        let status = pool.runLoop(
          name, count: UInt(indices.count), chunk: UInt(chunk), promise: nil, worker: runChunks, run
        )
        if let failure = run.pointee.failure { throw failure }
        return status
      }
    }
    try throwIfError(status)
  }
}

/// One loop, for all threads that run it, on its caller's stack.
private struct LoopRun {
  let offset: Int
  /// Whose cancel ends the loop.
  let task: UInt
  let body: BorrowedBody
  /// Of the first chunk that failed.
  var failure: (any Error)?
}

/// What is called for each chunk, without a reference to it, which would be two locked instructions: its owner waits for all threads.
private struct BorrowedBody {
  private struct Body { let call: (Range<Int>) throws -> Void }
  private let words: (UInt, UInt)

  @inline(__always) init(_ body: @escaping (Range<Int>) throws -> Void) {
    words = unsafeBitCast(Body(call: body), to: (UInt, UInt).self)
  }

  @inline(__always) var call: (Range<Int>) throws -> Void {
    unsafeBitCast(words, to: Body.self).call
  }
}

private func runChunks(_ loop: UnsafeMutableRawPointer?) {
  let loop = loop.unsafelyUnwrapped.assumingMemoryBound(to: ParallelLoop.self)
  let run = loop.pointee.context.assumingMemoryBound(to: LoopRun.self)
  // Here, so that threads do not count references to it against each other for each chunk.
  let body = run.pointee.body.call
  let (offset, task) = (run.pointee.offset, run.pointee.task)
  var share = ParallelLoop.Share()
  var begin = 0
  do {
    while loop.pointee.claim(&share) {
      begin = loop.pointee.begin(of: share)
      if isCancelled(task: task) { throw CancellationError() }
      while let chunk = loop.pointee.next(&share) {
        begin = chunk.lowerBound
        try body(
          Range(uncheckedBounds: (offset &+ chunk.lowerBound, offset &+ chunk.upperBound)))
      }
    }
  } catch {
    loop.pointee.fail(begin, TENON_STATUS_REJECTED) { run.pointee.failure = error }
  }
}
