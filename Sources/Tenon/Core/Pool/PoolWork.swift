import CLinux
import CTenon
import CTenonRoot
import Glibc
import Synchronization

/// What a thread of a pool does until it goes.
func runWorker(_ worker: UnsafeMutablePointer<Worker>) {
  let pool = worker.pointee.pool
  Worker.makeCurrent(worker)
  pool.executor.pointee.mutex.lock()
  worker.shared.pointee.thread = pthread_self()
  pool.shared.pointee.coming -= 1
  let owner = pool.shape.pointee.owner.unsafelyUnwrapped
  pool.executor.pointee.mutex.unlock()
  owner._withUnsafeGuaranteedRef {
    let owner = unsafeDowncast($0, to: ThreadPool.self)
    if let label = owner.label { tenon__name_thread(label) }
    var turns = WorkerTurns(worker, owner)
    turns.run()
  }
  Worker.makeCurrent(nil)
  owner.release()
}

/// Whether a thread sleeps for a moment only: it was woken, found next to nothing, and what it came for is most likely something that
/// another thread adds and takes itself, again and again. To be woken for each would be most of what such small jobs cost.
private struct Nap {
  static let time: UInt64 = 100_000
  /// In less time there was next to nothing.
  private static let briefly: UInt64 = 20_000
  /// How many jobs during a nap are worth another one.
  private static let manyJobs: UInt64 = 16
  private var since = Time.now
  private var isFirst = true
  private var jobs: UInt64 = 0

  mutating func end() {
    since = Time.now
    isFirst = false
  }

  /// Under the mutex.
  mutating func isUseful(_ pool: UnsafeMutablePointer<PoolState>, _ now: UInt64) -> Bool {
    // Who does not nap now is woken before he may again, and begins anew.
    guard now &- since < Nap.briefly else { return false }
    let before = jobs
    jobs = (0..<pool.pointee.placesUsed.load(ordering: .relaxed))
      .reduce(0) { $0 &+ pool.worker($1).pointee.jobs.load(ordering: .relaxed) }
    return isFirst || jobs &- before >= Nap.manyJobs
  }
}

/// The turns of one thread: each runs a job, or sleeps.
private struct WorkerTurns {
  private let worker: UnsafeMutablePointer<Worker>
  private let pool: UnsafeMutablePointer<PoolState>
  private let owner: ThreadPool
  private let taskExecutor: UnownedTaskExecutor
  /// Whether this thread is counted in `searching`: it is from its start, or its wake.
  private var isSearching = true
  private var count: UInt32 = 0
  /// The last turn was for somebody's parallel loop: now it is the jobs' turn.
  private var hasHelped = false
  private var nap = Nap()

  init(_ worker: UnsafeMutablePointer<Worker>, _ owner: ThreadPool) {
    self.worker = worker
    self.owner = owner
    pool = worker.pointee.pool
    taskExecutor = owner.asUnownedTaskExecutor()
  }

  mutating func run() {
    while true {
      if help() { continue }
      if let job = next() ?? search() {
        endSearch()
        hasHelped = false
        run(job)
        // A fork's child has no other thread, and nobody who could end it well.
        if Fork.isChild { _exit(0) }
        continue
      }
      if hasHelped {
        hasHelped = false
        continue
      }
      guard sleep() else { return }
    }
  }

  @inline(__always) private func run(_ job: Job) {
    worker.pointee.jobs.count()
    // A close that was cut short has not waited for this thread.
    if _slowPath(pool.executor.pointee.phase.load(ordering: .relaxed) == .closed) {
      return job.tellClosed(pool)
    }
    worker.pointee.isInJob.store(true, ordering: .relaxed)
    let records = Recorder.keepsJobs
    if records { job.recordBegin(owner.name) }
    if let function = job.function {
      function(job.context, TENON_STATUS_OK)
    } else {
      job.swiftJob.runSynchronously(on: taskExecutor)
    }
    if records { Job.recordEnd(owner.name) }
    worker.pointee.isInJob.store(false, ordering: .relaxed)
  }

  // MARK: Finding work

  /// Takes part in a parallel loop; false: there is none.
  @inline(__always) private mutating func help() -> Bool {
    if pool.pointee.loopCount.load(ordering: .relaxed) == 0 || hasHelped { return false }
    return helpLoop()
  }

  @inline(never) private mutating func helpLoop() -> Bool {
    guard let loop = pool.joinLoop() else { return false }
    endSearch()
    loop.run()
    if Fork.isChild { _exit(0) }
    loop.leave()
    hasHelped = true
    return true
  }

  @inline(__always) private mutating func next() -> Job? {
    count &+= 1
    if count % 64 == 0, let job = lookAround() { return job }
    return worker.pointee.ring.pop() ?? takeFromInbox()
  }

  /// Now and then: jobs that make jobs for ever must keep neither the inbox nor the timers nor the close waiting.
  @inline(never) private func lookAround() -> Job? {
    let deadline = pool.pointee.nextDeadline.load(ordering: .relaxed)
    if deadline != .max, Time.now >= deadline { owner.meetDeadline() }
    return takeFromInbox(atMost: 1)
  }

  /// This thread's share of what is for all.
  @inline(__always) private func takeFromInbox(atMost max: Int = 64) -> Job? {
    let count = pool.pointee.inboxCount.load(ordering: .relaxed)
    return count == 0
      ? nil : takeSome(min(max, count / pool.pointee.placesUsed.load(ordering: .relaxed) + 1))
  }

  @inline(never) private func takeSome(_ count: Int) -> Job? {
    let executor = pool.executor
    executor.pointee.mutex.lock()
    defer { executor.pointee.mutex.unlock() }
    if pool.shared.pointee.jobsOverdue != nil { return pool.takeOverdue() }
    guard let first = executor.shared.pointee.inbox.popFirst() else { return nil }
    var left = count - 1
    while left > 0, worker.pointee.ring.count < Int(JobRing.capacity),
      let job = executor.shared.pointee.inbox.popFirst()
    {
      _ = worker.pointee.ring.push(job)
      left -= 1
    }
    pool.noteInbox()
    return first
  }

  /// Looks for a while, and into the others' rings too.
  private mutating func search() -> Job? {
    if !isSearching {
      isSearching = true
      pool.pointee.searching.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }
    let places = pool.pointee.placesUsed.load(ordering: .acquiring)
    for round in 0..<32 {
      for offset in 1..<max(places, 1) {
        let other = pool.worker((worker.pointee.index + offset) % places)
        if let job = other.pointee.ring.steal(into: worker.pointee.ring) { return job }
      }
      if let job = takeFromInbox() { return job }
      if round > 0, pool.pointee.loopCount.load(ordering: .relaxed) != 0 { return nil }
      Thread.pause(4)
    }
    return nil
  }

  /// The last one that finds something while it searches sends for the next.
  @inline(__always) private mutating func endSearch() {
    if !isSearching { return }
    isSearching = false
    if pool.pointee.searching.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0,
      pool.pointee.helpers.load(ordering: .relaxed) != 0, pool.hasWork
    {
      pool.wakeIfUseful()
    }
    // It was here for the next timer, perhaps, and may take long.
    if pool.keeper < 0, pool.pointee.nextDeadline.load(ordering: .relaxed) != .max {
      pool.executor.pointee.mutex.lock()
      pool.unlockAndKeepTime()
    }
  }

  // MARK: Sleeping

  /// Sleeps until there may be something to do; false: this thread goes.
  private mutating func sleep() -> Bool {
    let executor = pool.executor
    executor.pointee.mutex.lock()
    pool.pointee.helpers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if isSearching {
      isSearching = false
      pool.pointee.searching.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    // What was added before this thread said that it sleeps.
    if pool.hasWork {
      pool.pointee.helpers.wrappingSubtract(1, ordering: .relaxed)
      executor.pointee.mutex.unlock()
      return true
    }
    let now = Time.now
    var deadline = pool.pointee.nextDeadline.load(ordering: .relaxed)
    if deadline <= now {
      pool.pointee.helpers.wrappingSubtract(1, ordering: .relaxed)
      executor.pointee.mutex.unlock()
      owner.meetDeadline()
      return true
    }
    if executor.pointee.phase.load(ordering: .relaxed) == .closed {
      end()
      return false
    }
    if executor.isClosing, let cutShort = pool.beginEnd() {
      pool.pointee.helpers.wrappingSubtract(1, ordering: .relaxed)
      executor.pointee.mutex.unlock()
      owner.endClose(cutShort: cutShort)
      return true
    }
    worker.pointee.signal.store(0, ordering: .relaxed)
    worker.shared.pointee.place = .idle
    worker.shared.pointee.nextIdle = pool.shared.pointee.firstIdle
    pool.shared.pointee.firstIdle = worker.pointee.index
    let isKeeper = deadline != .max && pool.keeper < 0
    if isKeeper { pool.pointee.keeper.store(worker.pointee.index, ordering: .relaxed) }
    let isLast = pool.busy == 0
    if isLast && !executor.isClosing {
      executor.shared.pointee.bound.sweep(pending: executor.shared.pointee.pendingElsewhere)
    }
    let isSomebodyWaiting = isLast && pool.shared.pointee.quietWaiters != 0
    let naps = !isKeeper && !isLast && nap.isUseful(pool, now)
    if naps { pool.pointee.napping.wrappingAdd(1, ordering: .sequentiallyConsistent) }
    executor.pointee.mutex.unlock()
    if isSomebodyWaiting { executor.pointee.runners.change() }
    let time = naps ? Nap.time : pool.shape.pointee.idleTime
    if !isKeeper { deadline = Time.deadline(after: time, from: now) }
    defer {
      if naps { pool.pointee.napping.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    }
    return sleep(until: deadline, comesBack: isKeeper || naps)
  }

  private mutating func sleep(until deadline: UInt64, comesBack: Bool) -> Bool {
    let executor = pool.executor
    while true {
      worker.sleep(until: deadline)
      executor.pointee.mutex.lock()
      if worker.shared.pointee.place == .busy {
        // Somebody has taken it off the list, and counted it as searching.
        pool.shared.pointee.coming -= 1
        executor.pointee.mutex.unlock()
        isSearching = true
        nap = Nap()
        return true
      }
      if Time.now >= deadline { break }
      // A signal that came late, for a thread that was here before.
      worker.pointee.signal.store(0, ordering: .relaxed)
      executor.pointee.mutex.unlock()
    }
    pool.removeIdle(worker)
    if comesBack {
      executor.pointee.mutex.unlock()
      nap.end()
      return true
    }
    pool.pointee.helpers.wrappingAdd(1, ordering: .relaxed)
    end()
    return false
  }

  /// Under the mutex, which is free afterwards: this thread goes, and counts as one that could be started. It joins those
  /// that went before it; so whoever joins it has joined them all. After a close that was cut short nobody may ever come for that.
  private func end() {
    let executor = pool.executor
    let ended = pool.takeEnded()
    if pool.shared.pointee.hasEnded && executor.own.pointee.wasCutShort {
      pthread_detach(pthread_self())
      worker.shared.pointee.place = .empty
    } else {
      worker.shared.pointee.place = .ended
    }
    pool.shared.pointee.threads -= 1
    let isClosed = executor.pointee.phase.load(ordering: .relaxed) == .closed
    executor.pointee.mutex.unlock()
    for thread in ended { Thread.join(thread) }
    if isClosed { executor.pointee.runners.change() }
  }
}
