public import CTenon

/// The write end of many values. From C it is a `tenon_sink_t`.
///
/// One task at a time sends. A sink that goes away without having been ended breaks its promise: the stream fails.
public final class Sink: Sendable {
  /// How many values `send(contentsOf:)` makes before it sends them.
  private static let batch = 64

  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Takes over a reference that C gives away.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no sink's handle; it is then not taken.
  public convenience init(adopting sink: OpaquePointer?) throws {
    let handle = Handle(sink)
    try throwIfError(withCore(handle, .sink) { _ in TENON_STATUS_OK })
    self.init(adopting: handle)
  }

  /// Adds a reference to a sink that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no sink's handle.
  public convenience init(borrowing sink: OpaquePointer?) throws {
    let handle = Handle(sink)
    try throwIfError(retainEnd(handle, .sink))
    self.init(adopting: handle)
  }

  deinit { _ = releaseEnd(handle, .sink) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The handle with a reference of its own, for C to release.
  public func retainedPointer() -> OpaquePointer? {
    retainEnd(handle, .sink) == TENON_STATUS_OK ? handle.pointer : nil
  }

  /// Whether the reader wants no more.
  public var isCancelled: Bool { isStreamCancelled(handle, .sink) }

  /// Why the reader wants no more: what was given with the cancel, or a `CancellationError`; nil: it wants more, or this has
  /// been ended.
  public var cancelReason: (any Error)? { reasonInSwift(ofWriter: handle, .sink) }

  /// Sends a value, when there is room.
  ///
  /// - Throws: `CancellationError` if the reader wants no more, or this task is cancelled while it waits; ``Failure`` in domain
  ///   `tenon`: code `TENON_STATUS_CLOSED` if the sink has been ended, `TENON_STATUS_BUSY` if another task is at it.
  ///   The value is then dropped.
  @inlinable public nonisolated(nonsending) func send(
    _ value: consuming some ValueConvertible
  ) async throws {
    // What there is room for is sent without an async call: see Stream.
    var value = value.makeValue()
    if !sendNow(&value) { try await sendLater(value) }
  }

  @usableFromInline func sendNow(_ value: inout tenon_value_t) -> Bool {
    _fastPath(take(&value, 1).status == TENON_STATUS_OK)
  }

  @usableFromInline nonisolated(nonsending) func sendLater(_ unsent: tenon_value_t) async throws {
    var value = unsent
    do {
      while true {
        var status = take(&value, 1).status
        if status == TENON_STATUS_OK { return }
        if status == TENON_STATUS_PENDING { status = try await waitForRoom(handle) }
        if status != TENON_STATUS_OK { throw refusal(status) }
      }
    } catch {
      value.end()
      throw error
    }
  }

  /// Sends what a sequence gives, when there is room, with one wake of the reader for many values.
  ///
  /// - Throws: As ``send(_:)``. Values that were not sent are dropped.
  public nonisolated(nonsending) func send<Values: Sequence>(contentsOf values: Values) async throws
  where Values.Element: ValueConvertible {
    let buffer = UnsafeMutablePointer<tenon_value_t>.allocate(capacity: Sink.batch)
    defer { buffer.deallocate() }
    var iterator = values.makeIterator()
    while true {
      var count = 0
      while count < Sink.batch, let value = iterator.next() {
        (buffer + count).initialize(to: value.makeValue())
        count += 1
      }
      if count == 0 { return }
      try await send(buffer, count)
    }
  }

  private nonisolated(nonsending) func send(
    _ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int
  ) async throws {
    var sent = 0
    do {
      while sent < count {
        let (status, some) = take(values + sent, count - sent)
        sent += some
        if status == TENON_STATUS_OK { continue }
        guard status == TENON_STATUS_PENDING else { throw refusal(status) }
        let end = try await waitForRoom(handle)
        if end != TENON_STATUS_OK { throw refusal(end) }
      }
    } catch {
      for index in sent..<count { values[index].end() }
      throw error
    }
  }

  /// Waits until there is room, without a value: the next one that is sent need not wait.
  ///
  /// - Throws: As ``send(_:)``.
  public nonisolated(nonsending) func ready() async throws {
    while true {
      var status = withCore(handle, .sink) { $0.awaitRoom(nil) }
      if status == TENON_STATUS_OK { return }
      if status == TENON_STATUS_PENDING {
        status = try await waitForRoom(handle)
        if status == TENON_STATUS_OK { continue }
      }
      throw refusal(status)
    }
  }

  /// Sends a value if there is room now; false: there is none, and the value was dropped.
  ///
  /// - Throws: As ``send(_:)``.
  public func trySend(_ value: consuming some ValueConvertible) throws -> Bool {
    var value = value.makeValue()
    let status = take(&value, 1).status
    if status == TENON_STATUS_OK { return true }
    value.end()
    if status == TENON_STATUS_PENDING { return false }
    throw refusal(status)
  }

  @inline(__always) private func take(_ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int)
    -> (status: tenon_status_t, sent: Int)
  {
    for index in 0..<count where !tenon_value_t.isItem(at: values + index) {
      return (TENON_STATUS_INVALID, 0)
    }
    var sent = 0
    let status = sendItems(handle, values, count, &sent, nil)
    return (status, sent)
  }

  private func refusal(_ status: tenon_status_t) -> any Error {
    status == TENON_STATUS_CANCELLED ? CancellationError() : Failure(status)
  }

  /// Ends the stream: nothing comes after what is buffered. False: it was ended before.
  @discardableResult
  public func close() -> Bool {
    endStream(handle, .sink, as: .fulfilled, tenon_value_none()) == TENON_STATUS_OK
  }

  /// Ends the stream with an error, which arrives after what is buffered.
  @discardableResult
  public func fail(_ error: any Error) -> Bool { failStream(handle, .sink, with: error) }

  /// Ends the stream as cancelled, after what is buffered.
  @discardableResult
  public func cancel() -> Bool {
    endStream(handle, .sink, as: .cancelled, tenon_value_none()) == TENON_STATUS_OK
  }
}

/// Ends a stream or a latest value with what Swift code has thrown.
func failStream(_ writer: Handle, _ kind: Handle.Kind, with error: any Error) -> Bool {
  guard let errorHandle = errorHandle(for: error) else {
    return endStream(writer, kind, as: .rejected, .status(TENON_STATUS_NO_RESOURCES))
      == TENON_STATUS_OK
  }
  let status = endStream(writer, kind, as: .rejected, .error(errorHandle))
  if status != TENON_STATUS_OK { _ = ErrorSlot.release(errorHandle) }
  return status == TENON_STATUS_OK
}
