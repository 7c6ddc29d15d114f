import CLinux
import CTenon
import Glibc
import Synchronization

/// Which descriptors are waited for, by whom, and the system's set in which they are. One thread at a time.
///
/// A descriptor is in the set once, armed for one event, whoever waits for it: so each wait asks the system whether the number is
/// still that of the same file.
struct DescriptorSet: ~Copyable {
  /// Any thread reads these two.
  let set: Int32
  /// Some are armed that nobody waits for: they were closed while somebody did, and there is a duplicate; or all waits were ended at
  /// once. What is told of them is for nobody.
  let hasOrphans = Atomic<Bool>(false)
  /// By descriptor.
  private var entries: UnsafeMutablePointer<Entry>?
  private var capacity: Int32 = 0

  struct Entry {
    var reading = WaitList()
    var writing = WaitList()
    fileprivate var isInSet = false
    /// Tells it from what had this number before.
    fileprivate var generation: UInt32 = 0

    /// What it is waited for.
    var events: UInt32 {
      (reading.isEmpty ? 0 : EPOLLIN.rawValue) | (writing.isEmpty ? 0 : EPOLLOUT.rawValue)
    }
  }

  /// nil: there is no descriptor left.
  init?() {
    set = epoll_create1(Int32(EPOLL_CLOEXEC))
    if set < 0 { return nil }
  }

  deinit {
    free(entries)
    close(set)
  }

  func entry(_ fd: Int32) -> UnsafeMutablePointer<Entry>? {
    fd < capacity ? entries?.advanced(by: Int(fd)) : nil
  }

  /// The same, of one that may be new.
  mutating func addEntry(_ fd: Int32) -> Result<UnsafeMutablePointer<Entry>, StatusError> {
    if fd >= capacity {
      // Not for any number: the table has room for what there is.
      if fcntl(fd, F_GETFD) < 0 { return .failure(StatusError(TENON_STATUS_INVALID)) }
      if !makeRoom(for: fd) { return .failure(StatusError(TENON_STATUS_NO_RESOURCES)) }
    }
    return .success(entries.unsafelyUnwrapped + Int(fd))
  }

  private mutating func makeRoom(for fd: Int32) -> Bool {
    let size = max(fd + 1, 2 * capacity, 64)
    guard let memory = Memory.resize(entries, Int(size) * MemoryLayout<Entry>.stride) else {
      return false
    }
    let grown = memory.assumingMemoryBound(to: Entry.self)
    (grown + Int(capacity)).initialize(repeating: Entry(), count: Int(size - capacity))
    entries = grown
    capacity = size
    return true
  }

  /// The next one from `fd` on, which is moved on, that somebody waits for.
  func nextWaited(from fd: inout Int32) -> UnsafeMutablePointer<Entry>? {
    while fd < capacity {
      defer { fd += 1 }
      if let entry = entry(fd), entry.pointee.events != 0 { return entry }
    }
    return nil
  }

  // MARK: Events

  /// What an event is for; nil: nothing that is still waited for.
  func entry(of event: epoll_event) -> (entry: UnsafeMutablePointer<Entry>, fd: Int32)? {
    if event.data.u64 == WakeSource.unnamed { return nil }
    let fd = Int32(truncatingIfNeeded: event.data.u64)
    guard let entry = entry(fd), entry.pointee.generation == UInt32(event.data.u64 >> 32) else {
      return nil
    }
    return (entry, fd)
  }

  private func event(_ events: UInt32, _ entry: UnsafeMutablePointer<Entry>, _ fd: Int32)
    -> epoll_event
  {
    var event = epoll_event()
    event.events = events
    event.data.u64 = UInt64(entry.pointee.generation) << 32 | UInt64(fd)
    return event
  }

  // MARK: Arming

  enum Arming { case armed, isOther, isFile, failed(tenon_status_t) }

  /// Has it tell of these events, too, of which somebody waits next.
  func arm(_ entry: UnsafeMutablePointer<Entry>, _ fd: Int32, for events: UInt32) -> Arming {
    arm(entry, fd, entry.pointee.events | events)
  }

  /// Has it tell again of what is still waited for.
  func armAgain(_ entry: UnsafeMutablePointer<Entry>, _ fd: Int32) {
    let events = entry.pointee.events
    if events != 0 { _ = arm(entry, fd, events) }
  }

  func armAgain(_ event: epoll_event) {
    if let (entry, fd) = entry(of: event) { armAgain(entry, fd) }
  }

  private func arm(_ entry: UnsafeMutablePointer<Entry>, _ fd: Int32, _ events: UInt32) -> Arming {
    var interest = event(events | EPOLLONESHOT.rawValue, entry, fd)
    let wasInSet = entry.pointee.isInSet
    if wasInSet && epoll_ctl(set, EPOLL_CTL_MOD, fd, &interest) == 0 { return .armed }
    entry.pointee.isInSet = false
    entry.pointee.generation &+= 1
    interest = event(events | EPOLLONESHOT.rawValue, entry, fd)
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
  func disarm(_ entry: UnsafeMutablePointer<Entry>, _ fd: Int32) {
    entry.pointee.isInSet = false
    if epoll_ctl(set, EPOLL_CTL_DEL, fd, nil) != 0 { hasOrphans.store(true, ordering: .relaxed) }
  }
}
