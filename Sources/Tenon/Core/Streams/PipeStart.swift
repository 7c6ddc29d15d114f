import CTenon
import CTenonRoot
import Glibc
import Synchronization

// How a pipe begins, which is all or nothing.

/// Has a stream's items moved into a sink; `end` is a future of when that is over: see tenon_stream_pipe().
func pipeStream(_ stream: Handle, _ sink: Handle, keepsSink: Bool, _ end: inout Handle)
  -> tenon_status_t
{
  guard let streamSlot = Handle.Kind.stream.end(stream) else { return SlotTable.refusal(stream) }
  if let refusal = streamSlot.pin(stream) { return refusal }
  guard let sinkSlot = Handle.Kind.sink.end(sink) else {
    streamSlot.unpin(stream, .stream)
    return SlotTable.refusal(sink)
  }
  if let refusal = sinkSlot.pin(sink) {
    streamSlot.unpin(stream, .stream)
    return refusal
  }
  let source = streamSlot.pointee.core.unsafelyUnwrapped
  var pipe = Pipe()
  (pipe.keepsSink, pipe.stream, pipe.sink) = (keepsSink, stream, sink)
  (pipe.streamSlot, pipe.sinkSlot) = (streamSlot, sinkSlot)
  let status = source.start(&pipe, from: streamSlot, to: sinkSlot, &end)
  if status != TENON_STATUS_OK {
    sinkSlot.unpin(sink, .sink)
    streamSlot.unpin(stream, .stream)
  }
  return status
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  fileprivate func start(
    _ pipe: inout Pipe, from stream: UnsafeMutablePointer<EndSlot>,
    to sink: UnsafeMutablePointer<EndSlot>, _ end: inout Handle
  ) -> tenon_status_t {
    let destination = sink.pointee.core.unsafelyUnwrapped
    pipe.destination = destination
    if destination == self { return TENON_STATUS_INVALID }
    guard let memory = pipeMemory else { return TENON_STATUS_NO_RESOURCES }
    guard let made = createFollowing() else { return SlotTable.exhaustion() }
    // Nobody has to wait for it.
    _ = detachFuture(made.future)
    follow(pointee.future, by: made.promise, needs: true)
    guard watchPipe(made.promise) else {
      discardFuture(made.promise, made.future)
      return SlotTable.exhaustion()
    }
    pipe.promise = made.promise
    pipe.stage = .moving
    var status = attachSource(stream)
    if status == TENON_STATUS_OK {
      status = attachDestination(destination, sink)
      if status != TENON_STATUS_OK { letGoOfSource(stream) }
    }
    guard status == TENON_STATUS_OK else {
      discardFuture(made.promise, made.future)
      return status
    }
    // A former pipe, or a kick that came for one, may still be at it.
    var backoff = Backoff()
    while !pointee.pipeKicks.compareExchange(
      expected: 0, desired: 1, ordering: .acquiringAndReleasing
    ).exchanged && backoff.pause() {}
    memory.pointee = pipe
    // Of the pipe, and of this run.
    retainCore()
    retainCore()
    end = made.future
    callPipe(isKept: true)
    return TENON_STATUS_OK
  }

  /// Made once for each stream that is ever piped.
  private var pipeMemory: UnsafeMutablePointer<Pipe>? {
    if let pipe = pointee.pipe.load(ordering: .acquiring) { return pipe }
    guard
      let made = Memory.take(MemoryLayout<Pipe>.size)?.bindMemory(to: Pipe.self, capacity: 1)
    else { return nil }
    made.initialize(to: Pipe())
    let (exchanged, original) = pointee.pipe.compareExchange(
      expected: nil, desired: made, ordering: .acquiringAndReleasing)
    if exchanged { return made }
    Glibc.free(made)
    return original
  }

  /// From now on the pipe reads, and nobody else.
  private func attachSource(_ stream: UnsafeMutablePointer<EndSlot>) -> tenon_status_t {
    var abandoned = StreamWake.none
    let status = pointee.mutex.withLock {
      let reader = shared.pointee.reader
      if !reader.isNone && !reader.isAbandoned || shared.pointee.isPipeWinding {
        return TENON_STATUS_BUSY
      }
      abandoned = reader.cancellation
      record(tenon__inspect_reader_wakes, reader)
      shared.pointee.reader = .pipe(self)
      stream.setFlags(EndWord.piped)
      if pointee.capacity != 0 { shared.pointee.sink?.setFlags(EndWord.peerWaits) }
      pointee.isPiped.store(true, ordering: .releasing)
      return TENON_STATUS_OK
    }
    abandoned.perform(self)
    return status
  }

  /// The source is anybody's again.
  func letGoOfSource(_ stream: UnsafeMutablePointer<EndSlot>) {
    pointee.mutex.withLock {
      pointee.isPiped.store(false, ordering: .relaxed)
      shared.pointee.isPipeReady = false
      endReaderWait()
      stream.setFlags(0, clearing: EndWord.piped)
    }
  }

  /// From now on the pipe writes, and nobody else.
  private func attachDestination(
    _ destination: UnsafeMutablePointer<StreamCore>, _ sink: UnsafeMutablePointer<EndSlot>
  ) -> tenon_status_t {
    var abandoned = StreamWake.none
    let status = destination.pointee.mutex.withLock {
      let writer = destination.shared.pointee.writer
      let word = EndWord(sink.pointee.head.word.load(ordering: .acquiring))
      if word.has(EndWord.ended) { return TENON_STATUS_CLOSED }
      if word.has(EndWord.piped) || !writer.isNone && !writer.isAbandoned {
        return TENON_STATUS_BUSY
      }
      abandoned = writer.cancellation
      destination.record(tenon__inspect_writer_wakes, writer)
      // If its reader wants no more, that is seen at once.
      destination.shared.pointee.writer = .pipe(self)
      sink.setFlags(EndWord.piped)
      return TENON_STATUS_OK
    }
    abandoned.perform(destination)
    if status != TENON_STATUS_OK || link(to: destination) { return status }
    destination.letGoOfSink(sink)
    return TENON_STATUS_INVALID
  }

  /// The sink is anybody's again.
  func letGoOfSink(_ sink: UnsafeMutablePointer<EndSlot>) {
    pointee.mutex.withLock {
      if case .pipe = shared.pointee.writer {
        shared.pointee.writer = .none
        shared.pointee.stream?.setFlags(0, clearing: EndWord.peerWaits)
      }
      sink.setFlags(0, clearing: EndWord.piped)
    }
  }

  // MARK: Which pipe leads where

  /// False: items would go round in a circle for ever.
  private func link(to destination: UnsafeMutablePointer<StreamCore>) -> Bool {
    Pipe.links.withLock {
      if pointee.isFed.load(ordering: .relaxed) {
        var next: Self? = destination
        while let stream = next {
          if stream == self { return false }
          next = stream.pointee.nextPiped.load(ordering: .relaxed)
        }
      }
      pointee.nextPiped.store(destination, ordering: .relaxed)
      destination.pointee.isFed.store(true, ordering: .relaxed)
      return true
    }
  }

  func unlink(from destination: UnsafeMutablePointer<StreamCore>) {
    Pipe.links.withLock {
      pointee.nextPiped.store(nil, ordering: .relaxed)
      destination.pointee.isFed.store(false, ordering: .relaxed)
    }
  }

  // MARK: Its end as a future

  /// Has a cancel of the pipe's end be one of the source. False: no slot is left.
  private func watchPipe(_ promise: Handle) -> Bool {
    retainCore()
    let context = Unmanaged.passRetained(PipeEnd(self, promise)).toOpaque()
    let function = unsafeBitCast(pipeCancelled, to: UnsafeRawPointer.self)
    let status = onCancel(promise, .none, function, context, isOwn: true) { _ in }
    if status == TENON_STATUS_OK { return true }
    Unmanaged<PipeEnd>.fromOpaque(context).release()
    releaseEnd()
    return false
  }
}

/// What a cancel of a pipe has to find. It holds a reference to the core.
// SAFETY: the core's own rules make it any thread's.
private final class PipeEnd: @unchecked Sendable {
  let source: UnsafeMutablePointer<StreamCore>
  let promise: Handle

  init(_ source: UnsafeMutablePointer<StreamCore>, _ promise: Handle) {
    (self.source, self.promise) = (source, promise)
  }
}

private let pipeCancelled: tenon_cancel_fn = { context, status in
  let end = Unmanaged<PipeEnd>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
  if status == TENON_STATUS_CANCELLED {
    let reason = cancelReason(of: end.promise)
    // Too late if it has ended.
    _ = end.source.cancelByReader(because: reason, isGone: false)
    if let reason { _ = ErrorSlot.release(reason) }
  }
  end.source.releaseEnd()
}
