import CTenon
import Synchronization

/// What producers do with a pool, from any thread.
extension UnsafeMutablePointer where Pointee == PoolState {
  /// Adds a job, after `accepted`; false: refused, and nothing has happened.
  func enqueue(
    _ job: Job, _ name: ExecutorName, _ admission: ExecutorState.Admission, _ accepted: () -> Void
  ) -> Bool {
    if let worker = Worker.current, worker.pointee.pool == self, !job.isSerial,
      executor.isOpen(as: name)
    {
      // What was added when the pool has closed, without this thread, is told by it: see `tellRest`.
      accepted()
      if !worker.pointee.ring.push(job) { spill(worker, job) }
      wakeIfUseful(unlessNapping: true)
      return true
    }
    executor.pointee.mutex.lock()
    guard executor.admits(admission, name) else {
      executor.pointee.lateWakes.count()
      executor.pointee.mutex.unlock()
      return false
    }
    if admission == .newWork && !executor.shared.pointee.inbox.makeRoom() {
      executor.pointee.mutex.unlock()
      return false
    }
    accepted()
    append(job)
    unlockAndWake()
    return true
  }

  /// Under the mutex. A job of an actor goes to the others: one of them is in the inbox for all.
  func append(_ job: Job) {
    if job.isSerial {
      shared.pointee.serialJobs.append(job)
      if shared.pointee.hasSerialRunner { return }
      shared.pointee.hasSerialRunner = true
      executor.shared.pointee.inbox.append(Job(runSerialJobs, UnsafeMutableRawPointer(self)))
    } else {
      executor.shared.pointee.inbox.append(job)
    }
    noteInbox()
  }

  /// Under the mutex.
  @inline(__always) func noteInbox() {
    pointee.inboxCount.store(executor.shared.pointee.inbox.count, ordering: .relaxed)
  }

  /// A ring is full: half of it goes to all, and the job after it.
  @inline(never) private func spill(_ worker: UnsafeMutablePointer<Worker>, _ job: Job) {
    executor.pointee.mutex.lock()
    for _ in 0..<JobRing.capacity / 2 {
      guard let old = worker.pointee.ring.pop() else { break }
      executor.shared.pointee.inbox.append(old)
    }
    executor.shared.pointee.inbox.append(job)
    noteInbox()
    executor.pointee.mutex.unlock()
  }

  /// Has somebody come for what was just added, if that is of use.
  @inline(__always) func wakeIfUseful(unlessNapping: Bool = false) {
    // Whoever is about to sleep says so first, and looks at the work then; whoever naps looks when he has said that he does not.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if pointee.helpers.load(ordering: .relaxed) == 0 { return }
    if pointee.searching.load(ordering: .relaxed) != 0 { return }
    if unlessNapping && pointee.napping.load(ordering: .relaxed) != 0 { return }
    wakeOne()
  }

  @inline(never) private func wakeOne() {
    executor.pointee.mutex.lock()
    unlockAndWake()
  }

  /// The same, under the mutex, which is free afterwards.
  func unlockAndWake() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard pointee.helpers.load(ordering: .relaxed) != 0,
      pointee.searching.compareExchange(expected: 0, desired: 1, ordering: .sequentiallyConsistent)
        .exchanged
    else { return executor.pointee.mutex.unlock() }
    unlockAndBring()
  }

  /// Under the mutex: brings a thread that counts as searching already.
  private func unlockAndBring() {
    if let worker = takeIdle() {
      executor.pointee.wakes.wrappingAdd(1, ordering: .relaxed)
      unlockAndKeepTime()
      worker.signal()
    } else if let worker = takeEmpty() {
      executor.pointee.mutex.unlock()
      start(worker)
    } else {
      pointee.searching.wrappingSubtract(1, ordering: .relaxed)
      executor.pointee.mutex.unlock()
    }
  }

  /// A Swift task comes to run something here; false: closed.
  func enter(_ name: ExecutorName) -> Bool {
    executor.pointee.mutex.withLock {
      guard executor.admits(.newWork, name) else { return false }
      shared.pointee.visitors += 1
      executor.shared.pointee.pendingElsewhere += 1
      return true
    }
  }

  /// The end of that. The pool may have closed meanwhile, and cannot wait for it any more.
  func leave(_ name: ExecutorName) {
    executor.pointee.mutex.lock()
    guard executor.admits(.inFlight, name) else { return executor.pointee.mutex.unlock() }
    shared.pointee.visitors -= 1
    executor.shared.pointee.pendingElsewhere -= 1
    unlockAndTell()
  }

  /// Work outside of the pool, or a callback, is not pending any more. Under the mutex, which is free afterwards.
  func unlockAndTell() {
    let isSomebodyWaiting = shared.pointee.quietWaiters != 0
    if executor.isClosing {
      unlockAndWake()
    } else {
      executor.pointee.mutex.unlock()
    }
    if isSomebodyWaiting { executor.pointee.runners.change() }
  }
}

/// As a job: runs what actors have to do that live on the pool, one after another. Somebody else has a turn after some of it.
private func runSerialJobs(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let pool = context.unsafelyUnwrapped.assumingMemoryBound(to: PoolState.self)
  let executor = pool.executor
  let serialExecutor = pool.shape.pointee.serialExecutor
  var turns = 0
  while true {
    executor.pointee.mutex.lock()
    guard status == TENON_STATUS_OK, turns < 64,
      let job = pool.shared.pointee.serialJobs.popFirst()
    else { break }
    executor.pointee.mutex.unlock()
    turns += 1
    pool.pointee.serialRunner.store(currentThread, ordering: .relaxed)
    job.swiftJob.runSynchronously(on: serialExecutor.unsafelyUnwrapped)
    pool.pointee.serialRunner.store(0, ordering: .relaxed)
  }
  pool.shared.pointee.hasSerialRunner = false
  if status == TENON_STATUS_OK {
    if !pool.shared.pointee.serialJobs.isEmpty {
      pool.shared.pointee.hasSerialRunner = true
      executor.shared.pointee.inbox.append(Job(runSerialJobs, context))
      pool.noteInbox()
    }
  } else {
    // They may never run: the pool has closed.
    while pool.shared.pointee.serialJobs.popFirst() != nil {
      executor.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
    }
  }
  pool.unlockAndWake()
}
