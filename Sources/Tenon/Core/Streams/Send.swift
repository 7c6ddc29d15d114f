import CTenon
import CTenonRoot
import Synchronization

// The writer's part: into the ring while there is room, and else into a wait.

extension UnsafeMutablePointer where Pointee == EndSlot {
  /// Moves as many as fit. PENDING: none did, and the slot is pinned for whoever wants to wait.
  @inline(__always) func send(
    _ sink: Handle, _ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int, _ sent: inout Int
  ) -> tenon_status_t {
    var word = EndWord(0)
    if let refusal = enter(sink, &word) { return refusal }
    let tail = pointee.index.load(ordering: .relaxed)
    let room = room(tail, word, UInt(count))
    if _slowPath(room == 0) {
      leavePinned(word)
      return TENON_STATUS_PENDING
    }
    let some = Swift.min(room, UInt(count))
    let items = pointee.items.unsafelyUnwrapped
    let mask = UInt(pointee.mask)
    for offset in 0..<some {
      let source = values + Int(offset)
      UnsafeMutableRawPointer(items + Int((tail &+ offset) & mask))
        .copyMemory(from: source, byteCount: MemoryLayout<tenon_value_t>.size)
      source.empty()
    }
    publish(pointee.core.unsafelyUnwrapped, tail &+ some)
    sent = Int(some)
    if _slowPath(word.has(EndWord.peerWaits)) {
      leavePinned(word, moved: some, tenon__inspect_stream_sends)
      wakeReader(sink)
    } else {
      leave(word, moved: some, tenon__inspect_stream_sends)
    }
    return TENON_STATUS_OK
  }

  @inline(__always) func publish(_ core: UnsafeMutablePointer<StreamCore>, _ tail: UInt) {
    pointee.index.store(tail, ordering: .relaxed)
    core.pointee.tail.store(tail, ordering: .releasing)
  }

  /// How many fit, looked up no more often than it must be.
  @inline(__always) func room(_ tail: UInt, _ word: EndWord, _ wanted: UInt) -> UInt {
    let capacity = UInt(pointee.capacity)
    let room = capacity &- (tail &- pointee.seen)
    if _fastPath(room >= wanted && capacity != 0) { return room }
    let head = pointee.core.unsafelyUnwrapped.pointee.head.load(ordering: .acquiring)
    pointee.seen = head
    // A rendezvous has room exactly while a reader waits.
    if capacity == 0 { return tail == head && word.has(EndWord.peerWaits) ? 1 : 0 }
    return capacity &- (tail &- head)
  }

  /// The reader waits for what was just sent. The slot is pinned.
  @inline(never) private func wakeReader(_ sink: Handle) {
    let core = pointee.core.unsafelyUnwrapped
    core.wakeReader()
    unpin(sink, .sink)
  }
}

extension UnsafeMutablePointer where Pointee == tenon_value_t {
  /// Leaves a value that holds nothing, where it has moved away.
  @inline(__always) func empty() {
    UnsafeMutableRawPointer(self).storeBytes(of: 0, as: UInt32.self)
    pointee.drop = nil
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// Has the writer wait for room, or with nil only asks. OK: there is some now. The sink is pinned.
  func awaitRoom(_ wait: StreamWait?) -> tenon_status_t {
    var abandoned = StreamWake.none
    let status = pointee.mutex.withLock { beginWait(wait, &abandoned) }
    abandoned.perform(self)
    return status
  }

  private func beginWait(_ wait: StreamWait?, _ abandoned: inout StreamWake) -> tenon_status_t {
    if shared.pointee.isEnded { return TENON_STATUS_CLOSED }
    guard !shared.pointee.isCancelled, let stream = shared.pointee.stream else {
      return TENON_STATUS_CANCELLED
    }
    if case .pipe = shared.pointee.writer { return TENON_STATUS_BUSY }
    if !hasRoom {
      guard let wait else { return TENON_STATUS_PENDING }
      let former = shared.pointee.writer
      if !former.isNone {
        guard former.isAbandoned else { return TENON_STATUS_BUSY }
        endWriterWait()
        abandoned = former.cancellation
      }
      // Seen by the next receive, or made before this looks again. For a rendezvous the reader's wait is what counts.
      if pointee.capacity != 0 { stream.setFlags(EndWord.peerWaits) }
      if !hasRoom {
        shared.pointee.writer = wait
        record(tenon__inspect_writer_waits, wait)
        pointee.writerSpin.beginWait()
        return TENON_STATUS_PENDING
      }
      stream.setFlags(0, clearing: EndWord.peerWaits)
    }
    return TENON_STATUS_OK
  }

  /// Whoever waits for an item gets it, if it is still there.
  func wakeReader() {
    if pointee.isPiped.load(ordering: .acquiring) { return kick() }
    var (reader, writer) = (StreamWake.none, StreamWake.none)
    pointee.mutex.lock()
    reader = takeReader(&writer)
    pointee.mutex.unlock()
    reader.perform(self)
    writer.perform(self)
  }

  /// Under the mutex: ends the reader's wait, if there is an item or never will be one.
  func takeReader(_ writer: inout StreamWake) -> StreamWake {
    switch shared.pointee.reader {
    case .none:
      endReaderWait()
      return .none
    case .item(let promise):
      pointee.readerSpin.endWait()
      if hasItem { return isLatest ? offerLatest(promise) : offerItem(promise, &writer) }
      guard shared.pointee.isEnded else { return .none }
      endReaderWait()
      return .end(promise)
    case .signal, .task:
      guard has(shared.pointee.readerMinimum) || shared.pointee.isEnded else { return .none }
      pointee.readerSpin.endWait()
      let wake = shared.pointee.reader.wake
      endReaderWait()
      return wake
    case .pipe:
      return hasItem || shared.pointee.isEnded ? shared.pointee.reader.wake : .none
    }
  }

  /// Under the mutex: moves the oldest item into the future of the reader that waits for it.
  private func offerItem(_ promise: Handle, _ writer: inout StreamWake) -> StreamWake {
    let stream = shared.pointee.stream.unsafelyUnwrapped
    let items = pointee.items.unsafelyUnwrapped
    endReaderWait()
    let word = stream.lend()
    let head = stream.pointee.index.load(ordering: .relaxed)
    let tail = pointee.tail.load(ordering: .acquiring)
    Handover.take(self)
    guard head != tail else {
      stream.endLoan(word)
      beginReaderWait(.item(promise))
      return .none
    }
    let wake = offer(promise, moving: items + Int(head & UInt(stream.pointee.mask))) {
      stream.pointee.seen = tail
      stream.publishReceived(self, head &+ 1)
      stream.endLoan(word)
    }
    guard let wake else {
      stream.endLoan(word)
      return .cancel(promise)
    }
    record(tenon__inspect_stream_receives, 1)
    if word.has(EndWord.peerWaits) { writer = takeWriter() }
    return wake
  }

  /// Under the mutex: the flag tells the writer of the wait.
  func beginReaderWait(_ wait: StreamWait, _ minimum: UInt = 1) {
    shared.pointee.reader = wait
    shared.pointee.readerMinimum = minimum
    record(tenon__inspect_reader_waits, wait)
    pointee.readerSpin.beginWait()
    if !isLatest { shared.pointee.sink?.setFlags(EndWord.peerWaits) }
  }

  /// Under the mutex.
  func endReaderWait() {
    record(tenon__inspect_reader_wakes, shared.pointee.reader)
    shared.pointee.reader = .none
    if !isLatest { shared.pointee.sink?.setFlags(0, clearing: EndWord.peerWaits) }
  }
}

/// Sends as many values as fit: see tenon_sink_send_batch(). `room`, if given, gets a future when none did.
@inline(__always) func sendItems(
  _ sink: Handle, _ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int, _ sent: inout Int,
  _ room: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let slot = Handle.Kind.sink.end(sink) else { return SlotTable.refusal(sink) }
  let status = slot.send(sink, values, count, &sent)
  if _fastPath(status != TENON_STATUS_PENDING) { return status }
  return awaitRoom(sink, slot, values, count, &sent, room)
}

@inline(never) private func awaitRoom(
  _ sink: Handle, _ slot: UnsafeMutablePointer<EndSlot>,
  _ values: UnsafeMutablePointer<tenon_value_t>, _ count: Int, _ sent: inout Int,
  _ room: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let room else {
    slot.unpin(sink, .sink)
    return TENON_STATUS_PENDING
  }
  let core = slot.pointee.core.unsafelyUnwrapped
  if core.lookForRoom() {
    slot.unpin(sink, .sink)
    let status = slot.send(sink, values, count, &sent)
    if status != TENON_STATUS_PENDING { return status }
  }
  // The reader's work, wherever that is, makes room.
  guard let wait = PromisedWait(.none), wait.watch(sink, giveUpWriterWait) else {
    slot.unpin(sink, .sink)
    return SlotTable.exhaustion()
  }
  while true {
    let status = core.awaitRoom(.signal(wait.promise))
    slot.unpin(sink, .sink)
    if status == TENON_STATUS_PENDING {
      room.pointee = wait.future.pointer
      return status
    }
    if status == TENON_STATUS_OK {
      let status = slot.send(sink, values, count, &sent)
      if status == TENON_STATUS_PENDING { continue }
      wait.discard()
      return status
    }
    wait.discard()
    return status
  }
}

/// Asks whether there is room: see tenon_sink_ready().
func awaitReady(sink: Handle, _ room: UnsafeMutablePointer<OpaquePointer?>?) -> tenon_status_t {
  withCore(sink, .sink) { core in
    let status = core.awaitRoom(nil)
    guard status == TENON_STATUS_PENDING, let room else { return status }
    // The reader's work, wherever that is, makes room.
    guard let wait = PromisedWait(.none), wait.watch(sink, giveUpWriterWait) else {
      return SlotTable.exhaustion()
    }
    let waiting = core.awaitRoom(.signal(wait.promise))
    if waiting == TENON_STATUS_PENDING {
      room.pointee = wait.future.pointer
    } else {
      wait.discard()
    }
    return waiting
  }
}

/// A cancel callback: the future of a wait for room is not wanted any more.
private func giveUpWriterWait(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let sink = Handle(bits: UInt(bitPattern: context))
  // Gone: then its waits have been ended.
  guard status == TENON_STATUS_CANCELLED, let slot = Handle.Kind.sink.end(sink),
    slot.pin(sink) == nil
  else { return }
  slot.pointee.core.unsafelyUnwrapped.giveUpWriter { $0.promise.map(isCancelRequested) ?? false }
  slot.unpin(sink, .sink)
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// Ends the writer's wait as cancelled, if it is this one.
  func giveUpWriter(if isIt: (StreamWait) -> Bool) {
    let wake = pointee.mutex.withLock {
      let wait = shared.pointee.writer
      guard isIt(wait) else { return StreamWake.none }
      endWriterWait()
      shared.pointee.stream?.setFlags(0, clearing: EndWord.peerWaits)
      return wait.cancellation
    }
    wake.perform(self)
  }

  /// Under the mutex.
  func endWriterWait() {
    record(tenon__inspect_writer_wakes, shared.pointee.writer)
    shared.pointee.writer = .none
  }

  /// Under the mutex: ends the writer's wait, if there is room.
  func takeWriter() -> StreamWake {
    let wait = shared.pointee.writer
    if !wait.isNone {
      if !hasRoom { return .none }
      pointee.writerSpin.endWait()
    }
    if case .pipe = wait {} else { endWriterWait() }
    if pointee.capacity != 0 { shared.pointee.stream?.setFlags(0, clearing: EndWord.peerWaits) }
    return wait.wake
  }
}
