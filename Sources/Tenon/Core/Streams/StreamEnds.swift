import CTenon
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
    guard let core = pointee.core else { return }
    if kind == .sink || kind == .publisher {
      // Released without an end: a broken promise.
      if !word.has(EndWord.ended) { _ = releasePromise(core.pointee.promise) }
      core.finishWriter(isGone: true)
    } else {
      let isEndLent = core.cancelByReader(isGone: true)
      core.dropItems(mask: UInt(pointee.mask))
      // Else this is its last reader, and the cancel.
      if isEndLent { _ = cancelFuture(core.pointee.future) }
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
    guard let slot = kind.end(writer) else { return TENON_STATUS_STALE }
    var word = EndWord(0)
    if let refusal = slot.change(&word, { $0.ending(writer) }) { return refusal }
    _ = settle(core.pointee.promise, as: phase, reason)
    core.finishWriter(isGone: false)
    return TENON_STATUS_OK
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// The control promise has settled: a reader that waits is told, once the ring is empty.
  fileprivate func finishWriter(isGone: Bool) {
    var other = StreamWake.none
    pointee.mutex.lock()
    shared.pointee.isEnded = true
    let reader = takeReader(&other)
    let writer = shared.pointee.writer
    shared.pointee.writer = .none
    if isGone { shared.pointee.sink = nil }
    pointee.mutex.unlock()
    reader.perform(self)
    other.perform(self)
    writer.cancellation.perform(self)
  }

  /// The reader wants no more, or is gone: nothing more is sent, and a writer that waits is told. Says whether others may
  /// hold the future of the end.
  @discardableResult
  func cancelByReader(isGone: Bool) -> Bool {
    pointee.mutex.lock()
    shared.pointee.isCancelled = true
    if !isLatest { shared.pointee.sink?.setFlags(EndWord.cancelled) }
    let writer = shared.pointee.writer
    shared.pointee.writer = .none
    var reader = StreamWait.none
    if isGone {
      reader = shared.pointee.reader
      endReaderWait()
      shared.pointee.stream = nil
    }
    let isEndLent = shared.pointee.isEndLent
    pointee.mutex.unlock()
    writer.cancellation.perform(self)
    reader.cancellation.perform(self)
    return isEndLent
  }

  /// The reader is gone, and the writer can send no more: what is buffered ends here.
  fileprivate func dropItems(mask: UInt) {
    var dropped: UInt64 = 0
    if let items = pointee.items {
      var head = pointee.head.load(ordering: .relaxed)
      let tail = pointee.tail.load(ordering: .acquiring)
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

/// The reader asks the writer to end: see tenon_stream_cancel().
func cancelStream(_ reader: Handle, _ kind: Handle.Kind) -> tenon_status_t {
  withCore(reader, kind) { core in
    if core.pointee.mutex.withLock({ core.hasEnded }) { return TENON_STATUS_SETTLED }
    core.cancelByReader(isGone: false)
    return cancelFuture(core.pointee.future)
  }
}

// MARK: The end as a future

/// Gives a reference to the future of the stream's end, for whoever wants to wait for it: see tenon_stream_copy_end().
func copyStreamEnd(_ reader: Handle, _ kind: Handle.Kind, _ end: inout Handle) -> tenon_status_t {
  withCore(reader, kind) { core in
    var status = core.lendEnd(of: reader)
    if status == TENON_STATUS_OK { status = retainFuture(core.pointee.future) }
    if status == TENON_STATUS_OK { end = core.pointee.future }
    return status
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// From now on a cancel of the end's future, by whomever, is one of the stream. The reader is pinned.
  fileprivate func lendEnd(of reader: Handle) -> tenon_status_t {
    pointee.mutex.lock()
    if shared.pointee.isEndLent {
      pointee.mutex.unlock()
      return TENON_STATUS_OK
    }
    // Before the writer's own callbacks, which may try to send.
    let status = onCancel(
      pointee.promise, .none, unsafeBitCast(endCancelled, to: UnsafeRawPointer.self),
      UnsafeMutableRawPointer(bitPattern: reader.bits), isOwn: true, beforeOthers: true
    ) { _ in }
    let isWatched =
      status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED
      || status == TENON_STATUS_CANCELLED
    shared.pointee.isEndLent = isWatched
    pointee.mutex.unlock()
    // Requested before, by the reader or by the executor's close.
    if status == TENON_STATUS_CANCELLED { cancelByReader(isGone: false) }
    return isWatched ? TENON_STATUS_OK : status
  }
}

/// A cancel callback: the future of the end was cancelled, which is a cancel of the stream.
private let endCancelled: tenon_cancel_fn = { context, status in
  let reader = Handle(bits: UInt(bitPattern: context))
  guard status == TENON_STATUS_CANCELLED else { return }
  // Gone: then it has cancelled.
  _ = withCore(reader, .reader(reader)) { core in
    core.cancelByReader(isGone: false)
    return TENON_STATUS_OK
  }
}

func isStreamCancelled(_ writer: Handle, _ kind: Handle.Kind) -> Bool {
  withCore(writer, kind) { core in
    isCancelRequested(core.pointee.promise) ? TENON_STATUS_OK : TENON_STATUS_PENDING
  } == TENON_STATUS_OK
}

/// Registers a cancel callback of the stream's control promise.
func onStreamCancel(
  _ writer: Handle, _ kind: Handle.Kind, _ executor: ExecutorName, _ function: UnsafeRawPointer,
  _ context: UnsafeMutableRawPointer?, _ registered: (Handle) -> Void
) -> tenon_status_t {
  withCore(writer, kind) { core in
    let status = onCancel(core.pointee.promise, executor, function, context, registered)
    // The promise has no handle of the caller's: once it is settled and its reader gone, that is all there is to say.
    return status == TENON_STATUS_STALE ? TENON_STATUS_SETTLED : status
  }
}
