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
  private let freeWaits = UnsafeMutablePointer<FreeWaits>.allocate(capacity: 1)
  /// By descriptor.
  private var entries: UnsafeMutablePointer<Entry>?
  private var capacity = 0
  /// The loop watches the set, or is about to.
  private var isWatched = false

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

  /// Outcomes of `add` that are not a failure.
  enum Added { case waits(UnsafeMutablePointer<DescriptorWait>), isReady }

  init?(_ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName) {
    set = epoll_create1(Int32(EPOLL_CLOEXEC))
    freeWaits.initialize(to: FreeWaits())
    self.state = state
    self.name = name
    if set < 0 { return nil }
  }

  deinit {
    entries?.deinitialize(count: capacity)
    free(entries)
    found.deallocate()
    freeWaits.pointee.freeAll()
    freeWaits.deallocate()
    if set >= 0 { close(set) }
  }

  // MARK: Any thread

  func add(_ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle)
    -> Result<Added, StatusError>
  {
    var lost = WaitList()
    let added: Result<Added, StatusError> = mutex.withLock {
      // Not for any number: the table has room for what there is.
      if fd >= capacity && fcntl(fd, F_GETFD) < 0 {
        return .failure(StatusError(TENON_STATUS_INVALID))
      }
      guard makeRoom(for: fd), let entry = entries?.advanced(by: Int(fd)),
        let wait = freeWaits.pointee.take()
      else { return .failure(StatusError(TENON_STATUS_NO_RESOURCES)) }
      let arming = arm(entry, fd, entry.pointee.events | purpose.events)
      switch arming {
      case .armed: break
      case .isOther:
        // Those that are there waited for what had this number before, and was closed.
        take(&entry.pointee.reading, onto: &lost)
        take(&entry.pointee.writing, onto: &lost)
      case .isFile:
        freeWaits.pointee.give(wait)
        return .success(.isReady)
      case .failed(let status):
        freeWaits.pointee.give(wait)
        return .failure(StatusError(status))
      }
      wait.initialize(to: DescriptorWait(self, fd, purpose, promise))
      wait.pointee.isListed = true
      waiting.wrappingAdd(1, ordering: .relaxed)
      switch purpose {
      case .reading: entry.pointee.reading.append(wait)
      case .writing: entry.pointee.writing.append(wait)
      }
      return .success(.waits(wait))
    }
    reject(&lost, TENON_STATUS_INVALID)
    return added
  }

  /// The cancel's callback lets go of its claim, and takes the wait out, if `ends`; false: it has been told.
  @discardableResult
  func end(_ wait: UnsafeMutablePointer<DescriptorWait>, ends: Bool) -> Bool {
    mutex.withLock {
      guard ends, wait.pointee.isListed, let entry = entries?.advanced(by: Int(wait.pointee.fd))
      else {
        letGo(wait)
        return false
      }
      switch wait.pointee.purpose {
      case .reading: entry.pointee.reading.remove(wait)
      case .writing: entry.pointee.writing.remove(wait)
      }
      unlist(wait)
      if entry.pointee.events == 0 { disarm(entry, wait.pointee.fd) }
      letGo(wait, claims: 2)
      return true
    }
  }

  /// Has the loop watch the set, if it does not: in a poll.
  func beWatched() {
    let wasWatched = mutex.withLock {
      defer { isWatched = true }
      return isWatched
    }
    if wasWatched { return }
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
    var lost = WaitList()
    mutex.withLock {
      isWatched = false
      for fd in 0..<capacity {
        guard let entry = entries?.advanced(by: fd), entry.pointee.events != 0 else { continue }
        take(&entry.pointee.reading, onto: &lost)
        take(&entry.pointee.writing, onto: &lost)
        disarm(entry, Int32(fd))
      }
    }
    reject(&lost, status)
  }

  private func reject(_ lost: inout WaitList, _ status: tenon_status_t) {
    while let wait = lost.popFirst() {
      _ = settle(wait.pointee.promise, as: .rejected, .status(status))
      mutex.withLock { letGo(wait) }
    }
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
    state.beginPolls { [self] in
      let isKnown = hasLooked.load(ordering: .relaxed)
      if isKnown { hasLooked.store(false, ordering: .relaxed) }
      if waiting.load(ordering: .relaxed) == 0 && !hasOrphans.load(ordering: .relaxed) { return }
      tellFound()
      // A loop that watches the set may have been told of what came since.
      if !isKnown || state.source.pointee?.isWatched != false { tell() }
    }
    // This very poll is the first to look.
    tell()
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
    var told = WaitList()
    while let wait = ready.popFirst() {
      // Nobody need hear that a cancel comes no more.
      let cancel = Handle(bits: wait.pointee.cancel.load(ordering: .acquiring))
      if removeRegistration(cancel, telling: nil, waits: false) == TENON_STATUS_OK {
        wait.pointee.claims = 1
      }
      _ = settle(wait.pointee.promise, as: .fulfilled, tenon_value_none())
      told.append(wait)
    }
    if told.isEmpty { return }
    mutex.withLock {
      while let wait = told.popFirst() { letGo(wait) }
    }
  }

  // MARK: In a sleep

  func sleep(until deadline: UInt64) {
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

  func giveBack() {
    mutex.withLock {
      for index in 0..<foundCount { armAgain(found[index]) }
      foundCount = 0
      hasLooked.store(false, ordering: .relaxed)
    }
  }

  // MARK: Under the mutex

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
  private func take(_ list: inout WaitList, onto taken: inout WaitList) {
    while let wait = list.popFirst() {
      unlist(wait)
      taken.append(wait)
    }
  }

  private func unlist(_ wait: UnsafeMutablePointer<DescriptorWait>) {
    wait.pointee.isListed = false
    waiting.wrappingSubtract(1, ordering: .relaxed)
  }

  /// Whoever does this has a reference of his own.
  private func letGo(_ wait: UnsafeMutablePointer<DescriptorWait>, claims: Int = 1) {
    wait.pointee.claims -= claims
    if wait.pointee.claims != 0 { return }
    wait.pointee.descriptors.release()
    wait.deinitialize(count: 1)
    freeWaits.pointee.give(wait)
  }
}
