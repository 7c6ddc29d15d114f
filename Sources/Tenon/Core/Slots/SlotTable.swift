import CTenon
import Glibc
import Synchronization

/// The head of every slot. The first word belongs to the slot's noun, but for its life (see
/// ``Handle``), which the table counts up when the slot is freed.
struct SlotHead: ~Copyable {
  let word: Atomic<UInt>
  /// Index + 1 of the next free slot, while this one is free.
  let nextFree: Atomic<UInt32>
  /// The compact name of the executor that this is bound to, or 0. The owner's to write.
  let executor: Atomic<UInt32>
}

/// Slots of 64 bytes, one cache line each, whose memory is never given back.
///
/// Invariant: a slot is on the free list, or in the hands of exactly one noun, or retired. Because memory
/// stays what it is, reading a slot through a stale handle is harmless: the word tells.
///
/// Free slots form a stack (R. K. Treiber, 1986) whose head carries a tag against ABA.
struct SlotTable: ~Copyable {
  static let slotSize = 64
  private static let slotsPerChunk: UInt = 4096
  private static let chunksMax: UInt = 1 << 16
  /// In a word without the mark: see ``retire(_:)``. A bit that no noun uses when its slot is free.
  private static let retired: UInt = 1 << 37

  /// How many slots exist. What lookup checks; 0 in a fork's child.
  private let count = Atomic<UInt>(0)
  /// The address of an array with the address of each chunk.
  private let directory = Atomic<UInt>(0)
  /// A tag in the upper half, and index + 1 of the first free slot in the lower.
  private let freeHead = Atomic<UInt>(0)
  /// The address of the threads' magazines.
  let magazines = Atomic<UInt>(0)
  /// The first slot that was never taken.
  private let fresh = Atomic<UInt>(0)

  /// How many slots were ever taken.
  var slotsUsed: UInt { fresh.load(ordering: .acquiring) }

  /// The generation of a slot's first life: another one in each copy of this library that a process may have, so that
  /// a handle of the other copy is none here.
  var firstGeneration: UInt { directory.load(ordering: .relaxed) >> 12 & 0xf_ffff | 1 }

  /// Memory held by chunks, in bytes.
  var memoryReserved: UInt { count.load(ordering: .relaxed) * UInt(SlotTable.slotSize) }

  @inline(__always) func address(of index: UInt32) -> UnsafeMutableRawPointer {
    let chunks = UnsafePointer<UnsafeMutableRawPointer>(
      bitPattern: directory.load(ordering: .relaxed)
    ).unsafelyUnwrapped
    let (chunk, slot) = UInt(index).quotientAndRemainder(dividingBy: SlotTable.slotsPerChunk)
    return chunks[Int(bitPattern: chunk)] + Int(bitPattern: slot) * SlotTable.slotSize
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
    takeFast() ?? takeShared() ?? takeFresh()
  }

  @inline(never) private func takeShared() -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    claimMagazine(currentThread)
    var head = freeHead.load(ordering: .acquiring)
    while head & 0xffff_ffff != 0 {
      let index = UInt32(truncatingIfNeeded: head) - 1
      let slot = address(of: index)
      let next = UInt(SlotTable.head(slot).pointee.nextFree.load(ordering: .relaxed))
      let tag = (head >> 32 &+ 1) << 32
      let (exchanged, original) = freeHead.weakCompareExchange(
        expected: head, desired: tag | next, ordering: .acquiringAndReleasing)
      if exchanged { return (index, slot) }
      head = original
    }
    return nil
  }

  /// Gives a slot back. The caller has ended its life already: see ``endedLife(of:)``.
  @inline(__always) func give(_ index: UInt32, _ slot: UnsafeMutableRawPointer) {
    // A slot whose generations are used up is retired, because a stale handle must never look current: counting on has
    // carried into the mark.
    let word = SlotTable.head(slot).pointee.word.load(ordering: .relaxed)
    if _slowPath(word & Handle.mark == 0) { return retire(slot) }
    if let magazine = magazineWithRoom() { return magazine.give(index, slot) }
    giveShared(index, slot)
  }

  /// Sets a slot apart from those that were never taken, whose word is 0.
  @inline(never) private func retire(_ slot: UnsafeMutableRawPointer) {
    SlotTable.head(slot).pointee.word.bitwiseOr(SlotTable.retired, ordering: .relaxed)
  }

  /// How many lives this slot has begun.
  func lives(of word: UInt, isFree: Bool) -> UInt64 {
    // Never taken; or somebody is taking it for the first time.
    if word == 0 { return 0 }
    let first = firstGeneration
    if word & Handle.mark == 0 { return UInt64(Handle.generationMax + 1 - first) }
    let generation = word >> Handle.generationShift & Handle.generationMax
    return UInt64(generation &- first) + (isFree ? 0 : 1)
  }

  @inline(never) private func giveShared(_ index: UInt32, _ slot: UnsafeMutableRawPointer) {
    var head = freeHead.load(ordering: .relaxed)
    while true {
      SlotTable.head(slot).pointee.nextFree.store(
        UInt32(truncatingIfNeeded: head), ordering: .relaxed)
      let desired = (head >> 32 &+ 1) << 32 | UInt(index) + 1
      let (exchanged, original) = freeHead.weakCompareExchange(
        expected: head, desired: desired, ordering: .releasing)
      if exchanged { return }
      head = original
    }
  }

  /// The word of a slot after the life that `word` is in: the next generation, and nothing else.
  @inline(__always) static func endedLife(of word: UInt) -> UInt {
    (word & Handle.lifeMask) &+ (1 << Handle.generationShift)
  }

  @inline(__always) static func head(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<SlotHead>
  { slot.assumingMemoryBound(to: SlotHead.self) }

  @inline(never) private func takeFresh() -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    guard !Fork.isChild else { return nil }
    Fork.watch()
    Mutex.growth.lock()
    defer { Mutex.growth.unlock() }
    let index = fresh.load(ordering: .relaxed)
    if index == count.load(ordering: .relaxed), !addChunk() { return nil }
    let slot = address(of: UInt32(index))
    SlotTable.head(slot).pointee.word.store(
      Handle.mark | firstGeneration << Handle.generationShift, ordering: .relaxed)
    fresh.store(index + 1, ordering: .releasing)
    return (UInt32(index), slot)
  }

  private func addChunk() -> Bool {
    let used = count.load(ordering: .relaxed) / SlotTable.slotsPerChunk
    guard used < SlotTable.chunksMax else { return false }
    if used == 0, directory.load(ordering: .relaxed) == 0 {
      guard let memory = SlotTable.zeroed(Int(SlotTable.chunksMax) * MemoryLayout<UInt>.size) else {
        return false
      }
      directory.store(UInt(bitPattern: memory), ordering: .relaxed)
      if let memory = SlotTable.zeroed(Magazine.perTable * Magazine.stride) {
        magazines.store(UInt(bitPattern: memory), ordering: .relaxed)
      }
    }
    guard let chunk = SlotTable.zeroed(Int(SlotTable.slotsPerChunk) * SlotTable.slotSize) else {
      return false
    }
    let chunks = UnsafeMutablePointer<UnsafeMutableRawPointer>(
      bitPattern: directory.load(ordering: .relaxed)
    ).unsafelyUnwrapped
    chunks[Int(used)] = chunk
    count.store((used + 1) * SlotTable.slotsPerChunk, ordering: .releasing)
    return true
  }

  /// Zeroed memory, a cache line's alignment. The system's pages come zeroed, and those that are never touched cost
  /// nothing; leak checkers find what the slots refer to.
  private static func zeroed(_ size: Int) -> UnsafeMutableRawPointer? {
    calloc(1, size + slotSize).map { $0.alignedUp(toMultipleOf: slotSize) }
  }

  /// In a fork's child: no handle is found any more, and no slot is taken.
  func abandon() {
    count.store(0, ordering: .relaxed)
    freeHead.store(0, ordering: .relaxed)
    magazines.store(0, ordering: .relaxed)
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
    // All lives of a retired slot are over.
    if word & Handle.mark == 0 && word != 0 { return TENON_STATUS_STALE }
    return handle.generation < word >> Handle.generationShift & Handle.generationMax
      ? TENON_STATUS_STALE : TENON_STATUS_INVALID
  }
}
