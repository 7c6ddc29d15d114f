import CLinux
import Synchronization

/// Whether an end that has nothing to do looks on for a while before it waits properly. Two threads that keep pace would else
/// put each other to sleep and wake each other all the time, which costs a hundred times what an item does.
///
/// It does so when its last wait was one that looking on would have spared: another thread ended it, and soon. So ends that
/// share a thread, and readers of what comes now and then, never look on. Where that was wrong it looks on again after one
/// more such wait, then after two, four and so on: a thread looks on for about as long as being put to sleep and woken takes,
/// so it loses at most twice what the best choice would have cost (A. Karlin, K. Li, M. Manasse and S. Owicki, "Empirical
/// Studies of Competitive Spinning for a Shared-Memory Multiprocessor", 1991).
struct AdaptiveSpin: ~Copyable {
  private static let looks = 1024
  /// As long as so many looks may take.
  private static let soon: UInt64 = 50_000
  private static let waitsMost: UInt32 = 1024

  // Hints: a lost update harms nothing. `look` is the waiting end's, the others come under the mutex.
  private let isHopeful = Atomic<Bool>(false)
  /// Waits that ended soon, since it last looked on in vain; and how many there must be before it does so again.
  private let waits = Atomic<UInt32>(0)
  private let waitsNeeded = Atomic<UInt32>(1)
  private let thread = Atomic<UInt>(0)
  private let beginning = Atomic<UInt64>(0)

  /// Looks until `isThere`, if there is hope. Says whether it was.
  @inline(__always) func look(_ isThere: () -> Bool) -> Bool {
    if !isHopeful.load(ordering: .relaxed) { return false }
    for _ in 0..<AdaptiveSpin.looks {
      tenon__spin()
      if isThere() {
        waitsNeeded.store(1, ordering: .relaxed)
        return true
      }
    }
    isHopeful.store(false, ordering: .relaxed)
    waits.store(0, ordering: .relaxed)
    waitsNeeded.store(
      min(waitsNeeded.load(ordering: .relaxed) * 2, AdaptiveSpin.waitsMost), ordering: .relaxed)
    return false
  }

  /// This thread begins to wait.
  func beginWait() {
    thread.store(currentThread, ordering: .relaxed)
    beginning.store(Time.now, ordering: .relaxed)
  }

  /// This thread ends the wait, having done what was waited for.
  func endWait() {
    guard thread.load(ordering: .relaxed) != currentThread,
      Time.now &- beginning.load(ordering: .relaxed) < AdaptiveSpin.soon
    else { return isHopeful.store(false, ordering: .relaxed) }
    let waits = waits.load(ordering: .relaxed) &+ 1
    self.waits.store(waits, ordering: .relaxed)
    if waits >= waitsNeeded.load(ordering: .relaxed) { isHopeful.store(true, ordering: .relaxed) }
  }
}
