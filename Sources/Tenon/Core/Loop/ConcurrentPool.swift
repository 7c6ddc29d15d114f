import CTenon
import Synchronization

/// The pool of a loop: where code goes that Swift runs concurrently, so that the loop goes on.
extension LoopExecutor {
  var bits: UInt { UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

  /// Under the mutex: the pool of calls that begin now.
  var concurrentPool: LoopExecutor? {
    state.shared.pointee.concurrentPool.map { unsafeDowncast($0, to: LoopExecutor.self) }
  }

  /// The same, without.
  var currentConcurrentPool: LoopExecutor? {
    if state.pointee.concurrentBits.load(ordering: .relaxed) == 0 { return nil }
    return state.pointee.mutex.withLock { concurrentPool }
  }

  /// Whether a driver may take a call: not if it was made when there was another pool, or none.
  @inline(__always) func isUpToDate(_ driver: Driver) -> Bool {
    driver.poolBits == state.pointee.concurrentBits.load(ordering: .relaxed)
  }

  /// Names the pool of calls that begin from now on; nil: none. Keeps a reference until there is another one, or this closes.
  func setConcurrentPool(_ pool: LoopExecutor?) -> tenon_status_t {
    guard threadPool == nil, pool.map({ $0.threadPool != nil }) ?? true else {
      return TENON_STATUS_UNSUPPORTED
    }
    if let pool {
      if pool.state.pointee.phase.load(ordering: .relaxed) != .open { return TENON_STATUS_CLOSED }
      let status = LoopExecutor.retain(pool.handle)
      if status != TENON_STATUS_OK { return status }
    }
    state.pointee.mutex.lock()
    let isOpen = state.isOpen(as: name)
    let unused = isOpen ? concurrentPool : pool
    if isOpen { store(pool) }
    state.pointee.mutex.unlock()
    // The driver of the call that this is in, perhaps, takes none of those that wait behind that.
    if state.isPolledHere { state.own.pointee.runningDriver = nil }
    if let unused { _ = LoopExecutor.release(unused.handle) }
    return isOpen ? TENON_STATUS_OK : TENON_STATUS_CLOSED
  }

  /// This has closed.
  func leaveConcurrentPool() {
    if state.pointee.concurrentBits.load(ordering: .relaxed) == 0 { return }
    let pool: LoopExecutor? = state.pointee.mutex.withLock {
      defer { store(nil) }
      return concurrentPool
    }
    if let pool { _ = LoopExecutor.release(pool.handle) }
  }

  private func store(_ pool: LoopExecutor?) {
    state.shared.pointee.concurrentPool = pool
    state.pointee.concurrentBits.store(pool?.bits ?? 0, ordering: .relaxed)
  }
}
