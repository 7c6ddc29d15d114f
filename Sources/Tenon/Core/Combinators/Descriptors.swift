import CLinux
import CTenon
import Glibc
import Synchronization

/// The descriptors that an executor's futures wait for: one set of the system's, which the loop watches beside its wakes from
/// the first wait on. A descriptor is in it once, armed for one event, whoever waits for it.
// SAFETY: what changes is under the mutex.
final class Descriptors: WatchedDescriptors, @unchecked Sendable {
  let state: UnsafeMutablePointer<ExecutorState>
  let name: ExecutorName
  private let set: Int32
  private let waiting = Atomic<Int>(0)
  /// Descriptors were closed while they were waited for: what somebody holds a duplicate of may still be told, for nobody.
  private let hasOrphans = Atomic<Bool>(false)
  private let mutex = Mutex()
  /// A sleep has looked at the set since the last poll, and has kept all that was ready.
  private let hasLooked = Atomic<Bool>(false)
  /// What it has kept.
  private let found = UnsafeMutablePointer<epoll_event>.allocate(capacity: Descriptors.some)
  private var foundCount = 0
  /// So many events are looked at at once.
  private static let some = 64
  /// By descriptor.
  private var entries: UnsafeMutablePointer<Entry>?
  private var capacity = 0
  /// The loop watches the set, or is about to.
  private let isWatched = Atomic<Bool>(false)

  private struct Entry {
    var reading = WaitList()
    var writing = WaitList()
    var isInSet = false
    /// Tells it from what had this number before.
    var generation: UInt32 = 0

    /// What it is armed for.
    var events: UInt32 {
      (reading.isEmpty ? 0 : EPOLLIN.rawValue) | (writing.isEmpty ? 0 : EPOLLOUT.rawValue)
    }
  }

  init?(_ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName) {
    set = epoll_create1(Int32(EPOLL_CLOEXEC))
    self.state = state
    self.name = name
    if set < 0 { return nil }
  }

  deinit {
    free(entries)
    found.deallocate()
    if set >= 0 { close(set) }
  }

  // MARK: Any thread

  /// Has a promise wait, which is counted as pending already. SETTLED: it need not.
  func add(_ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle) -> tenon_status_t {
    var lost = WaitList()
    mutex.lock()
    let status = add(fd, purpose, promise, losing: &lost)
    mutex.unlock()
    end(&lost, as: .rejected, .status(TENON_STATUS_INVALID))
    return status
  }

  override func cancel(_ promise: Handle) {
    mutex.lock()
    guard let wait = wait(of: promise), let entry = entries?.advanced(by: Int(wait.fd)) else {
      return mutex.unlock()
    }
    switch wait.purpose {
    case .reading: entry.pointee.reading.remove(wait)
    case .writing: entry.pointee.writing.remove(wait)
    }
    unlist(wait)
    if entry.pointee.events == 0 { disarm(entry, wait.fd) }
    mutex.unlock()
    end(wait, as: .cancelled, tenon_value_none())
  }

  override func forEach(_ body: (Handle) -> Void) {
    var fd = 0
    while let promises = mutex.withLock({ somePromises(from: &fd) }) { promises.forEach(body) }
  }

  override func cancelAll() { endAll(as: .cancelled, tenon_value_none()) }

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
    endAll(as: .rejected, .status(status))
  }

  private func endAll(as phase: FutureWord.Phase, _ value: tenon_value_t) {
    var ended = WaitList()
    mutex.withLock {
      for fd in 0..<capacity {
        guard let entry = entries?.advanced(by: fd), entry.pointee.events != 0 else { continue }
        takeAll(of: entry, onto: &ended)
        disarm(entry, Int32(fd))
      }
    }
    end(&ended, as: phase, value)
  }

  /// Settles those that were taken out of their lists.
  private func end(
    _ waits: inout WaitList, as phase: FutureWord.Phase, _ value: tenon_value_t
  ) {
    while let wait = waits.popFirst() { end(wait, as: phase, value) }
  }

  @inline(__always) private func end(
    _ wait: DescriptorWait, as phase: FutureWord.Phase, _ value: tenon_value_t
  ) {
    let promise = wait.promise
    wait.free()
    state.removePending(name)
    _ = settle(promise, as: phase, value)
  }

  // MARK: In the poll

  private func startWatching() {
    let status: tenon_status_t
    if let watch = state.source.pointee?.host?.watch {
      status = watch(state.source.pointee?.hostContext, set)
    } else {
      let isRefused = state.source.pointee?.watch(set: set) == false
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
    if waiting.load(ordering: .relaxed) == 0 && !hasOrphans.load(ordering: .relaxed) { return }
    tellFound()
    // A loop that watches the set may have been told of what came since.
    if !isKnown || state.source.pointee?.isWatched != false { tell() }
  }

  /// Tells what is ready: all of it, as a loop may be told of edges only.
  private func tell() {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Descriptors.some) { events in
      while true {
        let first = events.baseAddress.unsafelyUnwrapped
        let count = Int(epoll_wait(set, first, Int32(Descriptors.some), 0))
        if count > 0 { tell { events[..<count] } }
        if count < Descriptors.some { return }
      }
    }
  }

  private func tellFound() {
    tell {
      defer { foundCount = 0 }
      return UnsafeMutableBufferPointer(start: found, count: foundCount)[...]
    }
  }

  /// `events` is under the mutex.
  private func tell(_ events: () -> Slice<UnsafeMutableBufferPointer<epoll_event>>) {
    var ready = WaitList()
    mutex.withLock {
      for event in events() {
        guard let (entry, fd) = entry(of: event) else { continue }
        // A hang-up or an error is for the next read or write to tell.
        let isEnd = event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        if isEnd || event.events & EPOLLIN.rawValue != 0 {
          take(&entry.pointee.reading, onto: &ready)
        }
        if isEnd || event.events & EPOLLOUT.rawValue != 0 {
          take(&entry.pointee.writing, onto: &ready)
        }
        let rest = entry.pointee.events
        if rest != 0 { _ = arm(entry, fd, rest) }
      }
    }
    end(&ready, as: .fulfilled, tenon_value_none())
  }

  // MARK: In a sleep

  override func sleep(until deadline: UInt64) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Descriptors.some) { events in
      let first = events.baseAddress.unsafelyUnwrapped
      let count = WakeSource.sleep(until: deadline, on: set, first, Descriptors.some)
      if count < 0 { return }
      mutex.withLock {
        for event in events[..<count] where event.data.u64 != WakeSource.unnamed {
          if foundCount < Descriptors.some {
            found[foundCount] = event
            foundCount += 1
          } else {
            armAgain(event)
          }
        }
        hasLooked.store(count < Descriptors.some, ordering: .relaxed)
      }
    }
  }

  override func giveBack() {
    mutex.withLock {
      for index in 0..<foundCount { armAgain(found[index]) }
      foundCount = 0
      hasLooked.store(false, ordering: .relaxed)
    }
  }

  // MARK: Under the mutex

  private func add(
    _ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle, losing lost: inout WaitList
  ) -> tenon_status_t {
    // Not for any number: the table has room for what there is.
    if fd >= capacity && fcntl(fd, F_GETFD) < 0 { return TENON_STATUS_INVALID }
    guard makeRoom(for: fd), let entry = entries?.advanced(by: Int(fd)),
      let wait = DescriptorWait(of: promise, fd, purpose, name)
    else { return TENON_STATUS_NO_RESOURCES }
    switch arm(entry, fd, entry.pointee.events | purpose.events) {
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
    findFuture(promise, .promise)?.wait = wait.index
    waiting.wrappingAdd(1, ordering: .relaxed)
    switch purpose {
    case .reading: entry.pointee.reading.append(wait)
    case .writing: entry.pointee.writing.append(wait)
    }
    return TENON_STATUS_OK
  }

  /// The wait of a promise; nil: it has been told, or is another's.
  private func wait(of promise: Handle) -> DescriptorWait? {
    guard let slot = findFuture(promise, .promise), let index = slot.wait else { return nil }
    // What is pending now was so before, and is nobody's but who takes its wait out of the list.
    let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
    guard promise.lives(in: word.bits), word.isPending, word.has(FutureWord.descriptor),
      ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed)) == name
    else { return nil }
    return DescriptorWait(at: index)
  }

  /// Those that wait for some descriptors from one on, which is moved on; nil: there are no more.
  private func somePromises(from fd: inout Int) -> [Handle]? {
    while fd < capacity, let entry = entries?.advanced(by: fd) {
      fd += 1
      if entry.pointee.events != 0 {
        return entry.pointee.reading.promises + entry.pointee.writing.promises
      }
    }
    return nil
  }

  /// What an event is for; nil: nothing that is still waited for.
  private func entry(of event: epoll_event) -> (entry: UnsafeMutablePointer<Entry>, fd: Int32)? {
    if event.data.u64 == WakeSource.unnamed { return nil }
    let fd = Int32(truncatingIfNeeded: event.data.u64)
    guard let entry = entries?.advanced(by: Int(fd)),
      entry.pointee.generation == UInt32(event.data.u64 >> 32)
    else { return nil }
    return (entry, fd)
  }

  private func armAgain(_ event: epoll_event) {
    guard let (entry, fd) = entry(of: event), entry.pointee.events != 0 else { return }
    _ = arm(entry, fd, entry.pointee.events)
  }

  private enum Arming { case armed, isOther, isFile, failed(tenon_status_t) }

  private func arm(_ entry: UnsafeMutablePointer<Entry>, _ fd: Int32, _ events: UInt32) -> Arming {
    var interest = epoll_event()
    interest.events = events | EPOLLONESHOT.rawValue
    interest.data.u64 = UInt64(entry.pointee.generation) << 32 | UInt64(fd)
    let wasInSet = entry.pointee.isInSet
    if wasInSet && epoll_ctl(set, EPOLL_CTL_MOD, fd, &interest) == 0 { return .armed }
    entry.pointee.isInSet = false
    entry.pointee.generation &+= 1
    interest.data.u64 = UInt64(entry.pointee.generation) << 32 | UInt64(fd)
    // What was armed for these, and is known by a duplicate.
    if wasInSet && entry.pointee.events != 0 { hasOrphans.store(true, ordering: .relaxed) }
    if epoll_ctl(set, EPOLL_CTL_ADD, fd, &interest) == 0 {
      entry.pointee.isInSet = true
      return wasInSet ? .isOther : .armed
    }
    switch errno {
    case EPERM: return .isFile
    case EBADF, ELOOP, EINVAL: return .failed(TENON_STATUS_INVALID)
    default: return .failed(TENON_STATUS_NO_RESOURCES)
    }
  }

  /// Nobody waits any more, and it has not been told.
  private func disarm(_ entry: UnsafeMutablePointer<Entry>, _ fd: Int32) {
    entry.pointee.isInSet = false
    if epoll_ctl(set, EPOLL_CTL_DEL, fd, nil) != 0 {
      hasOrphans.store(true, ordering: .relaxed)
    }
  }

  private func makeRoom(for fd: Int32) -> Bool {
    if fd < capacity { return true }
    let size = max(Int(fd) + 1, 2 * capacity, 64)
    guard let memory = Memory.resize(entries, size * MemoryLayout<Entry>.stride) else {
      return false
    }
    let grown = memory.assumingMemoryBound(to: Entry.self)
    (grown + capacity).initialize(repeating: Entry(), count: size - capacity)
    entries = grown
    capacity = size
    return true
  }

  /// Takes all of a list, to be told: nobody else removes them any more.
  @inline(__always) private func take(_ list: inout WaitList, onto taken: inout WaitList) {
    while let wait = list.popFirst() {
      unlist(wait)
      taken.append(wait)
    }
  }

  private func takeAll(of entry: UnsafeMutablePointer<Entry>, onto taken: inout WaitList) {
    take(&entry.pointee.reading, onto: &taken)
    take(&entry.pointee.writing, onto: &taken)
  }

  @inline(__always) private func unlist(_ wait: DescriptorWait) {
    findFuture(wait.promise, .promise)?.wait = nil
    waiting.wrappingSubtract(1, ordering: .relaxed)
  }
}
