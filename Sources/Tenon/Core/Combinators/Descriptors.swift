import CLinux
import CTenon
import Glibc
import Synchronization

/// What a descriptor is waited for.
enum DescriptorPurpose {
  case reading, writing

  fileprivate var events: UInt32 { self == .reading ? EPOLLIN.rawValue : EPOLLOUT.rawValue }
}

/// One future's wait for a descriptor.
// SAFETY: the links and `isListed` are under the mutex of `descriptors`, or the thread's that has taken it out; the rest never changes.
final class DescriptorWait: @unchecked Sendable {
  let descriptors: Descriptors
  let fd: Int32
  let purpose: DescriptorPurpose
  let promise: Handle
  fileprivate var next: DescriptorWait?
  // SAFETY: who is before it in a list is alive.
  fileprivate unowned(unsafe) var previous: DescriptorWait?
  fileprivate var isListed = false

  init(
    _ descriptors: Descriptors, _ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle
  ) {
    self.descriptors = descriptors
    self.fd = fd
    self.purpose = purpose
    self.promise = promise
  }
}

/// Waits in the order in which they came.
private struct WaitList {
  private var first: DescriptorWait?
  // SAFETY: the last of those that `first` keeps.
  private unowned(unsafe) var last: DescriptorWait?

  var isEmpty: Bool { first == nil }

  mutating func append(_ wait: DescriptorWait) {
    wait.previous = last
    if let last { last.next = wait } else { first = wait }
    last = wait
  }

  mutating func remove(_ wait: DescriptorWait) {
    let next = wait.next.take()
    if let next { next.previous = wait.previous } else { last = wait.previous }
    if let previous = wait.previous { previous.next = next } else { first = next }
    wait.previous = nil
  }

  mutating func popFirst() -> DescriptorWait? {
    guard let wait = first else { return nil }
    remove(wait)
    return wait
  }
}

/// The descriptors that an executor's futures wait for: one set of the system's, which the loop watches beside its wakes from
/// the first wait on. A descriptor is in it once, armed for one event, whoever waits for it.
// SAFETY: what changes is under the mutex.
final class Descriptors: @unchecked Sendable {
  let state: UnsafeMutablePointer<ExecutorState>
  let name: ExecutorName
  private let set: Int32
  private let waiting = Atomic<Int>(0)
  /// Descriptors were closed while they were waited for: what somebody holds a duplicate of may still be told, for nobody.
  private let hasOrphans = Atomic<Bool>(false)
  private let mutex = Mutex()
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
  enum Added { case waits, isReady }

  init?(_ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName) {
    set = epoll_create1(Int32(EPOLL_CLOEXEC))
    self.state = state
    self.name = name
    if set < 0 { return nil }
  }

  deinit {
    entries?.deinitialize(count: capacity)
    free(entries)
    if set >= 0 { close(set) }
  }

  // MARK: Any thread

  func add(_ wait: DescriptorWait) -> Result<Added, StatusError> {
    var lost = WaitList()
    let added: Result<Added, StatusError> = mutex.withLock {
      // Not for any number: the table has room for what there is.
      if wait.fd >= capacity && fcntl(wait.fd, F_GETFD) < 0 {
        return .failure(StatusError(TENON_STATUS_INVALID))
      }
      guard makeRoom(for: wait.fd), let entry = entries?.advanced(by: Int(wait.fd)) else {
        return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
      }
      switch arm(entry, wait.fd, entry.pointee.events | wait.purpose.events) {
      case .armed: break
      case .isOther:
        // Those that are there waited for what had this number before, and was closed.
        take(&entry.pointee.reading, onto: &lost)
        take(&entry.pointee.writing, onto: &lost)
      case .isFile: return .success(.isReady)
      case .failed(let status): return .failure(StatusError(status))
      }
      wait.isListed = true
      waiting.wrappingAdd(1, ordering: .relaxed)
      switch wait.purpose {
      case .reading: entry.pointee.reading.append(wait)
      case .writing: entry.pointee.writing.append(wait)
      }
      return .success(.waits)
    }
    reject(&lost, TENON_STATUS_INVALID)
    return added
  }

  /// Takes a wait out; false: it has been told.
  func remove(_ wait: DescriptorWait) -> Bool {
    mutex.withLock {
      guard wait.isListed, let entry = entries?.advanced(by: Int(wait.fd)) else { return false }
      switch wait.purpose {
      case .reading: entry.pointee.reading.remove(wait)
      case .writing: entry.pointee.writing.remove(wait)
      }
      unlist(wait)
      if entry.pointee.events == 0 { disarm(entry, wait.fd) }
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
      _ = settle(wait.promise, as: .rejected, .status(status))
    }
  }

  // MARK: In the poll

  private func startWatching() {
    let status: tenon_status_t
    if let watch = state.source.pointee?.host?.watch {
      status = watch(state.source.pointee?.hostContext, set)
    } else {
      let deadline = state.own.pointee.armedDeadline
      status =
        state.source.pointee?.watch(set, deadline: deadline) ?? true
        ? TENON_STATUS_OK : TENON_STATUS_NO_RESOURCES
    }
    if status != TENON_STATUS_OK { return rejectAll(status) }
    state.beginPolls { [self] in
      if waiting.load(ordering: .relaxed) != 0 || hasOrphans.load(ordering: .relaxed) { tell() }
    }
    // This very poll is the first to look.
    tell()
  }

  /// Tells what is ready: all of it, as a loop may be told of edges only.
  private func tell() {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
      while true {
        let count = Int(epoll_wait(set, events.baseAddress.unsafelyUnwrapped, 64, 0))
        if count > 0 { tell(events[..<count]) }
        if count < 64 { return }
      }
    }
  }

  private func tell(_ events: Slice<UnsafeMutableBufferPointer<epoll_event>>) {
    var ready = WaitList()
    mutex.withLock {
      for event in events {
        let fd = Int32(truncatingIfNeeded: event.data.u64)
        guard let entry = entries?.advanced(by: Int(fd)),
          entry.pointee.generation == UInt32(event.data.u64 >> 32)
        else { continue }
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
    while let wait = ready.popFirst() {
      _ = settle(wait.promise, as: .fulfilled, tenon_value_none())
    }
  }

  // MARK: Under the mutex

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

  private func unlist(_ wait: DescriptorWait) {
    wait.isListed = false
    waiting.wrappingSubtract(1, ordering: .relaxed)
  }
}
