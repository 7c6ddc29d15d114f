import CTenon
import Glibc
import Synchronization

/// What both ends of a stream share: the indexes on cache lines of their own, and the rest behind a mutex.
///
/// Invariants: one thread at a time sends (it has locked the sink's word) and one receives (the stream's, locked or lent),
/// and `head <= tail <= head + capacity` (one more for a rendezvous, whose item is on its way). Nobody takes the mutex
/// while an end is locked, so under the mutex one may wait for an end. It lives until both ends are gone.
struct StreamCore: ~Copyable {
  typealias Line = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
  private static let line: Line = (0, 0, 0, 0, 0, 0, 0)

  /// How many were sent.
  let tail = Atomic<UInt>(0)
  private let afterTail = StreamCore.line
  /// How many were received.
  let head = Atomic<UInt>(0)
  private let afterHead = StreamCore.line

  let readerSpin = AdaptiveSpin()
  let writerSpin = AdaptiveSpin()

  let mutex = Mutex()
  /// How many of the two ends are left, and pipes and others that need it.
  let ends = Atomic<UInt32>(2)
  /// The stream's end, as a result: the writer settles it, and the reader cancels it. The reader's end holds a reference
  /// to the future, and lends it to whoever asks.
  let promise: Handle
  let future: Handle
  let executor: ExecutorName
  let capacity: UInt
  let items: UnsafeMutablePointer<tenon_value_t>?
  /// Of the pipe that reads: how often it was kicked since nobody was at it, whether there is one, and its memory, which
  /// stays.
  let pipeKicks = Atomic<UInt32>(0)
  let isPiped = Atomic<Bool>(false)
  let pipe = Atomic<UnsafeMutablePointer<Pipe>?>(nil)
  /// Where it leads, and whether one leads here. Under `Pipe.links`.
  let nextPiped = Atomic<UnsafeMutablePointer<StreamCore>?>(nil)
  let isFed = Atomic<Bool>(false)
  // Memory of its own, because the thread sanitizer takes an access to a field for one to its struct.
  let shared: UnsafeMutablePointer<Shared>
  /// Which calls read and wrote last, of those that had to wait: for who looks from outside.
  let lastReader = Atomic<UInt>(0)
  let lastWriter = Atomic<UInt>(0)
  /// The handle of the reading end, by which those who look later know it.
  let name = Atomic<UInt>(0)

  /// Under the mutex.
  struct Shared {
    /// The ends' slots, while they have references.
    var sink: UnsafeMutablePointer<EndSlot>?
    var stream: UnsafeMutablePointer<EndSlot>?
    /// The control promise is settled, and nothing more comes.
    var isEnded = false
    /// The reader wants no more, or is gone.
    var isCancelled = false
    /// Others may cancel the future of the stream's end, and that is a cancel of the stream.
    var isEndWatched = false
    var reader = StreamWait.none
    /// How many items the reader waits for.
    var readerMinimum: UInt = 1
    var writer = StreamWait.none
    /// Of a rendezvous that is piped: the pipe waits for an item.
    var isPipeReady = false
    /// A pipe waits for the end only.
    var isPipeWinding = false
    /// Of a latest value: the one that the reader has not seen, and how many it never saw.
    var latest: tenon_value_t?
    var missed: UInt64 = 0
  }

  init(
    _ control: (promise: Handle, future: Handle), _ executor: ExecutorName, _ capacity: UInt,
    _ items: UnsafeMutablePointer<tenon_value_t>?, _ shared: UnsafeMutablePointer<Shared>
  ) {
    (promise, future) = control
    self.executor = executor
    self.capacity = capacity
    self.items = items
    self.shared = shared
  }
}

/// What happened to all streams.
enum StreamCounters {
  static let alive = Atomic<UInt64>(0)
  static let dropped = Atomic<UInt64>(0)
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  @inline(__always) var shared: UnsafeMutablePointer<StreamCore.Shared> { pointee.shared }
  @inline(__always) var isLatest: Bool { pointee.items == nil }

  /// Looks for an item for a moment, before the reader waits. False: nothing came.
  func lookForItem(_ minimum: Int = 1) -> Bool {
    if pointee.capacity == 0 || isLatest { return false }
    let head = pointee.head.load(ordering: .relaxed)
    return pointee.readerSpin.look {
      pointee.tail.load(ordering: .relaxed) &- head >= UInt(minimum)
    }
  }

  /// Looks for room for a moment, before the writer waits. False: there is none.
  func lookForRoom() -> Bool {
    if pointee.capacity == 0 { return false }
    let tail = pointee.tail.load(ordering: .relaxed)
    return pointee.writerSpin.look {
      tail &- pointee.head.load(ordering: .relaxed) < pointee.capacity
    }
  }

  /// Whether something waits to be received. Under the mutex, or by the reader.
  var hasItem: Bool {
    isLatest
      ? shared.pointee.latest != nil
      : pointee.tail.load(ordering: .acquiring) != pointee.head.load(ordering: .acquiring)
  }

  /// The same for several.
  func has(_ minimum: UInt) -> Bool {
    if isLatest { return hasItem }
    let tail = pointee.tail.load(ordering: .acquiring)
    return tail &- pointee.head.load(ordering: .acquiring) >= minimum
  }

  /// Whether another one may be sent. Under the mutex.
  var hasRoom: Bool {
    let count =
      pointee.tail.load(ordering: .acquiring) &- pointee.head.load(ordering: .acquiring)
    if pointee.capacity == 0 {
      if case .pipe = shared.pointee.reader { return count == 0 && shared.pointee.isPipeReady }
      return count == 0 && !shared.pointee.reader.isNone
    }
    return count < pointee.capacity
  }

  /// Whether nothing more comes. Under the mutex. Who finds the future of the end settled may ask before the writer is done.
  var hasEnded: Bool {
    shared.pointee.isEnded || pollFuture(pointee.future) != TENON_STATUS_PENDING
  }

  /// How the writer ended it.
  var endStatus: tenon_status_t {
    let status = pollFuture(pointee.future)
    return status == TENON_STATUS_OK ? TENON_STATUS_ENDED : status
  }

  /// For those who look later.
  @inline(__always) func record(_ kind: Int, _ what: UInt) {
    if Recorder.keepsStreams {
      Recorder.keep(kind, pointee.name.load(ordering: .relaxed), what)
    }
  }

  /// The same of somebody's wait at an end.
  @inline(__always) func record(_ kind: Int, _ wait: StreamWait) {
    if Recorder.keepsStreams, case let who = wait.recorded, who != 0 { record(kind, who) }
  }

  /// Keeps it, as an end does.
  func retainCore() { pointee.ends.wrappingAdd(1, ordering: .relaxed) }

  /// One of the ends, or a pipe, is gone for good.
  func releaseEnd() {
    Handover.give(self)
    guard pointee.ends.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else {
      return
    }
    Handover.take(self)
    Glibc.free(pointee.items)
    Glibc.free(pointee.pipe.load(ordering: .relaxed))
    shared.deinitialize(count: 1)
    shared.deallocate()
    deinitialize(count: 1)
    Glibc.free(self)
    StreamCounters.alive.wrappingSubtract(1, ordering: .relaxed)
  }
}

/// Makes both ends. `items`: how many the ring holds, or nil for a latest value.
func createStream(
  _ writer: Handle.Kind, _ reader: Handle.Kind, capacity: UInt?, executor: ExecutorName
) -> Result<(writer: Handle, reader: Handle), StatusError> {
  let places = (capacity ?? 1).roundedUpToPowerOfTwo
  guard let control = createFuture(executor, flags: 0) else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  func refuse() -> Result<(writer: Handle, reader: Handle), StatusError> {
    discardFuture(control.promise, control.future)
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  // Untouched, so that a large ring costs what is used of it.
  var items: UnsafeMutablePointer<tenon_value_t>?
  if capacity != nil {
    items = Memory.take(Int(places) * MemoryLayout<tenon_value_t>.size)?
      .assumingMemoryBound(to: tenon_value_t.self)
    if items == nil { return refuse() }
  }
  var memory: UnsafeMutableRawPointer?
  guard !Memory.isShort,
    posix_memalign(&memory, SlotTable.slotSize, MemoryLayout<StreamCore>.stride) == 0,
    let core = memory?.assumingMemoryBound(to: StreamCore.self)
  else {
    free(items)
    return refuse()
  }
  guard let sink = writer.takeEnd() else {
    free(items)
    free(core)
    return refuse()
  }
  guard let stream = reader.takeEnd() else {
    writer.withEndTable { $0.give(sink.index, UnsafeMutableRawPointer(sink.slot)) }
    free(items)
    free(core)
    return refuse()
  }
  let shared = UnsafeMutablePointer<StreamCore.Shared>.allocate(capacity: 1)
  shared.initialize(to: StreamCore.Shared(sink: sink.slot, stream: stream.slot))
  core.initialize(to: StreamCore(control, executor, capacity ?? 1, items, shared))
  StreamCounters.alive.wrappingAdd(1, ordering: .relaxed)
  let ends = (
    writer: sink.slot.begin(writer, sink.index, core, places),
    reader: stream.slot.begin(reader, stream.index, core, places)
  )
  core.pointee.name.store(ends.reader.bits, ordering: .relaxed)
  // Its close is a cancel of the stream.
  if executor != .none, case let status = core.watchEnd(of: ends.reader), status != TENON_STATUS_OK
  {
    _ = releaseEnd(ends.reader, reader)
    _ = releaseEnd(ends.writer, writer)
    return .failure(StatusError(status))
  }
  return .success(ends)
}

extension Handle.Kind {
  fileprivate func takeEnd() -> (index: UInt32, slot: UnsafeMutablePointer<EndSlot>)? {
    withEndTable { $0.take().map { ($0.index, EndSlot.at($0.slot)) } }
  }
}

extension UnsafeMutablePointer where Pointee == EndSlot {
  /// Fills a slot that was just taken.
  fileprivate func begin(
    _ kind: Handle.Kind, _ index: UInt32, _ core: UnsafeMutablePointer<StreamCore>, _ places: UInt
  ) -> Handle {
    pointee.head.executor.store(core.pointee.executor.bits, ordering: .relaxed)
    pointee.core = core
    pointee.items = core.pointee.items
    pointee.mask = UInt32(places - 1)
    pointee.capacity = UInt32(core.pointee.capacity)
    pointee.index.store(0, ordering: .relaxed)
    pointee.seen = 0
    let word = EndWord(creatingIn: pointee.head.word.load(ordering: .relaxed))
    pointee.head.word.store(word.bits, ordering: .releasing)
    return Handle(kind, index: index, word: word.bits)
  }
}

extension UInt {
  /// The least power of two that is at least this and 1.
  fileprivate var roundedUpToPowerOfTwo: UInt {
    self <= 1 ? 1 : 1 << UInt(UInt.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
