import CTenonRoot
import CTrace
import Glibc

/// What threads of a copy of Tenon have said last: see tenon__inspect_record_t.
struct Recording {
  struct Ring {
    let thread: UInt32
    /// In the order in which they happened.
    let events: [tenon__inspect_event_t]
    /// How many came before them, and are gone.
    let lost: UInt64
  }

  let rings: [Ring]
  let lost: UInt64
  private let start: (ticks: UInt64, nanoseconds: UInt64)
  private let rate: Double

  /// nil: nothing was ever recorded.
  init?(of target: Target, _ copy: Copy) {
    guard copy.hasRecord else { return nil }
    let memory = target.memory
    let record = copy.root &+ Table.offset(\tenon__inspect_root_t.record)
    func now(_ field: PartialKeyPath<tenon__inspect_record_t>) -> UInt64 {
      UInt64(memory.wordNow(record &+ Table.offset(field)))
    }
    // The mask comes in front of it.
    let round = UInt32(truncatingIfNeeded: now(\.mask) >> 32)
    start = (now(\.start_ticks), now(\.start_ns))
    guard round != 0, start.nanoseconds != 0 else { return nil }
    var (rings, lost, sync) = ([Ring](), now(\.lost), start)
    for (address, head) in copy.ringHeads(memory) {
      if head.sync_ticks > sync.ticks { sync = (head.sync_ticks, head.sync_ns) }
      if head.round == round, let ring = Recording.ring(at: address, head, memory) {
        rings.append(ring)
        lost += ring.lost
      }
    }
    (self.rings, self.lost) = (rings.reversed(), lost)
    // Of a process the clock of now says more than what was noted last.
    if target.kind == .process { sync = (tenon__ticks(), tenon__now_ns()) }
    let (ticks, time) = (sync.ticks &- start.ticks, sync.nanoseconds &- start.nanoseconds)
    rate = ticks == 0 || time == 0 ? 1 : Double(time) / Double(ticks)
  }

  /// When something happened, in nanoseconds of the monotonic clock.
  func time(_ event: tenon__inspect_event_t) -> Double {
    Double(start.nanoseconds) + Double(Int64(bitPattern: event.ticks &- start.ticks)) * rate
  }

  fileprivate static func head(at address: UInt, _ memory: Memory) -> tenon__inspect_ring_t? {
    var head = tenon__inspect_ring_t()
    let count = withUnsafeMutableBytes(of: &head) {
      memory.readNow(address, into: $0.baseAddress, $0.count)
    }
    guard count == MemoryLayout<tenon__inspect_ring_t>.size, head.capacity != 0,
      head.capacity & (head.capacity - 1) == 0, head.capacity <= 1 << 24
    else { return nil }
    return head
  }

  private static func ring(
    at address: UInt, _ head: tenon__inspect_ring_t, _ memory: Memory
  ) -> Ring? {
    let capacity = Int(head.capacity)
    let size = MemoryLayout<tenon__inspect_event_t>.stride
    let events = [tenon__inspect_event_t](unsafeUninitializedCapacity: capacity) {
      let start = address &+ UInt(MemoryLayout<tenon__inspect_ring_t>.size)
      $1 = memory.readNow(start, into: $0.baseAddress, capacity * size) / size
    }
    guard events.count == capacity, let after = Recording.head(at: address, memory) else {
      return nil
    }
    // What was written while this was read may be half of one and half of another.
    let oldest = after.count >= head.capacity ? after.count - head.capacity + 1 : 0
    let isFull = head.count - head.base >= head.capacity || after.count != head.count
    let first = max(
      head.base,
      isFull ? oldest : head.count > head.capacity ? head.count - head.capacity : 0)
    guard first <= head.count else {
      return Ring(thread: head.thread, events: [], lost: head.count - head.base)
    }
    return Ring(
      thread: head.thread,
      events: (first..<head.count).map { events[Int($0 & (head.capacity - 1))] },
      lost: first - head.base)
  }
}

extension Target {
  /// What copies have recorded, if they have.
  func recordings(_ copies: [Copy]) -> [(Copy, Recording)] {
    copies.compactMap { copy in Recording(of: self, copy).map { (copy, $0) } }
  }
}

extension Copy {
  /// Where rings are, the newest first, and what each begins with.
  fileprivate func ringHeads(_ memory: Memory) -> [(UInt, tenon__inspect_ring_t)] {
    guard hasRecord else { return [] }
    var heads: [(UInt, tenon__inspect_ring_t)] = []
    let record = root &+ Table.offset(\tenon__inspect_root_t.record)
    var next = memory.wordNow(record &+ Table.offset(\tenon__inspect_record_t.rings))
    while next != 0, heads.count < 1 << 16, let head = Recording.head(at: next, memory) {
      heads.append((next, head))
      next = UInt(head.next)
    }
    return heads
  }

  /// How many events there are to be read at most, of the recording that is the last.
  func eventsMax(_ memory: Memory) -> Int {
    let word = memory.wordNow(root &+ Table.offset(\tenon__inspect_root_t.record))
    let round = UInt32(truncatingIfNeeded: word >> 32)
    return ringHeads(memory).reduce(0) { sum, ring in
      ring.1.round == round ? sum + Int(min(ring.1.count &- ring.1.base, ring.1.capacity)) : sum
    }
  }

  /// Has it record from now on, or no more: `write` puts bytes at an address of the target.
  func record(_ mask: UInt32, bytes: UInt64, in memory: Memory, _ write: (UInt, UInt64) -> Bool)
    -> Bool
  {
    let record = root &+ Table.offset(\tenon__inspect_root_t.record)
    func at(_ field: PartialKeyPath<tenon__inspect_record_t>) -> UInt {
      record &+ Table.offset(field)
    }
    // The mask and the round are one word.
    let round = UInt64(memory.wordNow(record)) >> 32
    let attention = at(\.is_observed)
    var looks = tenon__inspect_record_t()
    looks.looks_at_futures = mask & UInt32(TENON__INSPECT_FUTURES) != 0
    looks.looks_at_streams = mask & UInt32(TENON__INSPECT_STREAMS) != 0
    let word = withUnsafeBytes(of: looks) {
      $0.loadUnaligned(
        fromByteOffset: Int(Table.offset(\tenon__inspect_record_t.is_observed)), as: UInt64.self)
    }
    // Tools have it already.
    let isObserved = memory.wordNow(attention) & 0xff != 0
    if mask == 0 { return write(record, round << 32) && (isObserved || write(attention, word)) }
    return write(record, round << 32) && write(at(\.bytes), bytes) && write(at(\.lost), 0)
      && write(at(\.start_ticks), tenon__ticks()) && write(at(\.start_ns), tenon__now_ns())
      && (isObserved || write(attention, word))
      && write(record, max(1, (round + 1) & 0xffff_ffff) << 32 | UInt64(mask))
  }

  /// What is recorded now.
  func recorded(in memory: Memory) -> UInt32 {
    hasRecord ? memory.half(root &+ Table.offset(\tenon__inspect_root_t.record)) : 0
  }
}
