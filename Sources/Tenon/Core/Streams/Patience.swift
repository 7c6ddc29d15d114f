import CLinux
import Synchronization

/// How long an end that has nothing to do looks on before it waits properly. Two threads that keep pace would else put each
/// other to sleep and wake each other for every item, which costs a hundred times what an item does.
///
/// It looks longer when that has paid off, and soon not at all where it cannot: when both ends share a thread. About ten
/// microseconds at the most.
struct Patience: ~Copyable {
  private static let most: UInt32 = 256
  private static let first: UInt32 = 64
  /// After so many waits without a look it tries again.
  private static let waits: UInt32 = 64

  // Hints, changed by whoever waits: a lost update harms nothing.
  private let looks = Atomic<UInt32>(Patience.first)
  private let blind = Atomic<UInt32>(0)

  /// Looks until `isThere`, for a while. Says whether it was.
  @inline(__always) func look(_ isThere: () -> Bool) -> Bool {
    let looks = looks.load(ordering: .relaxed)
    if looks == 0 {
      let blind = self.blind.load(ordering: .relaxed) &+ 1
      self.blind.store(blind, ordering: .relaxed)
      if blind % Patience.waits == 0 { self.looks.store(Patience.first, ordering: .relaxed) }
      return false
    }
    for _ in 0..<looks {
      tenon__spin()
      if isThere() {
        self.looks.store(min(looks * 2, Patience.most), ordering: .relaxed)
        return true
      }
    }
    self.looks.store(looks / 2, ordering: .relaxed)
    return false
  }
}
