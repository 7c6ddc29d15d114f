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
    var run = LoopRun(offset: indices.lowerBound, task: currentTask)
    let status = try withUnsafeMutablePointer(to: &run) { run in
      LentBody.lend(body, to: run)
      let status = pool.runLoop(
        name, count: UInt(indices.count), chunk: UInt(chunk), promise: nil, worker: runChunks, run)
      // It is there until here.
      LentBody.lend(body, to: run)
      if let failure = run.pointee.failure { throw failure }
      return status
    }
    try throwIfError(status)
  }
}

/// One loop, for all threads that run it, on its caller's stack.
private struct LoopRun {
  let offset: Int
  /// Whose cancel ends the loop.
  let task: UInt
  var body = LentBody()
  /// Of the first chunk that failed.
  var failure: (any Error)?
}

/// What is called for each chunk: a closure that does not escape, as the two words that it is.
///
/// `withoutActuallyEscaping` would make a block of the heap for each loop, a quarter of what one of two chunks takes. SAFETY: such a
/// closure is passed as its function and its context, in the registers in which two integers are; structs, because a function
/// that is cast by itself goes through a thunk. Its owner waits for all threads that call it.
private struct LentBody {
  typealias Body = (Range<Int>) throws -> Void

  private var function: UInt = 0
  private var context: UInt = 0

  private struct LendBody { let call: (Body, UnsafeMutablePointer<LoopRun>) -> Void }
  private struct LendWords { let call: (UInt, UInt, UnsafeMutablePointer<LoopRun>) -> Void }
  private struct UseBody { let call: (Body, UnsafeMutablePointer<ParallelLoop>) -> Void }
  private struct UseWords { let call: (UInt, UInt, UnsafeMutablePointer<ParallelLoop>) -> Void }

  @inline(__always) static func lend(_ body: Body, to run: UnsafeMutablePointer<LoopRun>) {
    let lend = LendWords { function, context, run in
      (run.pointee.body.function, run.pointee.body.context) = (function, context)
    }
    unsafeBitCast(lend, to: LendBody.self).call(body, run)
  }

  @inline(__always) func lend(
    to loop: UnsafeMutablePointer<ParallelLoop>,
    _ use: @escaping (Body, UnsafeMutablePointer<ParallelLoop>) -> Void
  ) {
    unsafeBitCast(UseBody(call: use), to: UseWords.self).call(function, context, loop)
  }
}

private func runChunks(_ loop: UnsafeMutableRawPointer?) {
  let loop = loop.unsafelyUnwrapped.assumingMemoryBound(to: ParallelLoop.self)
  loop.pointee.context.assumingMemoryBound(to: LoopRun.self).pointee.body.lend(to: loop, runChunks)
}

private func runChunks(
  _ body: (Range<Int>) throws -> Void, _ loop: UnsafeMutablePointer<ParallelLoop>
) {
  let run = loop.pointee.context.assumingMemoryBound(to: LoopRun.self)
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
