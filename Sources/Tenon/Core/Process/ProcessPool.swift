import CTenon
import Synchronization

/// The pool of a process that is owned: for functions that must not hold up a loop to which the host has given none.
///
/// It is made when it is first needed, and stays. Its threads go when there is nothing for them to do.
enum ProcessPool {
  /// Its address, or 0.
  private static let bits = Atomic<UInt>(0)

  /// The pool, which has a thread for what comes now; or why there is none.
  static func ready() -> Result<ThreadPool, StatusError> {
    // The threads are the parent's.
    if Fork.isChild { return .failure(StatusError(TENON_STATUS_FORKED)) }
    return (made.map { .success($0) } ?? make()).flatMap {
      $0.pool.haveThread() ? .success($0) : .failure(StatusError(TENON_STATUS_NO_RESOURCES))
    }
  }

  private static var made: ThreadPool? {
    UnsafeRawPointer(bitPattern: bits.load(ordering: .acquiring)).map {
      Unmanaged<ThreadPool>.fromOpaque($0).takeUnretainedValue()
    }
  }

  private static func make() -> Result<ThreadPool, StatusError> {
    let threads = UInt32(min(Thread.processors, PoolState.threadsMax))
    guard let options = ThreadPool.Options(threads, 0) else {
      return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
    }
    return LoopExecutor.create(label: "tenon", threads: options).map {
      let pool = unsafeDowncast($0, to: ThreadPool.self)
      let isFirst = bits.compareExchange(
        expected: 0, desired: pool.bits, ordering: .acquiringAndReleasing
      ).exchanged
      // Its handle's reference keeps it.
      if isFirst { return pool }
      _ = LoopExecutor.release(pool.handle)
      return made.unsafelyUnwrapped
    }
  }
}
