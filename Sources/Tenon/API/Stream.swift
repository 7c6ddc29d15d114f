import CTenon

/// The same under a name of its own, where Foundation is imported: that has a `Stream`, too.
public typealias TenonStream = Stream

/// The read end of many values. From C it is a `tenon_stream_t`.
///
///     for try await value in stream { ... }
///
/// One task at a time reads; what it leaves stays for the next loop. It holds one reference, and gives it back when it goes
/// away: the last one cancels the stream and drops what is buffered.
public final class Stream: Sendable {
  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Makes both ends.
  ///
  /// - Parameters:
  ///   - capacity: How many values are buffered at most. 0: the writer waits for the reader to wait.
  ///   - executor: Where the writer works, if it is a loop: it lets a blocking wait tell a deadlock, and its close request a
  ///     cancel; at once, if it has begun to close.
  public static func make(capacity: Int = 64, on executor: LoopExecutor? = nil) throws -> (
    Sink, Stream
  ) {
    guard (0...Int(TENON_STREAM_CAPACITY_MAX)).contains(capacity) else {
      throw Tenon.Failure(TENON_STATUS_INVALID)
    }
    switch createStream(
      .sink, .stream, capacity: UInt(capacity), executor: executor?.name ?? .none)
    {
    case .success(let made):
      return (Sink(adopting: made.writer), Stream(adopting: made.reader))
    case .failure(let error): throw Tenon.Failure(error.status)
    }
  }

  /// Takes over a reference that C gives away.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no stream's handle; it is then not taken.
  public convenience init(adopting stream: OpaquePointer?) throws {
    let handle = Handle(stream)
    try throwIfError(withCore(handle, .stream) { _ in TENON_STATUS_OK })
    self.init(adopting: handle)
  }

  /// Adds a reference to a stream that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no stream's handle.
  public convenience init(borrowing stream: OpaquePointer?) throws {
    let handle = Handle(stream)
    try throwIfError(retainEnd(handle, .stream))
    self.init(adopting: handle)
  }

  deinit { _ = releaseEnd(handle, .stream) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The handle with a reference of its own, for C to release.
  public func retainedPointer() -> OpaquePointer? {
    retainEnd(handle, .stream) == TENON_STATUS_OK ? handle.pointer : nil
  }

  /// Requests that the writer ends. What is buffered can still be read.
  public func cancel() { _ = cancelStream(handle, .stream) }

  /// The same, and says why: the writer finds it as ``Sink/cancelReason``, in every language. The first request decides.
  public func cancel(because reason: any Error) {
    withReason(reason) { _ = cancelStream(handle, .stream, because: $0) }
  }

  /// The stream's end, as a future: it settles when the writer ends it, whether or not all has been read; with nothing, with
  /// the error, or as cancelled.
  ///
  /// Cancelling it, also by cancelling a task that waits for it, cancels the stream for that reason; letting go of it
  /// does not. It keeps nothing alive.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, code `TENON_STATUS_NO_RESOURCES`.
  public var end: Future { get throws { try streamEnd(handle, .stream) } }

  /// The next value, or nil at the end. Strings and bytes are copied; an object is the caller's.
  ///
  /// Cancelling the task ends its wait, and no value is lost: what comes later stays for the next call.
  ///
  /// - Throws: What the writer failed with, `CancellationError` if it ended as cancelled or this task is, and
  ///   ``Failure`` in domain `tenon`, code `TENON_STATUS_BUSY`, if another task waits.
  @inlinable public nonisolated(nonsending) func next() async throws -> Value? {
    if let value = takeNow() { return value }
    return try await takeLater()
  }

  // An async call of another module's function costs some hundred instructions. So what is there already is taken without one.

  @usableFromInline func takeNow() -> Value? {
    var value = tenon_value_none()
    return _fastPath(take(&value) == TENON_STATUS_OK) ? Value(taking: value) : nil
  }

  @usableFromInline nonisolated(nonsending) func takeLater() async throws -> Value? {
    while true {
      var value = tenon_value_none()
      var status = take(&value)
      if status == TENON_STATUS_OK { return Value(taking: value) }
      if status == TENON_STATUS_PENDING { status = try await waitForItem(handle, .stream) }
      if status == TENON_STATUS_ENDED { return nil }
      if status != TENON_STATUS_OK { throw streamError(handle, .stream, status) }
    }
  }

  @inline(__always) private func take(_ value: inout tenon_value_t) -> tenon_status_t {
    var count = 0
    return receiveItems(handle, &value, 1, &count, nil)
  }
}

extension Stream: AsyncSequence {
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline let stream: Stream

    @inlinable init(_ stream: Stream) { self.stream = stream }

    @inlinable public mutating func next() async throws -> Value? {
      try await stream.next()
    }

    @inlinable public mutating func next(isolation actor: isolated (any Actor)?) async throws
      -> Value?
    {
      try await stream.next()
    }
  }

  @inlinable public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// What Swift throws for a status of a stream's end.
func streamError(_ reader: Handle, _ kind: Handle.Kind, _ status: tenon_status_t) -> any Error {
  switch status {
  case TENON_STATUS_CANCELLED: return CancellationError()
  case TENON_STATUS_REJECTED:
    var handle: Handle?
    guard copyStreamError(reader, kind, &handle) == TENON_STATUS_OK, let handle else {
      return Failure(status)
    }
    defer { _ = ErrorSlot.release(handle) }
    return swiftError(for: handle)
  default: return Failure(status)
  }
}

func streamEnd(_ reader: Handle, _ kind: Handle.Kind) throws -> Future {
  var end = Handle(bits: 0)
  let status = copyStreamEnd(reader, kind, &end)
  if status != TENON_STATUS_OK { throw Failure(status) }
  return Future(adopting: end)
}
