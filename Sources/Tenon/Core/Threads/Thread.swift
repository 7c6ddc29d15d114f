import CLinux
import Glibc

/// The calling thread's name for itself: never 0, and unique while the thread lives.
@inline(__always) var currentThread: UInt { tenon__thread() }

enum Thread {
  /// How many processors this process may use.
  static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Waits for a thread's end; a fork's child has none to wait for.
  static func join(_ thread: pthread_t) {
    if !Fork.isChild { pthread_join(thread, nil) }
  }

  /// Spins for a moment: some 10 nanoseconds a turn.
  @inline(never) static func pause(_ turns: Int) {
    for _ in 0..<turns { tenon__spin() }
  }
}

/// How a thread waits for another one that holds a slot's lock for a few instructions.
///
/// It ends by sleeping, because yielding never lets a thread of lower priority go on. In a fork's child that other thread is
/// not there: false.
struct Backoff {
  private var rounds = 0

  @inline(never) mutating func pause() -> Bool {
    if Fork.isChild { return false }
    rounds += 1
    if rounds < 16 { return true }
    if rounds < 64 {
      sched_yield()
    } else {
      var time = timespec(tv_sec: 0, tv_nsec: 50_000)
      nanosleep(&time, nil)
    }
    return true
  }
}
