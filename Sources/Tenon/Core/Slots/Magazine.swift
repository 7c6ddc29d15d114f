import Synchronization

/// Free slots that one thread keeps for itself: it takes and gives them without a locked instruction, which is most of
/// what a slot costs.
///
/// Invariant: only the thread whose name is in `owner` touches the rest, and the name never changes once it is
/// there. A thread that ends leaves at most `countMax` slots behind, for the next thread of the same name.
struct Magazine: ~Copyable {
  static let countMax: UInt32 = 2048
  /// How many a table has; threads are spread over them, and those that find theirs taken do without.
  static let perTable = 64
  static let stride = 64

  let owner: Atomic<UInt>
  /// Index + 1 of the first free slot, or 0.
  let head: Atomic<UInt32>
  let count: Atomic<UInt32>

  @inline(__always) static func place(of thread: UInt) -> Int {
    // The names of threads are addresses, megabytes apart.
    Int(truncatingIfNeeded: (thread >> 12) ^ (thread >> 23)) & (perTable - 1)
  }
}

extension SlotTable {
  /// This thread's magazine, if it has one.
  @inline(__always) func magazine(of thread: UInt) -> UnsafeMutablePointer<Magazine>? {
    let base = magazines.load(ordering: .relaxed)
    guard
      let magazine = UnsafeMutableRawPointer(bitPattern: base)?
        .advanced(by: Magazine.place(of: thread) * Magazine.stride)
        .assumingMemoryBound(to: Magazine.self),
      magazine.pointee.owner.load(ordering: .relaxed) == thread
    else { return nil }
    return magazine
  }

  /// A free slot from this thread's magazine.
  @inline(__always) func takeFast() -> (index: UInt32, slot: UnsafeMutableRawPointer)? {
    guard let magazine = magazine(of: currentThread),
      case let first = magazine.pointee.head.load(ordering: .relaxed), first != 0
    else { return nil }
    let slot = address(of: first &- 1)
    magazine.pointee.head.store(
      SlotTable.head(slot).pointee.nextFree.load(ordering: .relaxed), ordering: .relaxed)
    magazine.pointee.count.store(
      magazine.pointee.count.load(ordering: .relaxed) &- 1, ordering: .relaxed)
    return (first &- 1, slot)
  }

  /// This thread's magazine, if it has room for one slot more.
  @inline(__always) func magazineWithRoom() -> UnsafeMutablePointer<Magazine>? {
    guard let magazine = magazine(of: currentThread),
      magazine.pointee.count.load(ordering: .relaxed) < Magazine.countMax
    else { return nil }
    return magazine
  }

  /// Makes this thread the owner of its magazine, if that has none.
  func claimMagazine(_ thread: UInt) {
    guard
      let magazine = UnsafeMutableRawPointer(bitPattern: magazines.load(ordering: .relaxed))?
        .advanced(by: Magazine.place(of: thread) * Magazine.stride)
        .assumingMemoryBound(to: Magazine.self),
      magazine.pointee.owner.load(ordering: .relaxed) == 0
    else { return }
    _ = magazine.pointee.owner.compareExchange(
      expected: 0, desired: thread, ordering: .acquiringAndReleasing)
  }
}

extension UnsafeMutablePointer where Pointee == Magazine {
  /// Keeps a free slot.
  @inline(__always) func give(_ index: UInt32, _ slot: UnsafeMutableRawPointer) {
    SlotTable.head(slot).pointee.nextFree.store(
      pointee.head.load(ordering: .relaxed), ordering: .relaxed)
    pointee.head.store(index &+ 1, ordering: .relaxed)
    pointee.count.store(pointee.count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }
}
