import CLinux
import CTenon
import CTenonRoot
import Glibc
import Synchronization

/// What moves items out of a stream into a sink, without anybody's code in between: see tenon_stream_pipe().
///
/// It has no thread and no executor. Whoever makes a move possible makes it: a send into the source, a receive from the
/// destination, an end or a cancel **kicks** the pipe, which is counted in the source's `pipeKicks`. Who finds the count at 0 runs
/// the pipe, and has all that is in here to itself; who comes meanwhile only counts, and is seen when the count is given back.
/// A run is one of Tenon's own callbacks (``Delivery``), so a chain of pipes of any length needs the stack of one, and nobody is
/// told of anything before the run is over.
///
/// Its life: **moving**; then **winding** down, if the destination wants no more: the source is cancelled, and how it ends is
/// waited for; then **over**. A flag in the word of both ends keeps other operations out.
struct Pipe {
  enum Stage { case over, moving, winding }

  var stage = Stage.over
  /// Whether the run that is due has a reference to the source's core.
  var isKept = false
  /// The sink is left open when the source ends.
  var keepsSink = false
  /// The source's read end and the destination's write end, each with a reference.
  var stream = Handle(bits: 0)
  var sink = Handle(bits: 0)
  var streamSlot: UnsafeMutablePointer<EndSlot>?
  var sinkSlot: UnsafeMutablePointer<EndSlot>?
  var destination: UnsafeMutablePointer<StreamCore>?
  /// The pipe's own end.
  var promise = Handle(bits: 0)
  /// Of one that winds down: how it ends, if the source does not fail.
  var failure = (phase: FutureWord.Phase.cancelled, value: tenon_value_none())

  /// How many times a run moves before it lets somebody else go on: else two busy threads could keep a third one.
  static let movesMost = 16
  /// Over which pipe leads where: `nextPiped` and `isFed` of all streams.
  static let links = Mutex()
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  // MARK: Running

  /// Something may have become possible. The caller keeps this core, the source's, for the call.
  func kick() {
    if pointee.pipeKicks.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue == 0 {
      callPipe(isKept: false)
    }
  }

  /// Runs the pipe, by whoever has won that; `isKept`: with a reference to this core, which the run gives back.
  func callPipe(isKept: Bool) {
    let pipe = pointee.pipe.load(ordering: .relaxed).unsafelyUnwrapped
    pipe.pointee.isKept = isKept
    let item = Delivery.Item(function: runPipeItem, context: UnsafeMutableRawPointer(self))
    Delivery.passOn(item) {
      if !isKept { retainCore() }
      pipe.pointee.isKept = true
    }
  }

  fileprivate func runPipe() {
    let pipe = pointee.pipe.load(ordering: .relaxed).unsafelyUnwrapped
    let isKept = pipe.pointee.isKept
    var rounds = 0
    while true {
      let isDone = pass(pipe)
      if isDone,
        pointee.pipeKicks.compareExchange(
          expected: 1, desired: 0, ordering: .acquiringAndReleasing
        ).exchanged
      {
        break
      }
      // Whoever is here next goes on.
      pointee.pipeKicks.store(0, ordering: .releasing)
      rounds += 1
      if rounds > Pipe.movesMost { for _ in 0..<64 { tenon__spin() } }
      if pointee.pipeKicks.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue != 0 { break }
    }
    if isKept { releaseEnd() }
  }

  /// Moves what can be moved. False: there may be more.
  private func pass(_ pipe: UnsafeMutablePointer<Pipe>) -> Bool {
    if pipe.pointee.stage == .winding { endWinding(pipe) }
    guard pipe.pointee.stage == .moving, let destination = pipe.pointee.destination else {
      return true
    }
    for _ in 0..<Pipe.movesMost {
      switch move(pipe, destination) {
      case TENON_STATUS_OK: continue
      case TENON_STATUS_SETTLED:
        // Whatever comes from here on kicks.
        if pointee.capacity != 0 && pollFuture(pointee.future) == TENON_STATUS_PENDING {
          return true
        }
      case TENON_STATUS_ENDED:
        // The end is looked at first: what was sent before it is seen then.
        if pollFuture(pointee.future) != TENON_STATUS_PENDING {
          if hasItem { continue }
          finish(pipe)
          return true
        }
        if let status = destination.refusal(pipe) {
          wind(pipe, destination, status)
          return true
        }
        if pointee.capacity != 0 || !destination.awaitPipedRoom() { return true }
        offerRendezvous()
        return true
      case TENON_STATUS_PENDING: if !destination.awaitPipedRoom() { return true }
      case let status:
        wind(pipe, destination, status)
        return true
      }
    }
    return false
  }

  /// Moves as many as there are and as fit. SETTLED: that was all; ENDED: there are none; PENDING: none fits; else why none
  /// is taken.
  private func move(
    _ pipe: UnsafeMutablePointer<Pipe>, _ destination: UnsafeMutablePointer<StreamCore>
  ) -> tenon_status_t {
    let stream = pipe.pointee.streamSlot.unsafelyUnwrapped
    let sink = pipe.pointee.sinkSlot.unsafelyUnwrapped
    let head = stream.pointee.index.load(ordering: .relaxed)
    if head == pointee.tail.load(ordering: .acquiring) { return TENON_STATUS_ENDED }
    Handover.pass(self)
    if pointee.capacity == 0 { withdrawRendezvous() }
    var (read, write) = (EndWord(0), EndWord(0))
    if let refusal = sink.change(&write, { $0.pipingIn }) { return refusal }
    let tail = sink.pointee.index.load(ordering: .relaxed)
    let room = sink.room(tail, write, UInt.max)
    if room == 0 {
      sink.leave(write)
      return TENON_STATUS_PENDING
    }
    _ = stream.change(&read) { $0.pipingOut }
    let sent = pointee.tail.load(ordering: .acquiring)
    Handover.take(self)
    let count = Swift.min(sent &- head, room)
    let (from, to) = (stream.pointee.items.unsafelyUnwrapped, sink.pointee.items.unsafelyUnwrapped)
    let (fromMask, toMask) = (UInt(stream.pointee.mask), UInt(sink.pointee.mask))
    for offset in 0..<count {
      UnsafeMutableRawPointer(to + Int((tail &+ offset) & toMask))
        .copyMemory(
          from: from + Int((head &+ offset) & fromMask),
          byteCount: MemoryLayout<tenon_value_t>.size)
    }
    sink.publish(destination, tail &+ count)
    stream.pointee.seen = sent
    stream.publishReceived(self, head &+ count)
    sink.leave(write, moved: count, tenon__inspect_stream_sends)
    stream.leave(read, moved: count, tenon__inspect_stream_receives)
    if write.has(EndWord.peerWaits) { destination.wakeReader() }
    if read.has(EndWord.peerWaits) {
      let writer = pointee.mutex.withLock { takeWriter() }
      writer.perform(self)
    }
    return count == sent &- head ? TENON_STATUS_SETTLED : TENON_STATUS_OK
  }

  /// Of a destination: why it takes nothing; nil: it does.
  private func refusal(_ pipe: UnsafeMutablePointer<Pipe>) -> tenon_status_t? {
    let sink = pipe.pointee.sinkSlot.unsafelyUnwrapped
    let word = EndWord(sink.pointee.head.word.load(ordering: .acquiring))
    if word.has(EndWord.ended) { return TENON_STATUS_CLOSED }
    return word.has(EndWord.cancelled) ? TENON_STATUS_CANCELLED : nil
  }

  /// Of a destination: has its reader kick when there is room. True: there is some now.
  private func awaitPipedRoom() -> Bool {
    pointee.mutex.withLock {
      // Gone, or cancelled: that is seen on the next move.
      guard let stream = shared.pointee.stream else { return true }
      if hasRoom { return true }
      if pointee.capacity != 0 { stream.setFlags(EndWord.peerWaits) }
      if !hasRoom { return false }
      if pointee.capacity != 0 { stream.setFlags(0, clearing: EndWord.peerWaits) }
      return true
    }
  }

  /// Of a rendezvous: there is room for one item while the destination has some.
  private func offerRendezvous() {
    let writer = pointee.mutex.withLock {
      if shared.pointee.isPipeReady { return StreamWake.none }
      shared.pointee.isPipeReady = true
      shared.pointee.sink?.setFlags(EndWord.peerWaits)
      return takeWriter()
    }
    writer.perform(self)
  }

  private func withdrawRendezvous() {
    pointee.mutex.withLock {
      shared.pointee.isPipeReady = false
      shared.pointee.sink?.setFlags(0, clearing: EndWord.peerWaits)
    }
  }

  // MARK: Ending

  /// The destination wants no more, or somebody has ended it: the source is cancelled for that, and the pipe ends when it does.
  private func wind(
    _ pipe: UnsafeMutablePointer<Pipe>, _ destination: UnsafeMutablePointer<StreamCore>,
    _ status: tenon_status_t
  ) {
    pipe.pointee.stage = .winding
    let isCancelled = status == TENON_STATUS_CANCELLED
    let reason =
      isCancelled
      ? cancelReason(of: destination.pointee.promise)
      : ErrorSlot.create(status, text("the sink of a pipe was ended"))
    pipe.pointee.failure = (
      isCancelled ? .cancelled : .rejected,
      reason.map { .error($0) } ?? (isCancelled ? tenon_value_none() : .status(status))
    )
    _ = cancelByReader(because: reason, isGone: false)
    // Before anybody may have the source, who would begin another pipe in this one's place.
    pointee.mutex.withLock { shared.pointee.isPipeWinding = true }
    detachSource(pipe)
    endWinding(pipe)
  }

  private func endWinding(_ pipe: UnsafeMutablePointer<Pipe>) {
    let hasEnded = pointee.mutex.withLock {
      let hasEnded = self.hasEnded
      shared.pointee.isPipeWinding = !hasEnded
      return hasEnded
    }
    if hasEnded { finish(pipe) }
  }

  /// The source is anybody's again; what it still holds is dropped if nobody else has it.
  private func detachSource(_ pipe: UnsafeMutablePointer<Pipe>) {
    guard let stream = pipe.pointee.streamSlot else { return }
    pipe.pointee.streamSlot = nil
    letGoOfSource(stream)
    // Its end is looked for by the core's future, which outlives it here.
    _ = retainFuture(pointee.future)
    stream.unpin(pipe.pointee.stream, .stream)
  }

  /// The source has ended, and all that it held has been moved, or is not wanted.
  private func finish(_ pipe: UnsafeMutablePointer<Pipe>) {
    let sink = pipe.pointee.sinkSlot.unsafelyUnwrapped
    let destination = pipe.pointee.destination.unsafelyUnwrapped
    detachSource(pipe)
    var end = copyEnd(of: pointee.future)
    if !pipe.pointee.keepsSink {
      let end = copyEnd(of: pointee.future)
      if endStream(pipe.pointee.sink, .sink, as: end.phase, end.value) != TENON_STATUS_OK {
        withUnsafePointer(to: end.value) { endResult($0) }
      }
    }
    _ = releaseFuture(pointee.future)
    unlink(from: destination)
    destination.letGoOfSink(sink)
    if pipe.pointee.stage == .winding {
      swap(&end, &pipe.pointee.failure)
      // The source's own failure says more.
      if pipe.pointee.failure.phase == .rejected { swap(&end, &pipe.pointee.failure) }
      withUnsafePointer(to: pipe.pointee.failure.value) { endResult($0) }
    }
    let (promise, sinkHandle) = (pipe.pointee.promise, pipe.pointee.sink)
    pipe.pointee = Pipe()
    sink.unpin(sinkHandle, .sink)
    settleOwning(promise, as: end.phase, end.value)
    releaseEnd()
  }
}

private func runPipeItem(_ context: UnsafeMutableRawPointer?, _ size: Int) {
  context?.assumingMemoryBound(to: StreamCore.self).runPipe()
}

/// How a settled future ended, with a reference to the error.
private func copyEnd(of future: Handle) -> (phase: FutureWord.Phase, value: tenon_value_t) {
  var end = (phase: FutureWord.Phase.fulfilled, value: tenon_value_none())
  _ = readFuture(future) { word, value in
    if word.phase == .fulfilled { return TENON_STATUS_OK }
    end = (word.phase, value.pointee)
    if end.value.kind == tenon_value_t.errorKind,
      ErrorSlot.retain(Handle(bits: UInt(end.value.as.u64))) != TENON_STATUS_OK
    {
      end.value = .status(TENON_STATUS_NO_RESOURCES)
    }
    return TENON_STATUS_OK
  }
  return end
}
