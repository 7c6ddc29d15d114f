import CLinux
import CTenonRoot
import CThread
import Glibc
import Synchronization

/// Where a table's slots are: in one range of addresses, reserved for as many as there may ever be. Memory comes to it
/// block by block; and goes again, when all slots of a block are free.
///
/// Under the mutex for growth, but for what anybody may read.
struct SlotMemory: ~Copyable {
  /// Slots of a block: 64 KiB, which are whole pages on every machine.
  static let blockSlots: UInt = 1024
  /// How many blocks are free before their memory goes: 3 MiB.
  static let freeBlocksMax = 48

  /// How many slots there is room for.
  let room = Atomic<UInt>(0)
  /// The address of an array of ``Block``, one for each.
  let blocks = Atomic<UInt>(0)
  /// Number + 1 of the first block that was given back and not taken again, or 0.
  let returned = Atomic<UInt32>(0)
  /// What is left of one that is being taken again: the next slot, and where it ends.
  let refill = Atomic<UInt>(0)
  let refillEnd = Atomic<UInt>(0)
  /// How many blocks have no memory now.
  let blocksReturned = Atomic<UInt>(0)
  /// How many blocks have nothing but free slots.
  let freeBlocks = Atomic<Int>(0)
  /// Changes whenever memory goes, before and after.
  let turns = Atomic<UInt>(0)
  /// What the slots that lost their memory had counted.
  let lives = Atomic<UInt64>(0)
  let firstCounter = Atomic<UInt64>(0)
  let secondCounter = Atomic<UInt64>(0)

  struct Block: ~Copyable {
    /// How many of its slots are on the list of free ones. Anybody's.
    let free: Atomic<UInt32>
    /// The generation that its slots begin with since it was given back; 0: it never was. Written before it is.
    let floor: Atomic<UInt32>
    // What follows is under the mutex, and atomic because a change of a field may count as one of the whole block.
    /// Number + 1 of the next one that was given back.
    let next: Atomic<UInt32>
    /// While somebody looks for free blocks: how many of its slots he has found, and in which lives.
    let found: Atomic<UInt32>
    let youngest: Atomic<UInt32>
    let oldest: Atomic<UInt32>
  }
}

extension SlotTable {
  private static let chunkSlots: UInt = 4096
  /// A table that has not so many gets its memory page by page, when it uses it.
  private static let fewSlots: UInt = 65_536

  /// Memory of the slots, in bytes.
  var memoryReserved: UInt {
    let lost = memory.blocksReturned.load(ordering: .relaxed) * SlotMemory.blockSlots
    let all = count.load(ordering: .relaxed)
    return (all - min(all, lost)) * UInt(SlotTable.slotSize)
  }

  @inline(__always) static func blockNumber(of index: UInt32) -> UInt {
    UInt(index) / SlotMemory.blockSlots
  }

  @inline(__always) func block(_ number: UInt) -> UnsafeMutablePointer<SlotMemory.Block> {
    UnsafeMutablePointer<SlotMemory.Block>(
      bitPattern: memory.blocks.load(ordering: .relaxed)
    ).unsafelyUnwrapped + Int(bitPattern: number)
  }

  /// The generation that a slot began with when its memory came last.
  func floor(of index: UInt32) -> UInt {
    guard contains(index) else { return 0 }
    let floor = UInt(
      block(SlotTable.blockNumber(of: index)).pointee.floor.load(ordering: .acquiring))
    return floor == 0 ? firstGeneration : floor
  }

  /// The same of one whose memory was given back; 0 of one that was never taken.
  func floorIfReturned(of index: UInt32) -> UInt {
    contains(index)
      ? UInt(block(SlotTable.blockNumber(of: index)).pointee.floor.load(ordering: .acquiring)) : 0
  }

  // MARK: Coming

  /// A slot that nobody has had since its memory came, with some more for this thread's magazine.
  @inline(never) func takeFresh() -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    guard !Fork.isChild else { return nil }
    Fork.watch(SlotTables.abandon)
    let magazine = magazineToFill
    Mutex.growth.lock()
    let wanted = magazine == nil ? 1 : UInt(Magazine.fetchMax)
    let fresh = takeReturned(wanted) ?? takeNew(wanted)
    Mutex.growth.unlock()
    guard let fresh else { return nil }
    // From the last to the first, so that they are taken in order.
    for index in fresh.dropFirst().reversed() { magazine?.give(index, address(of: index)) }
    return (fresh.lowerBound, address(of: fresh.lowerBound))
  }

  /// Slots of a block that was given back.
  private func takeReturned(_ wanted: UInt) -> Range<UInt32>? {
    var index = memory.refill.load(ordering: .relaxed)
    if index == memory.refillEnd.load(ordering: .relaxed) {
      guard case let number = memory.returned.load(ordering: .relaxed), number != 0 else {
        return nil
      }
      memory.returned.store(
        block(UInt(number) - 1).pointee.next.load(ordering: .relaxed), ordering: .relaxed)
      memory.blocksReturned.wrappingSubtract(1, ordering: .relaxed)
      index = (UInt(number) - 1) * SlotMemory.blockSlots
      memory.refillEnd.store(index + SlotMemory.blockSlots, ordering: .relaxed)
      populate(index, SlotMemory.blockSlots)
    }
    let end = min(index + wanted, memory.refillEnd.load(ordering: .relaxed))
    memory.refill.store(end, ordering: .relaxed)
    return begin(index, end)
  }

  /// Fetches all pages of so many slots at once, which takes a fourth of the time that one after the other would. An older
  /// system does not know how.
  private func populate(_ index: UInt, _ slots: UInt) {
    madvise(address(of: UInt32(index)), Int(slots) * SlotTable.slotSize, tenon__populate)
  }

  /// Slots that were never taken.
  private func takeNew(_ wanted: UInt) -> Range<UInt32>? {
    let index = fresh.load(ordering: .relaxed)
    if index == count.load(ordering: .relaxed), !addChunk() { return nil }
    let end = min(index + wanted, count.load(ordering: .relaxed))
    let slots = begin(index, end)
    fresh.store(end, ordering: .releasing)
    return slots
  }

  private func begin(_ index: UInt, _ end: UInt) -> Range<UInt32> {
    let slots = UInt32(index)..<UInt32(end)
    for index in slots {
      let word = Handle.mark | floor(of: index) << Handle.generationShift | freeBits
      SlotTable.head(address(of: index)).pointee.word.store(word, ordering: .relaxed)
    }
    return slots
  }

  private func addChunk() -> Bool {
    if memory.room.load(ordering: .relaxed) == 0, !reserve() { return false }
    let used = count.load(ordering: .relaxed)
    guard used + SlotTable.chunkSlots <= memory.room.load(ordering: .relaxed) else { return false }
    // The system's pages come zeroed, and those that are never touched cost nothing.
    guard
      mprotect(
        address(of: UInt32(used)), Int(SlotTable.chunkSlots) * SlotTable.slotSize,
        PROT_READ | PROT_WRITE) == 0
    else { return false }
    madvise(
      address(of: UInt32(used)), Int(SlotTable.chunkSlots) * SlotTable.slotSize,
      Int32(MADV_DODUMP))
    tenon__hide(address(of: UInt32(used)), Int(SlotTable.chunkSlots) * SlotTable.slotSize)
    if used >= SlotTable.fewSlots { populate(used, SlotTable.chunkSlots) }
    count.store(used + SlotTable.chunkSlots, ordering: .releasing)
    return true
  }

  /// Reserves addresses: as many as there are, if the system counts them.
  private func reserve() -> Bool {
    var room = slotsMax
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0,
      limit.rlim_cur != .max
    {
      // What the process may have is for others, too.
      let share = UInt(limit.rlim_cur) / 64 / UInt(SlotTable.slotSize)
      room = min(
        room, max(share, SlotTable.chunkSlots) / SlotTable.chunkSlots * SlotTable.chunkSlots)
    }
    while room >= SlotTable.chunkSlots {
      let size = Int(room) * SlotTable.slotSize
      let blocks = Int(room / SlotMemory.blockSlots) * MemoryLayout<SlotMemory.Block>.stride
      if let slots = SlotTable.map(size, PROT_NONE) {
        // Cores are of what is used: gigabytes of nothing take minutes to write.
        madvise(slots, size, Int32(MADV_DONTDUMP))
        if let blocks = SlotTable.map(blocks, PROT_READ | PROT_WRITE) {
          memory.blocks.store(UInt(bitPattern: blocks), ordering: .relaxed)
          memory.room.store(room, ordering: .relaxed)
          base.store(UInt(bitPattern: slots), ordering: .relaxed)
          first.store(SlotTable.firstGeneration(for: UInt(bitPattern: slots)), ordering: .relaxed)
          tenon__name_root(slots, size)
          enterRoot()
          return true
        }
        munmap(slots, size)
      }
      room = room / 2 / SlotTable.chunkSlots * SlotTable.chunkSlots
    }
    return false
  }

  /// Has those who look from outside find the table. It is a global: its address is good for ever.
  private func enterRoot() {
    withUnsafePointer(to: count) { count in
      withUnsafePointer(to: memory.secondCounter) { last in
        // As tenon__inspect_table_t has them; if they are copies, there is nothing to find.
        let words = UnsafeRawPointer(count)
        guard words + Int(tenon__inspect_second_offset) == UnsafeRawPointer(last),
          (words + 8).load(as: UInt.self) == base.load(ordering: .relaxed)
        else { return }
        tenon__inspect_add_table(Int32(place), words)
      }
    }
  }

  private static func map(_ size: Int, _ protection: Int32) -> UnsafeMutableRawPointer? {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE)
    let memory = mmap(nil, size, protection, flags, -1, 0)
    return memory == MAP_FAILED ? nil : memory
  }

  /// Some number from 1 to 2^20 - 1, another one for each range: ranges of one size may differ in few bits.
  private static func firstGeneration(for base: UInt) -> UInt {
    (base >> 12 &* 0x9e37_79b9_7f4a_7c15) >> 44 | 1
  }

  // MARK: Going

  /// So many of a block's slots come to the list of free ones, or go.
  func changeFree(of number: UInt, by change: UInt32, comes: Bool) {
    if comes {
      let free = block(number).pointee.free.wrappingAdd(change, ordering: .relaxed).newValue
      if free == SlotMemory.blockSlots { memory.freeBlocks.wrappingAdd(1, ordering: .relaxed) }
    } else {
      let free = block(number).pointee.free.wrappingSubtract(change, ordering: .relaxed).oldValue
      if free == SlotMemory.blockSlots { memory.freeBlocks.wrappingSubtract(1, ordering: .relaxed) }
    }
  }

  /// Whether nearly all slots that have memory are free, and they are many.
  var isNearlyIdle: Bool {
    let slots = Int(bitPattern: memoryReserved) / SlotTable.slotSize
    return counters != nil && slots > SlotMemory.freeBlocksMax * Int(SlotMemory.blockSlots)
      && freeCount.load(ordering: .relaxed) > slots - slots / 16
  }

  /// Whether enough blocks are free, and not too many slots must be looked at for them.
  @inline(__always) var isWorthTrimming: Bool {
    let blocks = memory.freeBlocks.load(ordering: .relaxed)
    return blocks >= SlotMemory.freeBlocksMax
      && blocks * Int(SlotMemory.blockSlots) * 2 >= freeCount.load(ordering: .relaxed)
  }

  /// Gives the memory of free blocks back. The slots that are free elsewhere stay linked.
  @inline(never) func trim() {
    // Nobody may be left who would open the mutex.
    guard !Fork.isChild else { return }
    // What this thread keeps for itself is in the way.
    emptyMagazine()
    Mutex.growth.lock()
    defer { Mutex.growth.unlock() }
    let all = popAllFree()
    var (next, found) = (all, 0)
    while next != 0 {
      find(next - 1)
      next = nextFree(after: next - 1)
      found += 1
    }
    freeCount.wrappingSubtract(found, ordering: .relaxed)
    memory.turns.wrappingAdd(1, ordering: .acquiringAndReleasing)
    var (first, last, left) = (UInt32(0), UInt32(0), UInt32(0))
    next = all
    while next != 0 {
      let index = next - 1
      next = nextFree(after: index)
      let block = block(SlotTable.blockNumber(of: index))
      if block.pointee.mayGo {
        forget(index)
        continue
      }
      block.pointee.found.store(0, ordering: .relaxed)
      if left == 0 { last = index }
      SlotTable.head(address(of: index)).pointee.nextFree.store(first, ordering: .relaxed)
      (first, left) = (index + 1, left + 1)
    }
    returnBlocks()
    memory.turns.wrappingAdd(1, ordering: .acquiringAndReleasing)
    if left != 0 { link(first - 1, last, left) }
  }

  /// Counts a free slot in its block.
  private func find(_ index: UInt32) {
    let block = block(SlotTable.blockNumber(of: index))
    let word = SlotTable.head(address(of: index)).pointee.word.load(ordering: .relaxed)
    let generation = UInt32(word >> Handle.generationShift & Handle.generationMax)
    block.pointee.find(generation)
  }

  /// Keeps what a slot has counted, whose memory goes.
  private func forget(_ index: UInt32) {
    let slot = address(of: index)
    let word = SlotTable.head(slot).pointee.word.load(ordering: .relaxed)
    memory.lives.wrappingAdd(lives(of: word, index: index, isFree: true), ordering: .relaxed)
    guard let counters, counters != 0 else { return }
    let counts = (slot + counters).assumingMemoryBound(to: UInt32.self)
    if counts[0] | counts[1] == 0 { return }
    memory.firstCounter.wrappingAdd(UInt64(counts[0]), ordering: .relaxed)
    memory.secondCounter.wrappingAdd(UInt64(counts[1]), ordering: .relaxed)
  }

  private func returnBlocks() {
    let end = count.load(ordering: .relaxed) / SlotMemory.blockSlots
    var run: UInt = 0
    for number in 0...end {
      if number < end, block(number).pointee.mayGo {
        run += 1
        continue
      }
      if run != 0 { returnBlocks(number - run, run) }
      run = 0
    }
  }

  private func returnBlocks(_ first: UInt, _ number: UInt) {
    let size = Int(SlotMemory.blockSlots) * SlotTable.slotSize
    for index in first..<first + number {
      let youngest = block(index).pointee.youngest.load(ordering: .relaxed)
      block(index).pointee.floor.store(youngest, ordering: .releasing)
    }
    madvise(
      address(of: UInt32(first * SlotMemory.blockSlots)), Int(number) * size, Int32(MADV_DONTNEED))
    for index in first..<first + number {
      let block = block(index)
      block.pointee.found.store(0, ordering: .relaxed)
      changeFree(of: index, by: block.pointee.free.load(ordering: .relaxed), comes: false)
      block.pointee.next.store(memory.returned.load(ordering: .relaxed), ordering: .relaxed)
      memory.returned.store(UInt32(index) + 1, ordering: .relaxed)
    }
    memory.blocksReturned.wrappingAdd(number, ordering: .relaxed)
  }
}

extension SlotMemory.Block {
  /// All of its slots are free; and when they all go on in the youngest one's life, that wastes few.
  fileprivate var mayGo: Bool {
    found.load(ordering: .relaxed) == SlotMemory.blockSlots
      && youngest.load(ordering: .relaxed) - oldest.load(ordering: .relaxed) < 1 << 20
  }

  /// One of its slots is free, in that life.
  @inline(__always) fileprivate func find(_ generation: UInt32) {
    let others = found.load(ordering: .relaxed)
    found.store(others + 1, ordering: .relaxed)
    let (last, first) =
      others == 0
      ? (0, .max) : (youngest.load(ordering: .relaxed), oldest.load(ordering: .relaxed))
    youngest.store(max(last, generation), ordering: .relaxed)
    oldest.store(min(first, generation), ordering: .relaxed)
  }
}
