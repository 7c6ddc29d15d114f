import Synchronization

/// When a sleep of Swift's ends: for executors in the system's time, and for those that have one of their own.
struct Due {
  let deadline: UInt64
  let delay: UInt64

  init(after delay: UInt64) {
    self.delay = delay
    deadline = Time.deadline(after: delay)
  }

  /// An instant of the system's time.
  init(at deadline: UInt64) {
    self.deadline = deadline
    delay = deadline == .max ? .max : Time.left(until: deadline)
  }

  init<C: Clock>(at instant: C.Instant, of clock: C) {
    let due = Due(after: nanoseconds(clock.now.duration(to: instant)))
    let exact: UInt64? =
      if let instant = instant as? ContinuousClock.Instant {
        Due.continuous.deadline(instant, about: due.deadline)
      } else if let instant = instant as? SuspendingClock.Instant {
        Due.suspending.deadline(instant, about: due.deadline)
      } else {
        nil
      }
    deadline = exact ?? due.deadline
    delay = due.delay
  }

  private static let continuous = Reference(ContinuousClock.Instant.self)
  private static let suspending = Reference(SuspendingClock.Instant.self)
}

/// Where a clock of Swift's stands in the system's time. Counted from one point, so that equal instants are equal deadlines: two
/// clocks that are read one after the other never agree to the nanosecond.
// SAFETY: under the mutex.
final class Reference<Instant: InstantProtocol>: @unchecked Sendable
where Instant.Duration == Duration {
  /// How far apart they may be found: more, and the system was suspended in between.
  private static var tolerance: UInt64 { 1_000_000 }

  private let mutex = Mutex()
  private var point: (instant: Instant, deadline: UInt64)?

  init(_: Instant.Type) {}

  func deadline(_ instant: Instant, about deadline: UInt64) -> UInt64 {
    mutex.withLock {
      if let point {
        let counted = point.instant.advancedDeadline(to: instant, from: point.deadline)
        let difference = counted > deadline ? counted - deadline : deadline - counted
        if difference < Reference.tolerance { return counted }
      }
      // One that is over, or never comes, is no point to count from.
      if deadline != .max { point = (instant, deadline) }
      return deadline
    }
  }
}

extension InstantProtocol where Duration == Swift.Duration {
  fileprivate func advancedDeadline(to other: Self, from deadline: UInt64) -> UInt64 {
    if other >= self {
      return Time.deadline(after: nanoseconds(duration(to: other)), from: deadline)
    }
    return Time.left(until: deadline, from: nanoseconds(other.duration(to: self)))
  }
}

/// A clock's duration as nanoseconds; of a clock whose durations are none of Swift's: none.
func nanoseconds<D: DurationProtocol>(_ duration: D) -> UInt64 {
  guard let duration = duration as? Duration else { return 0 }
  return duration.clampedNanoseconds
}
