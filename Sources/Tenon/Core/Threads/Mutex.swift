import CLinux
import Glibc
import Synchronization

/// A mutex of one word (the second one of U. Drepper, "Futexes Are Tricky"): taking and leaving it is one locked
/// instruction each, without a call. Unlike `Synchronization.Mutex`, the thread sanitizer sees it on Linux.
///
/// Sections are short, never call out, and never take a second mutex. So whoever finds it taken spins for a moment before
/// it sleeps.
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
  }

  @inline(__always) func unlock() {
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
}

/// A mutex and a condition that a thread can sleep on, until another one signals.
// SAFETY: made for many threads; the pointers never change.
struct Monitor: ~Copyable, @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private let sleepers = Atomic<Int>(0)

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Makes a change that a sleeper may wait for. The monitor outlives this, whatever the sleeper does then.
  ///
  /// It is woken when the mutex is free: otherwise it would sleep again at once, until that is.
  func change(_ body: () -> Void) {
    pthread_mutex_lock(mutex)
    body()
    pthread_mutex_unlock(mutex)
    pthread_cond_broadcast(condition)
  }

  /// The same for a change that the caller has made by one exchange: who is about to sleep says so first, and looks then.
  @inline(__always) func signal() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .relaxed) != 0 { change {} }
  }

  /// Sleeps until `condition` holds or the monotonic `deadline` (in nanoseconds) has come.
  func wait(until deadline: UInt64, _ holds: () -> Bool) -> Bool {
    sleepers.wrappingAdd(1, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    pthread_mutex_lock(mutex)
    defer {
      pthread_mutex_unlock(mutex)
      sleepers.wrappingSubtract(1, ordering: .relaxed)
    }
    var time = timespec(nanoseconds: deadline)
    while !holds() {
      if deadline == .max {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT {
        return holds()
      }
    }
    return true
  }
}
