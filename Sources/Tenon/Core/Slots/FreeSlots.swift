import Synchronization

/// The free slots of a table that no thread keeps for itself: a stack (R. K. Treiber, 1986) whose head carries a tag
/// against ABA. Chains of slots come and go at once.
extension SlotTable {
  /// Index + 1 of the free slot that follows, or 0.
  @inline(__always) func nextFree(after index: UInt32) -> UInt32 {
    SlotTable.head(address(of: index)).pointee.nextFree.load(ordering: .relaxed)
  }

  /// Takes up to `wanted` slots, linked to each other; nil: there is none.
  func popFree(_ wanted: UInt32) -> (first: UInt32, last: UInt32, count: UInt32)? {
    var head = freeHead.load(ordering: .acquiring)
    while case let first = UInt32(truncatingIfNeeded: head), first != 0 {
      var (last, taken) = (first - 1, UInt32(1))
      var next = nextFree(after: last)
      // What is read is the list only if its head is still the same afterwards.
      while taken < wanted, next != 0, contains(next - 1) {
        (last, taken) = (next - 1, taken + 1)
        next = nextFree(after: last)
      }
      let (exchanged, original) = freeHead.weakCompareExchange(
        expected: head, desired: SlotTable.tagged(next, after: head),
        ordering: .acquiringAndReleasing)
      if exchanged {
        countFree(first - 1, last, comes: false)
        freeCount.wrappingSubtract(Int(taken), ordering: .relaxed)
        return (first - 1, last, taken)
      }
      head = original
    }
    return nil
  }

  /// Takes all of them, linked to each other; 0: there is none.
  func popAllFree() -> UInt32 {
    var head = freeHead.load(ordering: .acquiring)
    while true {
      let (exchanged, original) = freeHead.weakCompareExchange(
        expected: head, desired: SlotTable.tagged(0, after: head), ordering: .acquiringAndReleasing)
      if exchanged { return UInt32(truncatingIfNeeded: head) }
      head = original
    }
  }

  /// Adds slots that are linked from the first to the last; and gives memory back, if that is worth the while by now.
  func pushFree(_ first: UInt32, _ last: UInt32, _ added: UInt32) {
    countFree(first, last, comes: true)
    link(first, last, added)
    if counters != nil, isWorthTrimming { trim() }
  }

  /// Counts the slots of a chain in their blocks, those that follow each other at once.
  func countFree(_ first: UInt32, _ last: UInt32, comes: Bool) {
    guard counters != nil else { return }
    var (index, number, run) = (first, SlotTable.blockNumber(of: first), UInt32(1))
    while index != last {
      index = nextFree(after: index) - 1
      if SlotTable.blockNumber(of: index) == number {
        run += 1
      } else {
        changeFree(of: number, by: run, comes: comes)
        (number, run) = (SlotTable.blockNumber(of: index), 1)
      }
    }
    changeFree(of: number, by: run, comes: comes)
  }

  /// The same, not counted in their blocks.
  func link(_ first: UInt32, _ last: UInt32, _ added: UInt32) {
    let tail = SlotTable.head(address(of: last))
    var head = freeHead.load(ordering: .relaxed)
    while true {
      tail.pointee.nextFree.store(UInt32(truncatingIfNeeded: head), ordering: .relaxed)
      let (exchanged, original) = freeHead.weakCompareExchange(
        expected: head, desired: SlotTable.tagged(first + 1, after: head), ordering: .releasing)
      if exchanged { break }
      head = original
    }
    freeCount.wrappingAdd(Int(added), ordering: .relaxed)
  }

  @inline(__always) private static func tagged(_ first: UInt32, after head: UInt) -> UInt {
    (head >> 32 &+ 1) << 32 | UInt(first)
  }
}
