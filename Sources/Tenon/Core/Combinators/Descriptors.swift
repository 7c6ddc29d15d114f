import CLinux
import CTenon
import Glibc
import Synchronization

/// The descriptors that an executor's futures wait for, which the loop watches beside its wakes from the first wait on.
// SAFETY: what changes is under the mutex.
final class Descriptors: WatchedDescriptors, @unchecked Sendable {
  private let state: UnsafeMutablePointer<ExecutorState>
  private let name: ExecutorName
  private let waiting = Atomic<Int>(0)
  /// The loop watches the set, or is about to.
  private let isWatched = Atomic<Bool>(false)
  private let mutex = Mutex()
  // Memory of its own, because an access to a field may count as one to the object.
  private let set = UnsafeMutablePointer<DescriptorSet>.allocate(capacity: 1)
  /// A sleep has looked at the set since the last poll, and has kept all that was ready.
  private let hasLooked = Atomic<Bool>(false)
  /// What it has kept.
  private let found = UnsafeMutablePointer<epoll_event>.allocate(capacity: Descriptors.some)
  private var foundCount = 0
  /// So many events are looked at at once.
  private static let some = 64

  init?(_ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName) {
    guard let made = DescriptorSet() else {
      found.deallocate()
      set.deallocate()
      return nil
    }
    set.initialize(to: made)
    self.state = state
    self.name = name
  }

  deinit {
    set.deinitialize(count: 1)
    set.deallocate()
    found.deallocate()
  }

  // MARK: Any thread

  /// Has a promise wait, which is counted as pending already. SETTLED: it need not.
  func add(_ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle) -> tenon_status_t {
    var lost = WaitList()
    mutex.lock()
    let status = add(fd, purpose, promise, lost: &lost)
    mutex.unlock()
    end(&lost, as: .rejected, .status(TENON_STATUS_INVALID))
    return status
  }

  override func cancel(_ promise: Handle) {
    if let wait = take(promise) { _ = settle(free(wait), as: .cancelled, tenon_value_none()) }
  }

  /// The same of one that a close did not find.
  func cancelForClose(_ promise: Handle) {
    if let wait = take(promise) { endForClose { $0(free(wait)) } }
  }

  /// Takes the wait of a promise out of its list; nil: it has been told, or is about to be.
  private func take(_ promise: Handle) -> DescriptorWait? {
    mutex.withLock {
      guard let wait = wait(of: promise), let entry = set.pointee.entry(wait.fd) else { return nil }
      switch wait.purpose {
      case .reading: entry.pointee.reading.remove(wait)
      case .writing: entry.pointee.writing.remove(wait)
      }
      unlist(wait)
      if entry.pointee.events == 0 { set.pointee.disarm(entry, wait.fd) }
      return wait
    }
  }

  /// Has the loop watch the set, if it does not: in a poll.
  func beWatched() {
    if isWatched.load(ordering: .relaxed) || isWatched.exchange(true, ordering: .relaxed) { return }
    if state.isPolledHere { return startWatching() }
    let job: tenon_job_fn = { context, status in
      let descriptors = Unmanaged<Descriptors>.fromOpaque(context.unsafelyUnwrapped)
        .takeRetainedValue()
      if status == TENON_STATUS_OK { descriptors.startWatching() }
    }
    let context = Unmanaged.passRetained(self)
    if !state.enqueue(Job(job, context.toOpaque()), name, .newWork) {
      context.release()
      // Of a closed executor they are cancelled.
      let status = state.refusal(name)
      if status == TENON_STATUS_NO_RESOURCES { rejectAll(status) }
    }
  }

  private func rejectAll(_ status: tenon_status_t) {
    isWatched.store(false, ordering: .relaxed)
    var lost = takeAll()
    end(&lost, as: .rejected, .status(status))
  }

  /// Takes all waits out of their lists.
  private func takeAll() -> WaitList {
    var taken = WaitList()
    mutex.withLock {
      var fd: Int32 = 0
      while let entry = set.pointee.nextWaited(from: &fd) { takeAll(of: entry, onto: &taken) }
      // They stay armed, as a call of the system for each would keep others waiting.
      if !taken.isEmpty { set.pointee.hasOrphans.store(true, ordering: .relaxed) }
    }
    return taken
  }

  /// Settles those that were taken out of their lists.
  @inline(__always) private func end(
    _ waits: inout WaitList, as phase: FutureWord.Phase, _ value: tenon_value_t
  ) {
    while let wait = waits.popFirst() { _ = settle(free(wait), as: phase, value) }
  }

  /// Lets go of one that is in no list, and is pending no more. Returns the promise, to be settled.
  @inline(__always) private func free(_ wait: DescriptorWait) -> Handle {
    let promise = wait.promise
    wait.free()
    state.removePending(name)
    return promise
  }

  // MARK: In the poll

  private func startWatching() {
    let status: tenon_status_t
    if let watch = state.source.pointee?.host?.watch {
      status = watch(state.source.pointee?.hostContext, set.pointee.set)
    } else {
      let isRefused = state.source.pointee?.watch(set: set.pointee.set) == false
      status = isRefused ? TENON_STATUS_NO_RESOURCES : TENON_STATUS_OK
    }
    if status != TENON_STATUS_OK { return rejectAll(status) }
    state.own.pointee.descriptors = Unmanaged.passUnretained(self)
    // This very poll is the first to look.
    tell()
  }

  override func look() {
    let isKnown = hasLooked.load(ordering: .relaxed)
    if isKnown { hasLooked.store(false, ordering: .relaxed) }
    if waiting.load(ordering: .relaxed) == 0 && !set.pointee.hasOrphans.load(ordering: .relaxed) {
      return
    }
    tellFound()
    // A loop that watches the set may have been told of what came since.
    if !isKnown || state.source.pointee?.isWatched != false { tell() }
  }

  override func cancelForClose() {
    var waits = takeAll()
    if waits.isEmpty { return }
    endForClose { end in
      while let wait = waits.popFirst() { end(free(wait)) }
    }
  }

  /// Tells what is ready: all of it, as a loop may be told of edges only.
  private func tell() {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Descriptors.some) { events in
      let first = events.baseAddress.unsafelyUnwrapped
      var count = Descriptors.some
      while count == Descriptors.some {
        count = max(0, Int(epoll_wait(set.pointee.set, first, Int32(Descriptors.some), 0)))
        mutex.lock()
        unlockAndTell(UnsafeBufferPointer(start: first, count: count))
      }
    }
  }

  private func tellFound() {
    mutex.lock()
    let count = foundCount
    foundCount = 0
    // Nobody else finds anything while a poll has the mutex.
    unlockAndTell(UnsafeBufferPointer(start: found, count: count))
  }

  @inline(__always) private func unlockAndTell(_ events: UnsafeBufferPointer<epoll_event>) {
    var ready = WaitList()
    for event in events {
      guard let (entry, fd) = set.pointee.entry(of: event) else { continue }
      // A hang-up or an error is for the next read or write to tell.
      let isEnd = event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
      if isEnd || event.events & EPOLLIN.rawValue != 0 {
        take(&entry.pointee.reading, onto: &ready)
      }
      if isEnd || event.events & EPOLLOUT.rawValue != 0 {
        take(&entry.pointee.writing, onto: &ready)
      }
      set.pointee.armAgain(entry, fd)
    }
    mutex.unlock()
    end(&ready, as: .fulfilled, tenon_value_none())
  }

  // MARK: In a sleep

  override func sleep(until deadline: UInt64) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Descriptors.some) { events in
      let first = events.baseAddress.unsafelyUnwrapped
      let count = WakeSource.sleep(until: deadline, on: set.pointee.set, first, Descriptors.some)
      if count < 0 { return }
      mutex.lock()
      for event in events[..<count] { keep(event) }
      hasLooked.store(count < Descriptors.some, ordering: .relaxed)
      mutex.unlock()
    }
  }

  private func keep(_ event: epoll_event) {
    if event.data.u64 == WakeSource.unnamed { return }
    if foundCount < Descriptors.some {
      found[foundCount] = event
      foundCount += 1
    } else {
      set.pointee.armAgain(event)
    }
  }

  override func giveBack() {
    mutex.withLock {
      for index in 0..<foundCount { set.pointee.armAgain(found[index]) }
      foundCount = 0
      hasLooked.store(false, ordering: .relaxed)
    }
  }

  // MARK: Under the mutex

  private func add(
    _ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle, lost: inout WaitList
  ) -> tenon_status_t {
    let entry: UnsafeMutablePointer<DescriptorSet.Entry>
    switch set.pointee.addEntry(fd) {
    case .failure(let error): return error.status
    case .success(let added): entry = added
    }
    guard let wait = DescriptorWait(of: promise, fd, purpose, name) else {
      return TENON_STATUS_NO_RESOURCES
    }
    switch set.pointee.arm(entry, fd, for: purpose.events) {
    case .armed: break
    case .isOther:
      // Those that are there waited for what had this number before, and was closed.
      takeAll(of: entry, onto: &lost)
    case .isFile:
      wait.free()
      return TENON_STATUS_SETTLED
    case .failed(let status):
      wait.free()
      return status
    }
    findFuture(promise, .promise)?.producer = wait.index
    waiting.wrappingAdd(1, ordering: .relaxed)
    switch purpose {
    case .reading: entry.pointee.reading.append(wait)
    case .writing: entry.pointee.writing.append(wait)
    }
    return TENON_STATUS_OK
  }

  /// The wait of a promise; nil: it has been told, or is another's.
  private func wait(of promise: Handle) -> DescriptorWait? {
    guard let slot = findFuture(promise, .promise), let index = slot.producer else { return nil }
    // What is pending now was so before, and is nobody's but who takes its wait out of the list.
    let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
    guard promise.lives(in: word.bits), word.isPending, word.has(FutureWord.descriptor),
      ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed)) == name
    else { return nil }
    return DescriptorWait(at: index)
  }

  /// Takes all of a list, to be told: nobody else removes them any more.
  @inline(__always) private func take(_ list: inout WaitList, onto taken: inout WaitList) {
    while let wait = list.popFirst() {
      unlist(wait)
      taken.append(wait)
    }
  }

  private func takeAll(
    of entry: UnsafeMutablePointer<DescriptorSet.Entry>, onto taken: inout WaitList
  ) {
    take(&entry.pointee.reading, onto: &taken)
    take(&entry.pointee.writing, onto: &taken)
  }

  @inline(__always) private func unlist(_ wait: DescriptorWait) {
    findFuture(wait.promise, .promise)?.producer = nil
    waiting.wrappingSubtract(1, ordering: .relaxed)
  }
}
