import Glibc

/// A pthread mutex: unlike `Synchronization.Mutex`, the thread sanitizer sees it on Linux.
///
/// Sections are short, never call out, and never take a second mutex.
// SAFETY: a mutex is for many threads; the pointer never changes.
struct Mutex: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutablePointer<pthread_mutex_t>

  init() {
    raw = .allocate(capacity: 1)
    raw.initialize(to: pthread_mutex_t())
    pthread_mutex_init(raw, nil)
  }

  deinit {
    pthread_mutex_destroy(raw)
    raw.deallocate()
  }

  @inline(__always) func lock() { pthread_mutex_lock(raw) }
  @inline(__always) func unlock() { pthread_mutex_unlock(raw) }

  @inline(__always) func withLock<Result>(_ body: () -> Result) -> Result {
    lock()
    defer { unlock() }
    return body()
  }

  /// For the slot tables, when they grow.
  static let growth = Mutex()
}

/// A mutex and a condition that a thread can sleep on, until another one signals.
// SAFETY: made for many threads; the pointers never change.
struct Monitor: ~Copyable, @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

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

  /// Makes a change that a sleeper may wait for.
  func change(_ body: () -> Void) {
    pthread_mutex_lock(mutex)
    body()
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps until `condition` holds or the monotonic `deadline` (in nanoseconds) has come.
  func wait(until deadline: UInt64, _ holds: () -> Bool) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
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
