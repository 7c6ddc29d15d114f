import Glibc

/// Monotonic time, in nanoseconds.
enum Time {
  @inline(__always) static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// The instant that is `duration` after `now`: never, rather than past the end of time.
  @inline(__always) static func deadline(
    after duration: UInt64, from now: @autoclosure () -> UInt64 = Time.now
  ) -> UInt64 {
    if duration == .max { return .max }
    let (sum, overflow) = now().addingReportingOverflow(duration)
    return overflow ? .max : sum
  }

  /// How long it is until `deadline`; 0: it has come.
  static func left(until deadline: UInt64, from now: UInt64 = Time.now) -> UInt64 {
    deadline - min(now, deadline)
  }
}

extension timespec {
  /// Clamped to some 292 years, which is what the system's calls can take.
  init(nanoseconds: UInt64) {
    let clamped = min(nanoseconds, UInt64(Int64.max))
    self.init(tv_sec: Int(clamped / 1_000_000_000), tv_nsec: Int(clamped % 1_000_000_000))
  }
}

extension Duration {
  /// In nanoseconds; what is negative is none, what is too long is for ever.
  var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return .max }
    // Rounded up: a sleep is never short.
    let rest = (UInt64(attoseconds) + 999_999_999) / 1_000_000_000
    let (sum, carry) = whole.addingReportingOverflow(rest)
    return carry ? .max : sum
  }
}
