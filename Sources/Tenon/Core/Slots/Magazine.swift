import CThread
import Synchronization

/// Free slots that one thread keeps for itself, of one table: it takes and gives them without a locked instruction, which is most
/// of what a slot costs. Only its thread touches it. See ``ThreadRecord``.
struct Magazine {
  /// How many it may have at the most: then the half that came last goes to the others.
  static let countMax: UInt32 = 2048
  /// The same while nearly all slots of the table are free: each that a thread keeps may be what keeps a block.
  static let countMaxWhenIdle: UInt32 = 64
  /// How many a thread fetches at once.
  static let fetchMax: UInt32 = 64
  /// How many tables there may be.
  static let tablesMax = 16

  /// Index + 1 of the first free slot, or 0.
  var head: UInt32 = 0
  var count: UInt32 = 0
  /// How many it may have now; 0: it was never used.
  var limit: UInt32 = 0
}

extension Magazine {
  /// This thread's for the table with that place, if it has one.
  @inline(__always) static func here(_ place: Int) -> UnsafeMutablePointer<Magazine>? {
    tenon__record()?.assumingMemoryBound(to: Magazine.self).advanced(by: place)
  }

  /// The same, if it has room for one slot more.
  @inline(__always) static func withRoom(_ place: Int) -> UnsafeMutablePointer<Magazine>? {
    guard let magazine = here(place), magazine.pointee.count < magazine.pointee.limit
    else { return nil }
    return magazine
  }
}

extension SlotTable {
  /// This thread's magazine, if it has one.
  @inline(__always) private var magazine: UnsafeMutablePointer<Magazine>? { Magazine.here(place) }

  /// This thread's magazine, if it is empty, or can be made.
  var magazineToFill: UnsafeMutablePointer<Magazine>? {
    guard ThreadRecord.current != nil, let magazine, magazine.pointee.head == 0 else { return nil }
    magazine.pointee.limit = Magazine.countMax
    return magazine
  }

  /// A free slot from this thread's magazine. Who knows the table's place says it, which spares a look.
  @inline(__always) func takeFast(at place: Int) -> (index: UInt32, slot: UnsafeMutableRawPointer)?
  {
    guard let magazine = Magazine.here(place), case let first = magazine.pointee.head, first != 0
    else { return nil }
    let slot = address(of: first &- 1)
    magazine.pointee.head = SlotTable.head(slot).pointee.nextFree.load(ordering: .relaxed)
    magazine.pointee.count &-= 1
    return (first &- 1, slot)
  }

  /// A slot that others have given back, with some more for this thread's magazine.
  @inline(never) func takeShared() -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    let wanted = ThreadRecord.current == nil ? 1 : Magazine.fetchMax
    guard let chain = popFree(wanted) else { return nil }
    let slot = address(of: chain.first)
    if let magazine, chain.count > 1 {
      // It is empty: that is why this is called.
      magazine.pointee.head = SlotTable.head(slot).pointee.nextFree.load(ordering: .relaxed)
      magazine.pointee.count = chain.count - 1
      magazine.pointee.limit = Magazine.countMax
      SlotTable.head(address(of: chain.last)).pointee.nextFree.store(0, ordering: .relaxed)
    }
    return (chain.first, slot)
  }

  /// Gives a slot to all threads, with half of the magazine, if there is one.
  @inline(never) func giveShared(_ index: UInt32, _ slot: UnsafeMutableRawPointer) {
    guard ThreadRecord.current != nil, let magazine else { return pushFree(index, index, 1) }
    magazine.give(index, slot)
    if magazine.pointee.limit == 0 { magazine.pointee.limit = Magazine.countMax }
    if magazine.pointee.count < magazine.pointee.limit { return }
    if isNearlyIdle { magazine.pointee.limit = Magazine.countMaxWhenIdle }
    let half = magazine.pointee.count - magazine.pointee.limit / 2
    let first = magazine.pointee.head - 1
    var last = first
    for _ in 1..<half { last = nextFree(after: last) - 1 }
    magazine.pointee.head = nextFree(after: last)
    magazine.pointee.count -= half
    pushFree(first, last, half)
  }

  /// Gives all that a magazine has to all threads, and no memory back.
  func emptyMagazine(in record: UnsafeMutableRawPointer) {
    let magazine = record.assumingMemoryBound(to: Magazine.self).advanced(by: place)
    let (head, count) = (magazine.pointee.head, magazine.pointee.count)
    if head == 0 { return }
    (magazine.pointee.head, magazine.pointee.count) = (0, 0)
    var last = head - 1
    while case let next = nextFree(after: last), next != 0 { last = next - 1 }
    countFree(head - 1, last, comes: true)
    link(head - 1, last, count)
  }

  /// The same for this thread's, if it has one.
  func emptyMagazine() {
    if let record = tenon__record() { emptyMagazine(in: record) }
  }
}

extension UnsafeMutablePointer where Pointee == Magazine {
  /// Keeps a free slot.
  @inline(__always) func give(_ index: UInt32, _ slot: UnsafeMutableRawPointer) {
    SlotTable.head(slot).pointee.nextFree.store(pointee.head, ordering: .relaxed)
    pointee.head = index &+ 1
    pointee.count &+= 1
  }
}
