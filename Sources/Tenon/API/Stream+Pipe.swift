import CTenon

// What there is beside one item after the other: looking before one moves, many at once, and all of it into a sink.

extension Stream {
  /// Waits until there is something to read, without reading it. False: nothing is left, and nothing will come.
  ///
  /// - Throws: As ``next()``.
  public nonisolated(nonsending) func ready() async throws -> Bool {
    while true {
      var status = withCore(handle, .stream) { $0.awaitItem(nil) }
      if status == TENON_STATUS_OK { return true }
      if status == TENON_STATUS_PENDING {
        status = try await waitForItem(handle, .stream)
        if status == TENON_STATUS_OK { continue }
      }
      if status == TENON_STATUS_ENDED { return false }
      throw streamError(handle, .stream, status)
    }
  }

  /// The next value, which stays where it is; nil: there is none, now or for good.
  ///
  /// Strings and bytes are copied; an object is shared with the stream.
  ///
  /// - Throws: As ``next()``, but it does not wait.
  public func peek() throws -> Value? {
    var next: Value?
    let status = peekItem(handle) { next = Value(sharing: $0) }
    switch status {
    case TENON_STATUS_OK: return next
    case TENON_STATUS_PENDING, TENON_STATUS_ENDED: return nil
    default: throw streamError(handle, .stream, status)
    }
  }

  /// The next values, when there are at least so many, or the last ones: then they may be fewer, and none at the end.
  ///
  /// - Parameters:
  ///   - minimum: How many to wait for: not more than the stream can hold. Until then they stay in the stream.
  ///   - maximum: How many to read at most, of those that are there.
  /// - Throws: As ``next()``; ``Failure`` in domain `tenon`, code `TENON_STATUS_INVALID`, if so many can never be there.
  public nonisolated(nonsending) func next(atLeast minimum: Int, atMost maximum: Int = 64)
    async throws -> [Value]
  {
    let count = Swift.max(minimum, maximum)
    guard minimum > 0 else { throw Tenon.Failure(TENON_STATUS_INVALID) }
    let values = UnsafeMutablePointer<tenon_value_t>.allocate(capacity: count)
    defer { values.deallocate() }
    while true {
      var received = 0
      var status = receiveItems(handle, values, atLeast: minimum, count, &received, nil)
      if status == TENON_STATUS_OK { return (0..<received).map { Value(taking: values[$0]) } }
      if status == TENON_STATUS_PENDING {
        status = try await waitForItem(handle, .stream, minimum: minimum)
        if status == TENON_STATUS_OK { continue }
      }
      if status == TENON_STATUS_ENDED { return [] }
      throw streamError(handle, .stream, status)
    }
  }

  /// Moves all that comes into a sink, and ends it as this stream ends; returns when that is done. No task visits the items.
  ///
  /// Room, ends, cancels and their reasons go through as if the two were one longer stream. Cancelling the task that waits cancels
  /// this stream, and the pipe ends when the writer does.
  ///
  /// - Parameters:
  ///   - sink: Nobody else may send into it, or read from this stream, until then.
  ///   - keepsOpen: Whether the sink is left open at the end, for what is to come after it.
  /// - Throws: What the writer failed with; `CancellationError` if it ended as cancelled, or the reader behind the sink wanted no
  ///   more; ``Failure`` in domain `tenon`: code `TENON_STATUS_CLOSED` if the sink has been ended, `TENON_STATUS_BUSY` if a task waits
  ///   at either end, `TENON_STATUS_INVALID` if pipes lead from the sink back to this stream.
  public nonisolated(nonsending) func pipe(to sink: Sink, keepsOpen: Bool = false) async throws {
    _ = try await startPipe(to: sink, keepsOpen: keepsOpen).value
  }

  /// Begins to do so, and gives its end as a future. To cancel that is to cancel this stream; letting go of it does not.
  ///
  /// - Throws: As ``pipe(to:keepsOpen:)``, if nothing begins.
  @discardableResult
  public func startPipe(to sink: Sink, keepsOpen: Bool = false) throws -> Future {
    var end = Handle(bits: 0)
    try throwIfError(pipeStream(handle, sink.handle, keepsSink: keepsOpen, &end))
    return Future(adopting: end)
  }
}
