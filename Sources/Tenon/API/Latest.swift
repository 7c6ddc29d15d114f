import CTenon

/// The newest value of something that changes: progress. From C it is a `tenon_latest_t`.
///
///     for try await value in latest { ... }
///
/// A loop over it sees each time the newest value that it has not seen, and never a backlog. It holds one reference, and gives
/// it back when it goes away: the last one tells the publisher that nobody looks.
public final class Latest: Sendable {
  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Makes both ends, without a value.
  ///
  /// - Parameter executor: Where the publisher works, if it is a loop: it lets a blocking wait tell a deadlock, and its close
  ///   request a cancel; at once, if it has begun to close.
  public static func make(on executor: LoopExecutor? = nil) throws -> (Publisher, Latest) {
    switch createStream(.publisher, .latest, capacity: nil, executor: executor?.name ?? .none) {
    case .success(let made):
      return (Publisher(adopting: made.writer), Latest(adopting: made.reader))
    case .failure(let error): throw Tenon.Failure(error.status)
    }
  }

  /// Takes over a reference that C gives away.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no such handle; it is then not taken.
  public convenience init(adopting latest: OpaquePointer?) throws {
    let handle = Handle(latest)
    try throwIfError(withCore(handle, .latest) { _ in TENON_STATUS_OK })
    self.init(adopting: handle)
  }

  /// Adds a reference to one that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no such handle.
  public convenience init(borrowing latest: OpaquePointer?) throws {
    let handle = Handle(latest)
    try throwIfError(retainEnd(handle, .latest))
    self.init(adopting: handle)
  }

  deinit { _ = releaseEnd(handle, .latest) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The handle with a reference of its own, for C to release.
  public func retainedPointer() -> OpaquePointer? {
    retainEnd(handle, .latest) == TENON_STATUS_OK ? handle.pointer : nil
  }

  /// How many values were replaced before anybody saw them.
  public var missed: UInt64 {
    var count: UInt64 = 0
    _ = missedValues(handle, &count)
    return count
  }

  /// Requests that the publisher ends.
  public func cancel() { _ = cancelStream(handle, .latest) }

  /// The same, and says why: the publisher finds it as ``Publisher/cancelReason``.
  public func cancel(because reason: any Error) {
    withReason(reason) { _ = cancelStream(handle, .latest, because: $0) }
  }

  /// Its end, as a future: it settles when the publisher ends it. As ``Stream/end``.
  public var end: Future { get throws { try streamEnd(handle, .latest) } }

  /// The newest value that was not seen yet, when there is one; nil at the end.
  ///
  /// - Throws: As ``Stream/next()``.
  @inlinable public nonisolated(nonsending) func next() async throws -> Value? {
    // As Stream does.
    if let value = takeNow() { return value }
    return try await takeLater()
  }

  @usableFromInline func takeNow() -> Value? {
    var value = tenon_value_none()
    return takeLatest(handle, &value, nil) == TENON_STATUS_OK ? Value(taking: value) : nil
  }

  @usableFromInline nonisolated(nonsending) func takeLater() async throws -> Value? {
    while true {
      var value = tenon_value_none()
      var status = takeLatest(handle, &value, nil)
      if status == TENON_STATUS_OK { return Value(taking: value) }
      if status == TENON_STATUS_PENDING { status = try await waitForItem(handle, .latest) }
      if status == TENON_STATUS_ENDED { return nil }
      if status != TENON_STATUS_OK { throw streamError(handle, .latest, status) }
    }
  }
}

extension Latest: AsyncSequence {
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline let latest: Latest

    @inlinable init(_ latest: Latest) { self.latest = latest }

    @inlinable public mutating func next() async throws -> Value? { try await latest.next() }

    @inlinable public mutating func next(isolation actor: isolated (any Actor)?) async throws
      -> Value?
    {
      try await latest.next()
    }
  }

  @inlinable public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// The write end of a ``Latest``. From C it is a `tenon_publisher_t`.
///
/// One that goes away without having been ended breaks its promise: the reader gets an error.
public final class Publisher: Sendable {
  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  deinit { _ = releaseEnd(handle, .publisher) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The handle with a reference of its own, for C to release.
  public func retainedPointer() -> OpaquePointer? {
    retainEnd(handle, .publisher) == TENON_STATUS_OK ? handle.pointer : nil
  }

  /// Whether the reader wants no more.
  public var isCancelled: Bool { isStreamCancelled(handle, .publisher) }

  /// Why the reader wants no more: what was given with the cancel, or a `CancellationError`; nil: it wants more, or this has
  /// been ended.
  public var cancelReason: (any Error)? { reasonInSwift(ofWriter: handle, .publisher) }

  /// Sets the newest value, at once. False: the reader wants no more, or it has been ended; the value was dropped.
  @discardableResult
  public func set(_ value: consuming some ValueConvertible) -> Bool {
    var value = value.makeValue()
    if tenon_value_t.isItem(at: &value), setLatest(handle, &value) == TENON_STATUS_OK {
      return true
    }
    value.end()
    return false
  }

  /// Ends it: nothing comes after the value that was not seen. False: it was ended before.
  @discardableResult
  public func close() -> Bool {
    endStream(handle, .publisher, as: .fulfilled, tenon_value_none()) == TENON_STATUS_OK
  }

  /// Ends it with an error, which arrives after the value that was not seen.
  @discardableResult
  public func fail(_ error: any Error) -> Bool { failStream(handle, .publisher, with: error) }

  /// Ends it as cancelled, after the value that was not seen.
  @discardableResult
  public func cancel() -> Bool {
    endStream(handle, .publisher, as: .cancelled, tenon_value_none()) == TENON_STATUS_OK
  }
}
