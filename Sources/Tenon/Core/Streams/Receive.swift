import CTenon
import CTenonRoot
import Synchronization

// The reader's part: out of the ring while there is something, and else into a wait.

extension UnsafeMutablePointer where Pointee == EndSlot {
  /// Moves out as many as there are. PENDING: there are none, or not enough, and the slot is pinned for whoever wants to know
  /// more.
  @inline(__always) func receive(
    _ stream: Handle, _ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int,
    _ received: inout Int, minimum: Int = 1
  ) -> tenon_status_t {
    var word = EndWord(0)
    if let refusal = enter(stream, &word) { return refusal }
    let head = pointee.index.load(ordering: .relaxed)
    let core = pointee.core.unsafelyUnwrapped
    var some = pointee.seen &- head
    if some < UInt(count) {
      pointee.seen = core.pointee.tail.load(ordering: .acquiring)
      some = pointee.seen &- head
      if _slowPath(some < UInt(minimum)) {
        leavePinned(word)
        return TENON_STATUS_PENDING
      }
    }
    some = Swift.min(some, UInt(count))
    let items = pointee.items.unsafelyUnwrapped
    let mask = UInt(pointee.mask)
    for offset in 0..<some {
      UnsafeMutableRawPointer(values + Int(offset))
        .copyMemory(
          from: items + Int((head &+ offset) & mask), byteCount: MemoryLayout<tenon_value_t>.size)
    }
    publishReceived(core, head &+ some)
    received = Int(some)
    if _slowPath(word.has(EndWord.peerWaits)) {
      leavePinned(word, moved: some, tenon__inspect_stream_receives)
      wakeWriter(stream)
    } else {
      leave(word, moved: some, tenon__inspect_stream_receives)
    }
    return TENON_STATUS_OK
  }

  @inline(__always) func publishReceived(_ core: UnsafeMutablePointer<StreamCore>, _ head: UInt) {
    pointee.index.store(head, ordering: .relaxed)
    core.pointee.head.store(head, ordering: .releasing)
  }

  /// The writer waits for the room that was just made. The slot is pinned.
  @inline(never) private func wakeWriter(_ stream: Handle) {
    let core = pointee.core.unsafelyUnwrapped
    let wake = core.pointee.mutex.withLock { core.takeWriter() }
    wake.perform(core)
    unpin(stream, .stream)
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// Has the reader wait for an item, or for several, or with nil only asks. OK: they are there now, or what there will ever
  /// be; ENDED, REJECTED, CANCELLED: there never will be one. The stream is pinned.
  func awaitItem(_ wait: StreamWait?, minimum: Int = 1) -> tenon_status_t {
    var (writer, abandoned) = (StreamWake.none, StreamWake.none)
    let status = pointee.mutex.withLock { beginWait(wait, UInt(minimum), &writer, &abandoned) }
    abandoned.perform(self)
    writer.perform(self)
    return status
  }

  /// The same for C, by the future in `wait`. It is made if it is wanted, and only when there is nothing to receive.
  func awaitSignal(
    of reader: Handle, _ wait: inout PromisedWait?, isWanted: Bool, minimum: Int = 1
  ) -> tenon_status_t {
    while true {
      let status = awaitItem(wait.map { .signal($0.promise) }, minimum: minimum)
      guard status == TENON_STATUS_PENDING, wait == nil, isWanted else { return status }
      wait = PromisedWait(pointee.executor)
      guard wait?.watch(reader, giveUpReaderWait) == true else {
        wait = nil
        return SlotTable.exhaustion()
      }
    }
  }

  private func beginWait(
    _ wait: StreamWait?, _ minimum: UInt, _ writer: inout StreamWake,
    _ abandoned: inout StreamWake
  ) -> tenon_status_t {
    // The end is looked at first: what was sent before it is seen then.
    if case .pipe = shared.pointee.reader { return TENON_STATUS_BUSY }
    let isEnded = hasEnded
    if isEnded { return hasItem ? TENON_STATUS_OK : endStatus }
    if has(minimum) { return TENON_STATUS_OK }
    guard let wait else { return TENON_STATUS_PENDING }
    let former = shared.pointee.reader
    if !former.isNone {
      guard former.isAbandoned else { return TENON_STATUS_BUSY }
      abandoned = former.cancellation
    }
    // Seen by the next send, or made before this looks again.
    beginReaderWait(wait, minimum)
    if has(minimum) {
      endReaderWait()
      return TENON_STATUS_OK
    }
    if pointee.capacity == 0 { writer = takeWriter() }
    return TENON_STATUS_PENDING
  }

  /// Ends the reader's wait as cancelled, if it is this one.
  func giveUpReader(if isIt: (StreamWait) -> Bool) {
    let wake = pointee.mutex.withLock {
      let wait = shared.pointee.reader
      guard isIt(wait) else { return StreamWake.none }
      endReaderWait()
      return wait.cancellation
    }
    wake.perform(self)
  }
}

/// A future of the next item: see tenon_stream_next().
func nextItem(
  _ stream: Handle, _ kind: Handle.Kind, _ future_out: UnsafeMutablePointer<OpaquePointer?>
) -> tenon_status_t {
  guard let slot = kind.end(stream) else { return SlotTable.refusal(stream) }
  if let refusal = slot.pin(stream) { return refusal }
  defer { slot.unpin(stream, kind) }
  let core = slot.pointee.core.unsafelyUnwrapped
  guard let wait = PromisedWait(core.pointee.executor) else { return SlotTable.exhaustion() }
  var isWatched = false
  while true {
    var value = tenon_value_none()
    var status = slot.takeOne(stream, kind, &value)
    if status == TENON_STATUS_OK {
      _ = settle(wait.promise, as: .fulfilled, value)
    } else if status == TENON_STATUS_PENDING {
      if !isWatched {
        if !wait.watch(stream, giveUpReaderWait) { return SlotTable.exhaustion() }
        isWatched = true
      }
      status = core.awaitItem(.item(wait.promise))
      if status == TENON_STATUS_OK { continue }
      if status == TENON_STATUS_BUSY {
        wait.discard()
        return status
      }
      if status != TENON_STATUS_PENDING { core.settleWithEnd(wait.promise) }
    } else {
      wait.discard()
      return status
    }
    future_out.pointee = wait.future.pointer
    return TENON_STATUS_OK
  }
}

extension UnsafeMutablePointer where Pointee == EndSlot {
  /// Moves one item out, if there is one: else PENDING. The caller has pinned the slot.
  fileprivate func takeOne(
    _ reader: Handle, _ kind: Handle.Kind, _ value: UnsafeMutablePointer<tenon_value_t>
  ) -> tenon_status_t {
    if kind == .latest {
      return pointee.core.unsafelyUnwrapped.takeLatest(value)
    }
    var count = 0
    let status = receive(reader, value, 1, &count)
    if status == TENON_STATUS_PENDING { unpin(reader, kind) }
    return status
  }
}

/// Moves out what is there: see tenon_stream_next_batch().
@inline(__always) func receiveItems(
  _ stream: Handle, _ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int,
  _ received: inout Int, _ ready: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let slot = Handle.Kind.stream.end(stream) else { return SlotTable.refusal(stream) }
  let status = slot.receive(stream, values, count, &received)
  if _fastPath(status != TENON_STATUS_PENDING) { return status }
  return awaitItems(stream, slot, ready) { slot.receive(stream, values, count, &received) }
}

/// The same, when there are enough, or the last ones: see tenon_stream_next_at_least().
func receiveItems(
  _ stream: Handle, _ values: UnsafeMutablePointer<tenon_value_t>, atLeast minimum: Int,
  _ count: Int, _ received: inout Int, _ ready: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let slot = Handle.Kind.stream.end(stream) else { return SlotTable.refusal(stream) }
  let capacity = withCore(stream, .stream) {
    max($0.pointee.capacity, 1) < UInt(minimum) ? TENON_STATUS_INVALID : TENON_STATUS_OK
  }
  if capacity != TENON_STATUS_OK { return capacity }
  let status = slot.receive(stream, values, count, &received, minimum: minimum)
  if status != TENON_STATUS_PENDING { return status }
  // After the wait there are enough, or the last ones.
  return awaitItems(stream, slot, ready, minimum: minimum) {
    slot.receive(stream, values, count, &received)
  }
}

@inline(never) private func awaitItems(
  _ stream: Handle, _ slot: UnsafeMutablePointer<EndSlot>,
  _ ready: UnsafeMutablePointer<OpaquePointer?>?, minimum: Int = 1,
  _ receive: () -> tenon_status_t
) -> tenon_status_t {
  let core = slot.pointee.core.unsafelyUnwrapped
  var wait: PromisedWait?
  if ready != nil && core.lookForItem(minimum) {
    slot.unpin(stream, .stream)
    let status = receive()
    if status != TENON_STATUS_PENDING { return status }
  }
  while true {
    var status = core.awaitSignal(of: stream, &wait, isWanted: ready != nil, minimum: minimum)
    slot.unpin(stream, .stream)
    if status == TENON_STATUS_OK {
      status = receive()
      if status == TENON_STATUS_PENDING { continue }
    }
    if status == TENON_STATUS_PENDING, let wait {
      ready?.pointee = wait.future.pointer
    } else {
      wait?.discard()
    }
    return status
  }
}

/// Asks whether there is an item, or the end: see tenon_stream_ready().
func awaitReady(_ stream: Handle, _ ready: UnsafeMutablePointer<OpaquePointer?>?) -> tenon_status_t
{
  withCore(stream, .stream) { core in
    var wait: PromisedWait?
    let status = core.awaitSignal(of: stream, &wait, isWanted: ready != nil)
    if status == TENON_STATUS_PENDING, let wait {
      ready?.pointee = wait.future.pointer
    } else {
      wait?.discard()
    }
    return status
  }
}

/// Calls `look` with the next item, where it is: see tenon_stream_peek().
func peekItem(_ stream: Handle, _ look: (UnsafeMutablePointer<tenon_value_t>) -> Void)
  -> tenon_status_t
{
  guard let slot = Handle.Kind.stream.end(stream) else { return SlotTable.refusal(stream) }
  while true {
    var word = EndWord(0)
    if let refusal = slot.enter(stream, &word) { return refusal }
    let core = slot.pointee.core.unsafelyUnwrapped
    let head = slot.pointee.index.load(ordering: .relaxed)
    if head != core.pointee.tail.load(ordering: .acquiring) {
      look(slot.pointee.items.unsafelyUnwrapped + Int(head & UInt(slot.pointee.mask)))
      slot.leave(word)
      return TENON_STATUS_OK
    }
    slot.leavePinned(word)
    let status = core.awaitItem(nil)
    slot.unpin(stream, .stream)
    if status != TENON_STATUS_OK { return status }
  }
}

/// A cancel callback: the future of a wait for an item, or for a latest value, is not wanted any more.
private func giveUpReaderWait(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let reader = Handle(bits: UInt(bitPattern: context))
  let kind = Handle.Kind.reader(reader)
  // Gone: then its waits have been ended.
  guard status == TENON_STATUS_CANCELLED, let slot = kind.end(reader), slot.pin(reader) == nil
  else { return }
  slot.pointee.core.unsafelyUnwrapped.giveUpReader { $0.promise.map(isCancelRequested) ?? false }
  slot.unpin(reader, kind)
}
