import CTenon
import Glibc
import Synchronization

/// The end of a pool: what is said of executors, with threads. Whoever finds, under the mutex, that all has ended, or that the
/// time is over, ends the close: a thread of the pool that has nothing to do, or the one that closes.
extension ThreadPool {
  /// Closes, and waits until all work has ended or the deadline has come, and until the threads have gone.
  func closePool(until deadline: UInt64) -> tenon_status_t {
    guard beginClose(until: deadline, waits: !pool.isHere) else { return TENON_STATUS_CLOSED }
    if pool.isHere { return TENON_STATUS_PENDING }
    // A job that it would wait for waits for the one that this is called in, perhaps through others: then the threads end it.
    return pool.awaited(until: deadline) {
      Delivery.whileWaiting { awaitClose(until: deadline) }
    } ?? TENON_STATUS_PENDING
  }

  private func awaitClose(until deadline: UInt64) -> tenon_status_t {
    while !endCloseIfDone() {
      if Fork.isChild { return TENON_STATUS_FORKED }
      // There may be no thread, if the system had none to give.
      runForlorn()
      _ = state.pointee.runners.wait(until: pool.isEnding ? .max : deadline) {
        pool.hasEnded || pool.isForlorn
      }
      if Time.now < deadline || Fork.isChild { continue }
      meetDeadline()
      while let job = state.pointee.mutex.withLock({ pool.takeOverdue() }) { run(job) }
      pool.awaitSearchers()
    }
    if Fork.isChild { return TENON_STATUS_FORKED }
    let cutShort = state.pointee.mutex.withLock { state.own.pointee.wasCutShort }
    // Threads that are in a job still cannot be waited for.
    _ = state.pointee.runners.wait(until: cutShort ? 0 : .max) {
      state.pointee.mutex.withLock { pool.shared.pointee.threads == 0 }
    }
    for thread in state.pointee.mutex.withLock({ pool.takeEnded() }) { Thread.join(thread) }
    return cutShort ? TENON_STATUS_TIMEOUT : TENON_STATUS_OK
  }

  /// After it has begun, for those who do not wait: ends it if nothing is left, or sees to it that somebody will.
  func attendClose() {
    if pool.isHere || endCloseIfDone() { return }
    runForlorn()
    _ = endCloseIfDone()
  }

  /// Has a thread of the pool be there when the time of the close is over, as nobody else waits until then.
  func keepCloseDeadline() {
    state.pointee.mutex.lock()
    pool.unlockAndNoteDeadline()
  }

  /// Ends it if all has ended, or if what was ready when the time was over has run; true: it is over.
  func endCloseIfDone() -> Bool {
    state.pointee.mutex.lock()
    if pool.shared.pointee.hasEnded {
      state.pointee.mutex.unlock()
      return true
    }
    let cutShort = pool.beginEnd()
    state.pointee.mutex.unlock()
    guard let cutShort else { return false }
    endClose(cutShort: cutShort)
    return true
  }

  /// Nothing more comes in; whoever still waits is told so; the threads go.
  func endClose(cutShort: Bool) {
    finishClose(cutShort: cutShort)
    pool.pointee.nextDeadline.store(.max, ordering: .relaxed)
    pool.pointee.inboxCount.store(0, ordering: .relaxed)
    for index in 0..<pool.pointee.placesUsed.load(ordering: .acquiring) {
      pool.worker(index).tellRest()
    }
    pool.wakeAll()
    state.pointee.mutex.withLock { pool.shared.pointee.hasEnded = true }
    state.pointee.runners.change()
  }

  /// Hands out the timers that are due, and begins with the end of a close whose time is over.
  func meetDeadline() {
    state.pointee.mutex.lock()
    // Whoever ends a close has what is here for himself.
    guard !pool.shared.pointee.isEnding else { return state.pointee.mutex.unlock() }
    state.advanceTimers()
    if state.isClosing, state.shared.pointee.cancelling != .now,
      pool.shared.pointee.jobsOverdue == nil, state.now >= state.shared.pointee.closeDeadline
    {
      pool.beginOverdue()
    }
    pool.unlockAfterTimers()
  }

  /// Runs what there is while the pool has no thread, as the system had none to give.
  func runForlorn() {
    while pool.isForlorn, let job = pool.takeForlorn() { run(job) }
  }

  private func run(_ job: Job) {
    if let function = job.function {
      function(job.context, TENON_STATUS_OK)
    } else {
      job.swiftJob.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}

extension UnsafeMutablePointer where Pointee == PoolState {
  /// Under the mutex: makes the caller the one who ends the close, if it is time for that, and says whether work is left
  /// behind.
  func beginEnd() -> Bool? {
    guard executor.isClosing, executor.shared.pointee.cancelling != .now,
      !shared.pointee.isEnding
    else { return nil }
    let hasWork =
      !executor.shared.pointee.drivers.isEmpty || !executor.shared.pointee.inbox.isEmpty
      || shared.pointee.visitors > 0 || working > 0
    if hasWork && shared.pointee.jobsOverdue != 0 { return nil }
    shared.pointee.isEnding = true
    return hasWork
  }

  /// Under the mutex, when the time of a close is over: what is ready now still runs; what that makes ready does not.
  fileprivate func beginOverdue() {
    for index in 0..<pointee.placesUsed.load(ordering: .relaxed) {
      while let job = worker(index).pointee.ring.pop() {
        executor.shared.pointee.inbox.append(job)
      }
    }
    shared.pointee.jobsOverdue = executor.shared.pointee.inbox.count
    noteInbox()
  }

  /// Under the mutex: the next of the jobs that were ready when the time was over.
  func takeOverdue() -> Job? {
    guard let left = shared.pointee.jobsOverdue, left > 0 else { return nil }
    shared.pointee.jobsOverdue = left - 1
    defer { noteInbox() }
    return executor.shared.pointee.inbox.popFirst()
  }

  /// Threads that only look for work are soon through with that, and are no work that is left behind.
  fileprivate func awaitSearchers() {
    var backoff = Backoff()
    for _ in 0..<100 {
      let isSearching = executor.pointee.mutex.withLock {
        working > 0 && pointee.searching.load(ordering: .relaxed) > shared.pointee.coming
      }
      guard isSearching && backoff.pause() else { return }
    }
  }

  /// Whether somebody ends the close, and whether that is over.
  var isEnding: Bool { executor.pointee.mutex.withLock { shared.pointee.isEnding } }
  var hasEnded: Bool { executor.pointee.mutex.withLock { shared.pointee.hasEnded } }

  /// Whether there are jobs and no thread.
  var isForlorn: Bool {
    executor.pointee.mutex.withLock {
      shared.pointee.threads == 0 && !executor.shared.pointee.inbox.isEmpty
        && shared.pointee.jobsOverdue == nil
    }
  }

  /// The next job, for a thread that waits for it when the pool has none.
  func takeForlorn() -> Job? {
    executor.pointee.mutex.withLock {
      defer { noteInbox() }
      return executor.shared.pointee.inbox.popFirst()
    }
  }
}

extension UnsafeMutablePointer where Pointee == Worker {
  /// Tells the jobs in the ring that the pool has closed.
  func tellRest() {
    while let job = pointee.ring.pop() { job.tellClosed(pointee.pool) }
  }
}

extension Job {
  /// Instead of running it. A job of Swift's may never run again: the executor promised so.
  func tellClosed(_ pool: UnsafeMutablePointer<PoolState>) {
    if let function {
      function(context, TENON_STATUS_CLOSED)
    } else {
      pool.executor.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
    }
  }
}
