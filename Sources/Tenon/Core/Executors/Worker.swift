import CLinux
import CThread
import Glibc
import Synchronization

/// A place for one of a pool's threads: what others know of it.
struct Worker: ~Copyable {
  enum Place {
    /// No thread.
    case empty
    /// Its thread has ended, or will at once, and nobody has joined it.
    case ended
    /// It runs jobs, or looks for some.
    case busy
    /// It sleeps until it is woken, or its time is over.
    case idle
  }

  let pool: UnsafeMutablePointer<PoolState>
  let index: Int
  let ring = JobRing()
  /// 1: woken. The thread sleeps while it is 0.
  let signal = Atomic<UInt32>(0)
  /// Changed by the thread only.
  let jobs = Atomic<UInt64>(0)
  /// The same; for those who look from outside.
  let isInJob = Atomic<Bool>(false)
  private let sharedMemory: UnsafeMutablePointer<Shared>

  /// Under the executor's mutex.
  struct Shared {
    var place = Place.empty
    var thread = pthread_t()
    /// The thread that was here before, until it has been joined.
    var previous: pthread_t?
    /// The idle one below, or -1.
    var nextIdle = -1
  }

  init(_ pool: UnsafeMutablePointer<PoolState>, _ index: Int) {
    self.pool = pool
    self.index = index
    sharedMemory = .allocate(capacity: 1)
    sharedMemory.initialize(to: Shared())
  }

  fileprivate var shared: UnsafeMutablePointer<Shared> { sharedMemory }
}

extension UnsafeMutablePointer where Pointee == Worker {
  @inline(__always) var shared: UnsafeMutablePointer<Worker.Shared> { pointee.shared }

  /// Ends a sleep that has begun, or is about to begin.
  func signal() {
    pointee.signal.store(1, ordering: .releasing)
    withUnsafePointer(to: pointee.signal) { tenon__futex_wake($0, 1) }
  }

  /// Sleeps until a signal or the deadline, or for no reason.
  func sleep(until deadline: UInt64) {
    withUnsafePointer(to: pointee.signal) {
      var time = timespec(nanoseconds: deadline)
      tenon__futex_wait_until($0, 0, &time)
    }
  }
}

extension Worker {
  private static let key = tenon__key(Int32(tenon__key_worker), nil)

  /// The place of this thread, if it is a pool's.
  @inline(__always) static var current: UnsafeMutablePointer<Worker>? {
    pthread_getspecific(key)?.assumingMemoryBound(to: Worker.self)
  }

  static func makeCurrent(_ worker: UnsafeMutablePointer<Worker>?) {
    pthread_setspecific(key, worker)
  }
}
