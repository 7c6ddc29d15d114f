import CLinux
import Glibc
import Synchronization

/// How a pool's threads come and go.
extension UnsafeMutablePointer where Pointee == PoolState {
  /// Under the mutex: makes an idle thread busy, for its caller to signal. The keeper comes last, as others would have to
  /// take its place.
  func takeIdle() -> UnsafeMutablePointer<Worker>? {
    var index = shared.pointee.firstIdle
    guard index >= 0 else { return nil }
    let next = worker(index).shared.pointee.nextIdle
    if index == keeper && next >= 0 {
      worker(index).shared.pointee.nextIdle = worker(next).shared.pointee.nextIdle
      index = next
    } else {
      shared.pointee.firstIdle = next
    }
    let worker = worker(index)
    leaveIdle(worker)
    shared.pointee.coming += 1
    return worker
  }

  /// Under the mutex: takes an idle thread off their list, first or not.
  func removeIdle(_ worker: UnsafeMutablePointer<Worker>) {
    if shared.pointee.firstIdle == worker.pointee.index {
      shared.pointee.firstIdle = worker.shared.pointee.nextIdle
    } else {
      var before = self.worker(shared.pointee.firstIdle)
      while before.shared.pointee.nextIdle != worker.pointee.index {
        before = self.worker(before.shared.pointee.nextIdle)
      }
      before.shared.pointee.nextIdle = worker.shared.pointee.nextIdle
    }
    leaveIdle(worker)
  }

  private func leaveIdle(_ worker: UnsafeMutablePointer<Worker>) {
    worker.shared.pointee.place = .busy
    worker.shared.pointee.nextIdle = -1
    if keeper == worker.pointee.index { pointee.keeper.store(-1, ordering: .relaxed) }
    pointee.helpers.wrappingSubtract(1, ordering: .relaxed)
  }

  /// Under the mutex: a place for one more thread, which counts as busy, and keeps the pool alive, from now on.
  func takeEmpty() -> UnsafeMutablePointer<Worker>? {
    guard shared.pointee.threads < shape.pointee.threadsMax else { return nil }
    let places = pointee.placesUsed.load(ordering: .relaxed)
    var index = 0
    while index < places {
      let place = worker(index).shared.pointee.place
      if place == .empty || place == .ended { break }
      index += 1
    }
    if index == places { index = addPlace() }
    let place = worker(index).shared
    place.pointee.previous = place.pointee.place == .ended ? place.pointee.thread : nil
    place.pointee.place = .busy
    shared.pointee.threads += 1
    shared.pointee.coming += 1
    _ = shape.pointee.owner?.retain()
    pointee.helpers.wrappingSubtract(1, ordering: .relaxed)
    return worker(index)
  }

  /// Starts a thread in a place that was taken, which counts as searching; false: the system has none to give.
  @discardableResult
  func start(_ worker: UnsafeMutablePointer<Worker>) -> Bool {
    let previous = executor.pointee.mutex.withLock { worker.shared.pointee.previous.take() }
    if let previous { Thread.join(previous) }
    let owner = shape.pointee.owner
    worker.pointee.signal.store(0, ordering: .relaxed)
    // Signals are for the host's own threads.
    var all = sigset_t()
    var mask = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &mask)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil, shape.pointee.run.unsafelyUnwrapped, worker)
    pthread_sigmask(SIG_SETMASK, &mask, nil)
    if code == 0 { return true }
    executor.pointee.mutex.lock()
    worker.shared.pointee.place = .empty
    shared.pointee.threads -= 1
    shared.pointee.coming -= 1
    pointee.helpers.wrappingAdd(1, ordering: .relaxed)
    pointee.searching.wrappingSubtract(1, ordering: .relaxed)
    executor.pointee.mutex.unlock()
    // Whoever waits for what the pool has to do does it himself.
    executor.pointee.runners.change()
    owner?.release()
    return false
  }

  /// Has a thread be there, for work that cannot wait until the system has one again; false: it has none to give.
  func haveThread() -> Bool {
    executor.pointee.mutex.lock()
    guard shared.pointee.threads == 0, let worker = takeEmpty() else {
      executor.pointee.mutex.unlock()
      return true
    }
    pointee.searching.wrappingAdd(1, ordering: .relaxed)
    executor.pointee.mutex.unlock()
    return start(worker)
  }

  /// Under the mutex, which is free afterwards: somebody must be there when the next deadline comes.
  func unlockAndKeepTime() {
    guard pointee.nextDeadline.load(ordering: .relaxed) != .max, keeper < 0 else {
      return executor.pointee.mutex.unlock()
    }
    // It looks for work, finds none, and sleeps until then.
    guard let worker = takeIdle() else {
      guard let worker = takeEmpty() else { return executor.pointee.mutex.unlock() }
      pointee.searching.wrappingAdd(1, ordering: .relaxed)
      executor.pointee.mutex.unlock()
      start(worker)
      return
    }
    pointee.searching.wrappingAdd(1, ordering: .relaxed)
    executor.pointee.mutex.unlock()
    worker.signal()
  }

  /// Under the mutex: the threads that have ended, or will at once, for the caller to join.
  func takeEnded() -> [pthread_t] {
    var ended: [pthread_t] = []
    for index in 0..<pointee.placesUsed.load(ordering: .relaxed) {
      let place = worker(index).shared
      if place.pointee.place != .ended { continue }
      place.pointee.place = .empty
      ended.append(place.pointee.thread)
    }
    return ended
  }

  /// Under the mutex, which is free afterwards: the next deadline may be another one, or the first.
  func unlockAndNoteDeadline() {
    var next = executor.own.pointee.timers.nextDeadline ?? .max
    if executor.isClosing, executor.shared.pointee.cancelling != .now,
      shared.pointee.jobsOverdue == nil
    {
      next = min(next, executor.shared.pointee.closeDeadline)
    }
    let previous = pointee.nextDeadline.exchange(next, ordering: .relaxed)
    guard next < previous, keeper >= 0 else { return unlockAndKeepTime() }
    let keeper = worker(keeper)
    removeIdle(keeper)
    shared.pointee.coming += 1
    pointee.searching.wrappingAdd(1, ordering: .relaxed)
    executor.pointee.mutex.unlock()
    keeper.signal()
  }

  /// All threads go: the pool has closed.
  func wakeAll() {
    while true {
      executor.pointee.mutex.lock()
      let worker = takeIdle()
      if worker != nil { pointee.searching.wrappingAdd(1, ordering: .relaxed) }
      executor.pointee.mutex.unlock()
      guard let worker else { return }
      worker.signal()
    }
  }
}
