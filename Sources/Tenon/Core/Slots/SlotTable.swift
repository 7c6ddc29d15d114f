import CTenon
import Synchronization

/// The head of every slot. The first word belongs to the slot's noun, but for its life (see
/// ``Handle``), which the table counts up when the slot is freed.
struct SlotHead: ~Copyable {
  let word: Atomic<UInt>
  /// Index + 1 of the next free slot, while this one is free; the owner's otherwise.
  let nextFree: Atomic<UInt32>
  /// The compact name of the executor that this is bound to, or 0. The owner's to write.
  let executor: Atomic<UInt32>
}

/// Slots of 64 bytes, one cache line each, at fixed addresses.
///
/// Invariant: a slot is on the free list, or in a thread's magazine, or in the hands of exactly one noun, or in a block whose
/// memory was given back, or retired. Because its address stays readable, reading a slot through a stale handle is
/// harmless: the word tells.
///
/// See FreeSlots.swift for the free ones, and SlotMemory.swift for where the memory comes from and goes to.
struct SlotTable: ~Copyable {
  static let slotSize = 64

  /// Which of the tables it is.
  let place: Int
  /// How many slots may ever be, if the process may have so many addresses.
  let slotsMax: UInt
  /// Where a slot has two counters of 32 bits that must not be lost with its memory; 0: none; nil: its memory stays.
  let counters: Int?

  /// What the noun has in the word of a free slot, beside the life.
  let freeBits: UInt

  /// How many slots exist. What lookup checks; 0 in a fork's child.
  let count = Atomic<UInt>(0)
  /// The address of the first slot.
  let base = Atomic<UInt>(0)
  /// See ``firstGeneration``.
  let first = Atomic<UInt>(0)
  /// A tag in the upper half, and index + 1 of the first free slot in the lower.
  let freeHead = Atomic<UInt>(0)
  /// How many are on that list, about.
  let freeCount = Atomic<Int>(0)
  /// The first slot that was never taken.
  let fresh = Atomic<UInt>(0)
  let memory = SlotMemory()

  init(_ place: Int, slotsMax: UInt = 1 << 26, counters: Int? = nil, freeBits: UInt = 0) {
    self.place = place
    self.slotsMax = slotsMax
    self.counters = counters
    self.freeBits = freeBits
  }

  /// How many slots were ever taken.
  var slotsUsed: UInt { fresh.load(ordering: .acquiring) }

  /// The generation of a slot's first life: another one in each copy of this library that a process may have, so that
  /// a handle of the other copy is none here.
  var firstGeneration: UInt { first.load(ordering: .relaxed) }

  @inline(__always) func address(of index: UInt32) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: base.load(ordering: .relaxed)).unsafelyUnwrapped
      + Int(truncatingIfNeeded: UInt(index)) &* SlotTable.slotSize
  }

  @inline(__always) func contains(_ index: UInt32) -> Bool {
    UInt(index) < count.load(ordering: .acquiring)
  }

  /// The slot that `handle` names, if it is a handle of this kind. Its life is not checked.
  @inline(__always) func find(_ handle: Handle, _ kind: Handle.Kind) -> UnsafeMutableRawPointer? {
    guard handle.is(kind), contains(handle.index) else { return nil }
    return address(of: handle.index)
  }

  /// Takes a slot. Its word keeps the life that it has from now on, and nothing else.
  @inline(__always) func take() -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    take(at: place)
  }

  /// The same by who knows the table's place.
  @inline(__always) func take(at place: Int) -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    takeFast(at: place) ?? takeShared() ?? takeFresh()
  }

  /// Gives a slot back. The caller has ended its life already: see ``endedLife(of:)``.
  @inline(__always) func give(_ index: UInt32, _ slot: UnsafeMutableRawPointer) {
    // A slot whose generations are used up is retired, because a stale handle must never look current: counting on has
    // carried into the mark.
    let word = SlotTable.head(slot).pointee.word.load(ordering: .relaxed)
    if _slowPath(word & Handle.mark == 0) { return retire(slot) }
    if let magazine = Magazine.withRoom(place) { return magazine.give(index, slot) }
    giveShared(index, slot)
  }

  /// Sets a slot apart from those that were never taken, whose word is 0.
  @inline(never) private func retire(_ slot: UnsafeMutableRawPointer) {
    SlotTable.head(slot).pointee.word.bitwiseOr(SlotTable.retired, ordering: .relaxed)
  }

  /// In a word without the mark: see ``retire(_:)``. A bit that no noun uses when its slot is free.
  private static let retired: UInt = 1 << 37

  /// The word of a slot after the life that `word` is in: the next generation, and nothing else.
  @inline(__always) static func endedLife(of word: UInt) -> UInt {
    (word & Handle.lifeMask) &+ (1 << Handle.generationShift)
  }

  @inline(__always) static func head(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<SlotHead>
  { slot.assumingMemoryBound(to: SlotHead.self) }

  /// How many lives the slot has begun since its memory came.
  func lives(of word: UInt, index: UInt32, isFree: Bool) -> UInt64 {
    // Never taken; or somebody is taking it for the first time.
    if word == 0 { return 0 }
    let first = floor(of: index)
    if word & Handle.mark == 0 { return UInt64(Handle.generationMax + 1 - first) }
    let generation = word >> Handle.generationShift & Handle.generationMax
    return UInt64(generation &- first) + (isFree ? 0 : 1)
  }

  /// In a fork's child: no handle is found any more, and no slot is taken.
  func abandon() {
    count.store(0, ordering: .relaxed)
    freeHead.store(0, ordering: .relaxed)
  }

  /// Why a handle was not found: for the call's answer.
  @inline(never) static func refusal(_ handle: Handle) -> tenon_status_t {
    handle.bits != 0 && Fork.isChild ? TENON_STATUS_FORKED : TENON_STATUS_INVALID
  }

  /// Why no slot could be taken.
  @inline(never) static func exhaustion() -> tenon_status_t {
    Fork.isChild ? TENON_STATUS_FORKED : TENON_STATUS_NO_RESOURCES
  }

  /// Why a handle is not in the life of its slot: it was, or it never was.
  @inline(never) static func refusal(_ handle: Handle, word: UInt) -> tenon_status_t {
    var generation = word >> Handle.generationShift & Handle.generationMax
    if word & Handle.mark == 0 {
      // All lives of a retired slot are over; of one whose memory was given back, those that it had by then.
      if word != 0 { return TENON_STATUS_STALE }
      generation = SlotTables.floor(of: handle)
    }
    return handle.generation < generation ? TENON_STATUS_STALE : TENON_STATUS_INVALID
  }
}
