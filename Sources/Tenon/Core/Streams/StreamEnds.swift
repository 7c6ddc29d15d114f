import CTenon
import CTenonRoot
import Synchronization

// How a stream ends, from either end. The same for a latest value.

extension UnsafeMutablePointer where Pointee == EndSlot {
  /// Gives a pin's reference back, which may turn out to be the last one.
  func unpin(_ end: Handle, _ kind: Handle.Kind) { _ = release(end, kind) }

  /// Gives a reference back; whoever gives the last one ends this end.
  fileprivate func release(_ end: Handle, _ kind: Handle.Kind) -> tenon_status_t {
    var word = EndWord(0)
    if let refusal = change(&word, { $0.releasing(end) }) { return refusal }
    if word.references == 0 { finish(end, kind, word) }
    return TENON_STATUS_OK
  }

  /// Nobody can find this end any more.
  @inline(never) private func finish(_ end: Handle, _ kind: Handle.Kind, _ word: EndWord) {
    let core = pointee.core.unsafelyUnwrapped
    if kind == .sink || kind == .publisher {
      // Released without an end: a broken promise.
      if !word.has(EndWord.ended) { _ = releasePromise(core.pointee.promise) }
      core.finishWriter(isGone: true)
    } else {
      _ = core.cancelByReader(isGone: true)
      core.dropItems(mask: UInt(pointee.mask))
      _ = releaseFuture(core.pointee.future)
    }
    pointee.core = nil
    giveBack(end, kind)
    core.releaseEnd()
  }
}

func retainEnd(_ end: Handle, _ kind: Handle.Kind) -> tenon_status_t {
  guard let slot = kind.end(end) else { return SlotTable.refusal(end) }
  return slot.pin(end) ?? TENON_STATUS_OK
}

func releaseEnd(_ end: Handle, _ kind: Handle.Kind) -> tenon_status_t {
  guard let slot = kind.end(end) else { return SlotTable.refusal(end) }
  return slot.release(end, kind)
}

/// Calls `body` with what both ends share, which stays for the call.
func withCore(
  _ end: Handle, _ kind: Handle.Kind,
  _ body: (UnsafeMutablePointer<StreamCore>) -> tenon_status_t
) -> tenon_status_t {
  guard let slot = kind.end(end) else { return SlotTable.refusal(end) }
  if let refusal = slot.pin(end) { return refusal }
  defer { slot.unpin(end, kind) }
  return body(slot.pointee.core.unsafelyUnwrapped)
}

/// The writer says that nothing more comes, and why: the stream's control promise settles so.
func endStream(
  _ writer: Handle, _ kind: Handle.Kind, as phase: FutureWord.Phase, _ reason: tenon_value_t
) -> tenon_status_t {
  withCore(writer, kind) { core in
    let slot = kind.end(writer).unsafelyUnwrapped
    var word = EndWord(0)
    if let refusal = slot.change(&word, { $0.ending(writer) }) {
      if refusal == TENON_STATUS_ALREADY_SETTLED { core.awaitEnd() }
      return refusal
    }
    Delivery.passOn {
      _ = settle(core.pointee.promise, as: phase, reason)
      core.finishWriter(isGone: false)
    }
    return TENON_STATUS_OK
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// The control promise has settled: a reader that waits is told, once the ring is empty.
  fileprivate func finishWriter(isGone: Bool) {
    var other = StreamWake.none
    pointee.mutex.lock()
    if !shared.pointee.isEnded { record(tenon__inspect_stream_closes, 0) }
    shared.pointee.isEnded = true
    let reader = takeReader(&other)
    let pipe = shared.pointee.isPipeWinding ? StreamWait.pipe(self).wake : .none
    let writer = shared.pointee.writer.cancellation
    endWriterWait()
    if isGone { shared.pointee.sink = nil }
    pointee.mutex.unlock()
    reader.perform(self)
    other.perform(self)
    pipe.perform(self)
    writer.perform(self)
  }

  /// Whoever ends it is about to say how, and calls nobody before that.
  fileprivate func awaitEnd() {
    var backoff = Backoff()
    while pollFuture(pointee.future) == TENON_STATUS_PENDING && backoff.pause() {}
  }

  /// The reader wants no more, or is gone. That and the reason, which is borrowed, is recorded before anybody is told.
  func cancelByReader(because reason: Handle? = nil, isGone: Bool) -> tenon_status_t {
    Delivery.passOn {
      var isMarked = false
      let status = cancelFuture(pointee.future, because: reason) {
        markCancelled(isGone: isGone)
        isMarked = true
      }
      // Requested before, and perhaps not marked yet.
      if !isMarked && (isGone || status == TENON_STATUS_OK) { markCancelled(isGone: isGone) }
      return status
    }
  }

  /// A cancel is requested: nothing more is sent, and a writer that waits is told.
  fileprivate func markCancelled(isGone: Bool) {
    pointee.mutex.lock()
    if !shared.pointee.isCancelled { record(tenon__inspect_stream_cancels, 0) }
    shared.pointee.isCancelled = true
    if !isLatest { shared.pointee.sink?.setFlags(EndWord.cancelled) }
    let writer = shared.pointee.writer.cancellation
    endWriterWait()
    var reader = StreamWake.none
    if isGone {
      reader = shared.pointee.reader.cancellation
      endReaderWait()
      shared.pointee.stream = nil
    }
    pointee.mutex.unlock()
    writer.perform(self)
    reader.perform(self)
  }

  /// The reader is gone, and the writer can send no more: what is buffered ends here.
  fileprivate func dropItems(mask: UInt) {
    var dropped: UInt64 = 0
    if let items = pointee.items {
      var head = pointee.head.load(ordering: .relaxed)
      let tail = pointee.tail.load(ordering: .acquiring)
      Handover.take(self)
      while head != tail {
        (items + Int(head & mask)).pointee.end()
        head &+= 1
        dropped += 1
      }
      pointee.head.store(head, ordering: .relaxed)
    } else if let value = pointee.mutex.withLock({ takeLatestValue() }) {
      value.end()
      dropped = 1
    }
    if dropped != 0 { StreamCounters.dropped.wrappingAdd(dropped, ordering: .relaxed) }
  }
}

/// The reader asks the writer to end, for a reason that is borrowed: see tenon_stream_cancel_with().
func cancelStream(_ reader: Handle, _ kind: Handle.Kind, because reason: Handle? = nil)
  -> tenon_status_t
{
  withCore(reader, kind) { $0.cancelByReader(because: reason, isGone: false) }
}

// MARK: The end as a future

/// Gives a reference to the future of the stream's end, for whoever wants to wait for it: see tenon_stream_copy_end().
func copyStreamEnd(_ reader: Handle, _ kind: Handle.Kind, _ end: inout Handle) -> tenon_status_t {
  withCore(reader, kind) { core in
    var status = core.watchEnd(of: reader)
    if status == TENON_STATUS_OK { status = retainFuture(core.pointee.future) }
    if status == TENON_STATUS_OK { end = core.pointee.future }
    return status
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// From now on a cancel of the end's future, by whomever, is one of the stream. The reader is pinned.
  func watchEnd(of reader: Handle) -> tenon_status_t {
    pointee.mutex.lock()
    if shared.pointee.isEndWatched {
      pointee.mutex.unlock()
      return TENON_STATUS_OK
    }
    // Tenon's own comes before the writer's, which may try to send.
    let status = onCancel(
      pointee.promise, .none, unsafeBitCast(endCancelled, to: UnsafeRawPointer.self),
      UnsafeMutableRawPointer(bitPattern: reader.bits), isOwn: true
    ) { _ in }
    let isWatched =
      status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED
      || status == TENON_STATUS_CANCELLED
    shared.pointee.isEndWatched = isWatched
    pointee.mutex.unlock()
    // Requested before, by the reader or by the executor's close.
    if status == TENON_STATUS_CANCELLED { markCancelled(isGone: false) }
    return isWatched ? TENON_STATUS_OK : status
  }
}

/// A cancel callback: the future of the end was cancelled, which is a cancel of the stream.
private let endCancelled: tenon_cancel_fn = { context, status in
  let reader = Handle(bits: UInt(bitPattern: context))
  guard status == TENON_STATUS_CANCELLED else { return }
  // Gone: then it has cancelled.
  _ = withCore(reader, .reader(reader)) { core in
    core.markCancelled(isGone: false)
    return TENON_STATUS_OK
  }
}

// MARK: What the writer knows of a cancel

/// OK: the reader wants no more, and nothing can be sent; PENDING: it does; SETTLED: the writer has ended it.
func cancelStatus(_ writer: Handle, _ kind: Handle.Kind) -> tenon_status_t {
  withCore(writer, kind) { core in
    let slot = kind.end(writer).unsafelyUnwrapped
    if EndWord(slot.pointee.head.word.load(ordering: .acquiring)).has(EndWord.ended) {
      return TENON_STATUS_SETTLED
    }
    // The mark, which comes after the request: who is refused finds the reason, and who finds it is refused.
    let isCancelled = core.pointee.mutex.withLock { core.shared.pointee.isCancelled }
    return isCancelled ? TENON_STATUS_OK : TENON_STATUS_PENDING
  }
}

func isStreamCancelled(_ writer: Handle, _ kind: Handle.Kind) -> Bool {
  cancelStatus(writer, kind) == TENON_STATUS_OK
}

/// Registers a cancel callback of the stream's control promise.
func onStreamCancel(
  _ writer: Handle, _ kind: Handle.Kind, _ executor: ExecutorName, _ function: UnsafeRawPointer,
  _ context: UnsafeMutableRawPointer?, _ registered: (Handle) -> Void
) -> tenon_status_t {
  withCore(writer, kind) { core in
    let status = onCancel(
      core.pointee.promise, executor, function, context,
      late: { core.markCancelled(isGone: false) }, registered)
    // The promise has no handle of the caller's: once it is settled and its reader gone, that is all there is to say.
    return status == TENON_STATUS_STALE ? TENON_STATUS_SETTLED : status
  }
}

/// A reference to the error that a stream ended with.
func copyStreamError(_ reader: Handle, _ kind: Handle.Kind, _ error: inout Handle?)
  -> tenon_status_t
{
  withCore(reader, kind) { core in
    readFuture(core.pointee.future) { word, value in
      if word.phase == .fulfilled { return TENON_STATUS_SETTLED }
      error = copyError(word, value.pointee)
      return error == nil ? SlotTable.exhaustion() : TENON_STATUS_OK
    }
  }
}

/// Names a stream or a latest value by its reader's end.
func setName(
  ofEnd reader: Handle, _ kind: Handle.Kind, _ name: UnsafePointer<CChar>,
  _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  withCore(reader, kind) { _ in
    kind.withEndTable { table in
      Notes.name(reader, in: table, name, source) { TENON_STATUS_OK }
    }
  }
}
