import Synchronization

/// Free slots that one thread keeps for itself: it takes and gives them without a locked instruction, which is most of
/// what a slot costs.
///
/// Invariant: only the thread whose name is in `owner` touches the rest, and the name never changes once it is
/// there. A thread that ends leaves at most `countMax` slots behind, for the next thread of the same name.
struct Magazine: ~Copyable {
  static let countMax: UInt32 = 512
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
