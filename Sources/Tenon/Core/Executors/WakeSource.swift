import CLinux
import CTenon
import Glibc
import Synchronization

/// How a loop, or a thread that sleeps, learns that an executor wants to be polled: by its host's functions, or by a word to
/// sleep on, and an eventfd for whoever asks for a descriptor.
struct WakeSource: ~Copyable {
  let host: tenon_executor_host_t?
  let hostContext: UnsafeMutableRawPointer?

  /// Without a host. Memory of its own, because an access to a field may count as one to its struct.
  private let own: UnsafeMutablePointer<Own>

  private struct Own: ~Copyable {
    /// 1: woken since it was cleared. Threads sleep while it is 0.
    let signal = Atomic<UInt32>(0)
    let sleepers = Atomic<UInt32>(0)
    /// What tenon_executor_fd() gives, which watches the other two; all are -1 until somebody asks, or there is `other`.
    let watched = Atomic<Int32>(-1)
    /// Whether somebody has asked.
    let isGiven = Atomic<Bool>(false)
    /// Readable after a wake.
    let event = Atomic<Int32>(-1)
    let timer = Atomic<Int32>(-1)
    /// The thread that asked for the descriptor.
    let watcher = Atomic<UInt>(0)
    /// What is watched that is somebody else's; -1: nothing.
    let other = Atomic<Int32>(-1)
    /// The set of those that futures wait for, in which the event is, too; -1: nobody has waited yet.
    let descriptors = Atomic<Int32>(-1)
  }

  /// Whether some loop looks after it: a host's, or one that watches the descriptor.
  var isWatched: Bool { host != nil || own.pointee.isGiven.load(ordering: .relaxed) }

  init(host: tenon_executor_host_t?, context: UnsafeMutableRawPointer?) {
    self.host = host
    hostContext = context
    own = .allocate(capacity: 1)
    own.initialize(to: Own())
  }

  /// Any thread.
  @inline(__always) func wake() {
    // Not the whole table, which would be copied for that.
    if let wake = host?.wake {
      wake(hostContext)
    } else {
      wakeWithoutHost()
    }
  }

  @inline(never) private func wakeWithoutHost() {
    // Whoever is about to sleep says so first, and looks at the signal then.
    own.pointee.signal.store(1, ordering: .sequentiallyConsistent)
    if own.pointee.sleepers.load(ordering: .sequentiallyConsistent) != 0 {
      withUnsafePointer(to: own.pointee.signal) { tenon__futex_wake($0, Int32.max) }
    }
    wakeDescriptor()
  }

  /// The same for a loop that watches the descriptor.
  func wakeDescriptor() {
    if case let event = own.pointee.event.load(ordering: .acquiring), event >= 0 {
      eventfd_write(event, 1)
    }
  }

  /// The polling thread, before it looks at the queue: so a wake that comes later is kept.
  @inline(never) func clear() {
    own.pointee.signal.store(0, ordering: .relaxed)
    guard case let event = own.pointee.event.load(ordering: .relaxed), event >= 0 else { return }
    var count: eventfd_t = 0
    eventfd_read(event, &count)
  }

  /// The polling thread: when the loop has to come back by itself. A thread that sleeps here knows that.
  func setTimer(_ deadline: UInt64) {
    if let host {
      host.set_timer?(hostContext, deadline)
    } else if own.pointee.isGiven.load(ordering: .relaxed) {
      let timer = own.pointee.timer.load(ordering: .relaxed)
      var setting = itimerspec()
      if deadline != .max { setting.it_value = timespec(nanoseconds: max(deadline, 1)) }
      timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }
  }

  /// One descriptor for all, for a loop to watch; -1 if there is none left.
  func descriptor(deadline: UInt64) -> Int32 {
    let set = makeDescriptor()
    if set < 0 { return set }
    own.pointee.watcher.store(currentThread, ordering: .relaxed)
    if own.pointee.isGiven.load(ordering: .relaxed) { return set }
    if case let descriptors = own.pointee.descriptors.load(ordering: .relaxed), descriptors >= 0,
      !add(descriptors, to: set)
    {
      return -1
    }
    own.pointee.isGiven.store(true, ordering: .relaxed)
    setTimer(deadline)
    return set
  }

  private func makeDescriptor() -> Int32 {
    let known = own.pointee.watched.load(ordering: .relaxed)
    if known >= 0 { return known }
    let set = epoll_create1(Int32(EPOLL_CLOEXEC))
    let clock = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    let wakes = makeEvent()
    guard set >= 0, clock >= 0, wakes >= 0, add(wakes, to: set), add(clock, to: set) else {
      for descriptor in [set, clock] where descriptor >= 0 { close(descriptor) }
      return -1
    }
    own.pointee.timer.store(clock, ordering: .relaxed)
    own.pointee.watched.store(set, ordering: .relaxed)
    return set
  }

  private func makeEvent() -> Int32 {
    let known = own.pointee.event.load(ordering: .relaxed)
    if known >= 0 { return known }
    let wakes = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    if wakes >= 0 { own.pointee.event.store(wakes, ordering: .releasing) }
    return wakes
  }

  /// What an event says that is for no future.
  static let unnamed = UInt64.max

  private func add(_ descriptor: Int32, to set: Int32) -> Bool {
    var interest = epoll_event()
    interest.events = EPOLLIN.rawValue
    interest.data.u64 = WakeSource.unnamed
    return epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &interest) == 0 || errno == EEXIST
  }

  /// The executor is closed: from now on its descriptor says nothing, but once more if that was on another thread than the
  /// loop's, which then polls and is told so. False: there is none.
  func finish() -> Bool {
    let set = own.pointee.watched.load(ordering: .relaxed)
    if set < 0 { return false }
    for watched in [
      own.pointee.other.exchange(-1, ordering: .relaxed),
      own.pointee.descriptors.exchange(-1, ordering: .relaxed),
    ] where watched >= 0 { epoll_ctl(set, EPOLL_CTL_DEL, watched, nil) }
    setTimer(.max)
    if own.pointee.watcher.load(ordering: .relaxed) == currentThread {
      clear()
    } else {
      wakeDescriptor()
    }
    return true
  }

  /// From now on there is reason to poll when `other` is readable, too. It stays somebody else's, who keeps it open.
  /// False: there is no descriptor left.
  func watch(_ other: Int32) -> Bool {
    let set = makeDescriptor()
    guard set >= 0, add(other, to: set) else { return false }
    own.pointee.other.store(other, ordering: .relaxed)
    let descriptors = own.pointee.descriptors.load(ordering: .relaxed)
    return descriptors < 0 || add(other, to: descriptors)
  }

  /// The same of the set in which descriptors are that futures wait for. It is what threads sleep on from now on.
  func watch(set descriptors: Int32) -> Bool {
    let wakes = makeEvent()
    guard wakes >= 0, add(wakes, to: descriptors) else { return false }
    if case let other = own.pointee.other.load(ordering: .relaxed), other >= 0,
      !add(other, to: descriptors)
    {
      return false
    }
    // Otherwise each that is ready would tell two sets.
    if own.pointee.isGiven.load(ordering: .relaxed),
      !add(descriptors, to: own.pointee.watched.load(ordering: .relaxed))
    {
      return false
    }
    own.pointee.descriptors.store(descriptors, ordering: .relaxed)
    return true
  }

  /// Sleeps until a wake or the deadline, or for no reason. Without a host only.
  func sleep(until deadline: UInt64, on descriptors: Unmanaged<WatchedDescriptors>?) {
    let isWatching = own.pointee.descriptors.load(ordering: .relaxed) >= 0
    if isWatching || own.pointee.other.load(ordering: .relaxed) >= 0 {
      // The wake may have come before there was an event.
      if own.pointee.signal.load(ordering: .sequentiallyConsistent) != 0 { return }
      if isWatching, let descriptors {
        return descriptors._withUnsafeGuaranteedRef { $0.sleep(until: deadline) }
      }
      var event = epoll_event()
      _ = WakeSource.sleep(
        until: deadline, on: own.pointee.watched.load(ordering: .relaxed), &event, 1)
      return
    }
    own.pointee.sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    withUnsafePointer(to: own.pointee.signal) {
      // One that never comes is none: the system cannot count so far.
      if deadline == .max { return tenon__futex_wait($0, 0) }
      var time = timespec(nanoseconds: deadline)
      tenon__futex_wait_until($0, 0, &time)
    }
    own.pointee.sleepers.wrappingSubtract(1, ordering: .relaxed)
  }

  /// How many events have come in a set; -1: it has not been looked at.
  static func sleep(
    until deadline: UInt64, on set: Int32, _ events: UnsafeMutablePointer<epoll_event>, _ count: Int
  ) -> Int {
    if deadline == .max { return Int(tenon__sleep_on(set, events, Int32(count), nil)) }
    var time = timespec(nanoseconds: Time.left(until: deadline))
    return Int(tenon__sleep_on(set, events, Int32(count), &time))
  }

  deinit {
    for descriptor in [
      own.pointee.watched.load(ordering: .relaxed), own.pointee.event.load(ordering: .relaxed),
      own.pointee.timer.load(ordering: .relaxed),
    ] where descriptor >= 0 { close(descriptor) }
    own.deinitialize(count: 1)
    own.deallocate()
  }
}
