import CLinux
import Glibc
import Synchronization

/// A mutex of one word (the second one of U. Drepper, "Futexes Are Tricky"): taking and leaving it is one locked
/// instruction each, without a call. Unlike `Synchronization.Mutex`, the thread sanitizer sees it on Linux.
///
/// Sections are short, never call out, and never take a second mutex. So whoever finds it taken spins for a moment before
/// it sleeps. In a fork's child whoever had it is not there, and never gives it back: it is as good as free.
struct Mutex: ~Copyable, Sendable {
  private static let free: UInt32 = 0
  private static let taken: UInt32 = 1
  /// Taken, and somebody may sleep.
  private static let contended: UInt32 = 2
  private static let spins = 64

  private let word = Atomic<UInt32>(Mutex.free)

  @inline(__always) func lock() {
    let (isMine, _) = word.compareExchange(
      expected: Mutex.free, desired: Mutex.taken, successOrdering: .acquiring,
      failureOrdering: .relaxed)
    if _slowPath(!isMine) { lockContended() }
    withUnsafePointer(to: word) { Handover.take($0) }
  }

  @inline(__always) func unlock() {
    withUnsafePointer(to: word) { Handover.give($0) }
    if _slowPath(word.exchange(Mutex.free, ordering: .releasing) == Mutex.contended) {
      wakeSleeper()
    }
  }

  @inline(__always) func withLock<Result>(_ body: () -> Result) -> Result {
    lock()
    defer { unlock() }
    return body()
  }

  @inline(never) private func lockContended() {
    if Fork.isChild { return word.store(Mutex.taken, ordering: .relaxed) }
    for _ in 0..<Mutex.spins {
      tenon__spin()
      guard word.load(ordering: .relaxed) == Mutex.free else { continue }
      let (isMine, _) = word.compareExchange(
        expected: Mutex.free, desired: Mutex.taken, successOrdering: .acquiring,
        failureOrdering: .relaxed)
      if isMine { return }
    }
    while word.exchange(Mutex.contended, ordering: .acquiring) != Mutex.free {
      withUnsafePointer(to: word) { tenon__futex_wait($0, Mutex.contended) }
    }
  }

  @inline(never) private func wakeSleeper() {
    withUnsafePointer(to: word) { tenon__futex_wake($0, 1) }
  }

  /// For the slot tables, when they grow.
  static let growth = Mutex()

  /// For what is noted about slots.
  static let notes = Mutex()
}
