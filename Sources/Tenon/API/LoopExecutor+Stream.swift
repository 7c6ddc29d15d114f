public import CTenon

/// Starts a Swift async function that writes a stream for C: what a function that exports one consists of.
///
///     return export(on: executor, stream: streamOut, capacity: 16) { sink in
///       try await rows(of: table, into: sink)
///     }
///
/// It runs in the executor's polls. The stream ends when it returns, and fails with what it throws. Cancelling or releasing
/// the stream cancels the task that writes.
///
/// - Parameters:
///   - executor: A `tenon_executor_t` that C lends.
///   - stream: Where C's handle goes, with one reference.
///   - capacity: How many values are buffered at most.
///   - name: What it is called while it has not ended.
///   - write: Sends the values, and waits in its sends while C has not caught up.
/// - Returns: `TENON_STATUS_OK`, or why nothing was started.
public func export(
  on executor: OpaquePointer?, stream: UnsafeMutablePointer<OpaquePointer?>?, capacity: Int = 64,
  name: CallName = #function,
  _ write: nonisolated(nonsending) @escaping @Sendable (Sink) async throws -> Void
) -> tenon_status_t {
  guard let stream, (0...Int(TENON_STREAM_CAPACITY_MAX)).contains(capacity) else {
    return TENON_STATUS_INVALID
  }
  let handle = Handle(executor)
  let status = LoopExecutor.check(handle)
  if status != TENON_STATUS_OK { return status }
  switch startStream(on: ExecutorName(handle), UInt(capacity), name, write) {
  case .failure(let error): return error.status
  case .success(let started):
    stream.pointee = started.pointer
    return TENON_STATUS_OK
  }
}

/// Starts to read a Swift sequence for C.
///
/// The sequence is read in the executor's polls, as far as the buffer has room. Cancelling or releasing the stream cancels the
/// task that reads.
///
/// - Parameters:
///   - executor: A `tenon_executor_t` that C lends.
///   - stream: Where C's handle goes, with one reference.
///   - capacity: How many elements are buffered at most.
///   - name: What it is called while it has not ended.
///   - sequence: Read once. What it throws fails the stream.
/// - Returns: `TENON_STATUS_OK`, or why nothing was started.
public func export<Elements: AsyncSequence & Sendable>(
  on executor: OpaquePointer?, stream: UnsafeMutablePointer<OpaquePointer?>?, capacity: Int = 64,
  name: CallName = #function,
  _ sequence: Elements
) -> tenon_status_t where Elements.Element: ValueConvertible {
  export(on: executor, stream: stream, capacity: capacity, name: name) { sink in
    for try await element in sequence { try await sink.send(element) }
  }
}

extension LoopExecutor {
  /// Starts to read a sequence on this loop, and gives what it reads as a stream.
  ///
  /// - Parameters:
  ///   - sequence: Read once, as far as the buffer has room. What it throws fails the stream.
  ///   - capacity: How many elements are buffered at most.
  ///   - name: What it is called while it has not ended.
  /// - Throws: ``Failure`` in domain `tenon` if the executor is closed.
  public func stream<Elements: AsyncSequence & Sendable>(
    from sequence: Elements, capacity: Int = 64, name: CallName = #function
  ) throws -> Stream where Elements.Element: ValueConvertible {
    guard (0...Int(TENON_STREAM_CAPACITY_MAX)).contains(capacity) else {
      throw Failure(TENON_STATUS_INVALID)
    }
    let started = startStream(on: self.name, UInt(capacity), name) { sink in
      for try await element in sequence { try await sink.send(element) }
    }
    switch started {
    case .success(let handle): return Stream(adopting: handle)
    case .failure(let error): throw Failure(error.status)
    }
  }
}

private func startStream(
  on name: ExecutorName, _ capacity: UInt, _ callName: CallName,
  _ write: nonisolated(nonsending) @escaping @Sendable (Sink) async throws -> Void
) -> Result<Handle, StatusError> {
  let sink: Sink
  let stream: Handle
  switch createStream(.sink, .stream, capacity: capacity, executor: name) {
  case .failure(let error): return .failure(error)
  case .success(let made): (sink, stream) = (Sink(adopting: made.writer), made.reader)
  }
  let call = Call(callName.address) {
    do {
      try await write(sink)
      sink.close()
    } catch is CancellationError {
      sink.cancel()
    } catch {
      sink.fail(error)
    }
  }
  switch startCall(on: name, detached: true, call) {
  case .failure(let error):
    _ = releaseEnd(stream, .stream)
    return .failure(error)
  case .success(let call):
    cancel(call, with: sink)
    return .success(stream)
  }
}

/// What a cancel of a stream has to find: the call that writes it, and its sink, which has the reason.
private final class WriterOfStream: Sendable {
  let call: Handle
  let sink: Handle
  init(_ call: Handle, _ sink: Handle) { (self.call, self.sink) = (call, sink) }

  func cancel() {
    _ = withCore(sink, .sink) { core in
      passCancel(of: core.pointee.promise, to: call)
      return TENON_STATUS_OK
    }
  }
}

/// The reader's cancel becomes the call's, for the same reason. Takes the reference to the call's future.
private func cancel(_ call: Handle, with sink: Sink) {
  let pass: tenon_cancel_fn = { context, status in
    let writer = Unmanaged<WriterOfStream>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
    if status == TENON_STATUS_CANCELLED { writer.cancel() }
    _ = releaseFuture(writer.call)
  }
  let function = unsafeBitCast(pass, to: UnsafeRawPointer.self)
  let context = Unmanaged.passRetained(WriterOfStream(call, sink.handle)).toOpaque()
  let status = onStreamCancel(sink.handle, .sink, .none, function, context) { _ in }
  if status != TENON_STATUS_OK {
    pass(context, status == TENON_STATUS_CANCELLED ? status : TENON_STATUS_SETTLED)
  }
}
