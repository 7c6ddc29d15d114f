import CLinux
import CTenon
import Glibc
import Synchronization

/// How a loop learns that an executor wants to be polled: its host's functions, or file descriptors of our own.
struct WakeSource: ~Copyable {
  /// The host's table; nil: an eventfd, made when it is first needed.
  let host: tenon_executor_host_t?
  let hostContext: UnsafeMutableRawPointer?
  /// Readable after a wake. -1 with a host.
  let event: Int32
  /// Watches `event` and `timer`, for tenon_executor_fd(); -1 until somebody asks.
  private let watched = Atomic<Int32>(-1)
  private let timer = Atomic<Int32>(-1)

  /// Whether some loop looks after it: a host's, or one that watches the descriptor.
  var isWatched: Bool { host != nil || watched.load(ordering: .relaxed) >= 0 }

  /// nil: no file descriptor left.
  init?(host: tenon_executor_host_t?, context: UnsafeMutableRawPointer?) {
    self.host = host
    hostContext = context
    event = host == nil ? eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) : -1
    if host == nil && event < 0 { return nil }
  }

  /// Any thread.
  @inline(__always) func wake() {
    if let host {
      host.wake(hostContext)
    } else {
      eventfd_write(event, 1)
    }
  }

  /// The polling thread, before it looks at the queue: so a wake that comes later is kept.
  func clear() {
    var count: eventfd_t = 0
    eventfd_read(event, &count)
  }

  /// The polling thread: when the loop has to come back by itself.
  func setTimer(_ deadline: UInt64) {
    if let host {
      host.set_timer?(hostContext, deadline)
    } else if case let timer = timer.load(ordering: .relaxed), timer >= 0 {
      var setting = itimerspec()
      if deadline != .max { setting.it_value = timespec(nanoseconds: max(deadline, 1)) }
      timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }
  }

  /// One descriptor for both; -1 if there is none left.
  func descriptor(deadline: UInt64) -> Int32 {
    let known = watched.load(ordering: .relaxed)
    if known >= 0 { return known }
    let set = epoll_create1(Int32(EPOLL_CLOEXEC))
    let clock = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    var interest = epoll_event()
    interest.events = EPOLLIN.rawValue
    guard set >= 0, clock >= 0, epoll_ctl(set, EPOLL_CTL_ADD, event, &interest) == 0,
      epoll_ctl(set, EPOLL_CTL_ADD, clock, &interest) == 0
    else {
      if set >= 0 { close(set) }
      if clock >= 0 { close(clock) }
      return -1
    }
    timer.store(clock, ordering: .relaxed)
    watched.store(set, ordering: .relaxed)
    setTimer(deadline)
    return set
  }

  /// Sleeps until a wake or the deadline. Without a host only.
  func sleep(until deadline: UInt64) {
    var descriptor = pollfd(fd: event, events: Int16(POLLIN), revents: 0)
    if deadline == .max {
      ppoll(&descriptor, 1, nil, nil)
      return
    }
    let now = Time.now
    var time = timespec(nanoseconds: deadline > now ? deadline - now : 0)
    ppoll(&descriptor, 1, &time, nil)
  }

  deinit {
    if event >= 0 { close(event) }
    for descriptor in [watched.load(ordering: .relaxed), timer.load(ordering: .relaxed)]
    where descriptor >= 0 { close(descriptor) }
  }
}
