import CTenon
import Synchronization

/// The loop's own time: a sleep is one of its timers, and no thread of anybody else's takes part.
public struct LoopClock: Clock {
  /// A point in the loop's time.
  public struct Instant: InstantProtocol {
    /// Nanoseconds, as tenon_timer_now_ns() counts them, or the loop's host if it has a time of its own.
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    public func advanced(by duration: Duration) -> Instant {
      if duration < .zero {
        let back = (Duration.zero - duration).clampedNanoseconds
        return Instant(nanoseconds: nanoseconds > back ? nanoseconds - back : 0)
      }
      let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
      return Instant(nanoseconds: overflow ? .max : sum)
    }

    public func duration(to other: Instant) -> Duration {
      other >= self
        ? .nanoseconds(other.nanoseconds - nanoseconds)
        : .zero - .nanoseconds(nanoseconds - other.nanoseconds)
    }

    public static func < (left: Instant, right: Instant) -> Bool {
      left.nanoseconds < right.nanoseconds
    }
  }

  let executor: LoopExecutor

  public var now: Instant { Instant(nanoseconds: executor.state.now) }

  public var minimumResolution: Duration { .nanoseconds(1 << 16) }

  /// Waits for a time.
  ///
  /// - Throws: `CancellationError` if the task is cancelled, and ``Failure`` in domain `tenon` if the loop closes.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    try Task.checkCancellation()
    let sleep = Sleep()
    let status = await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Int32, Never>) in
        sleep.begin(continuation, on: executor, until: deadline.nanoseconds)
      }
    } onCancel: {
      sleep.cancel()
    }
    if status == TENON_STATUS_CANCELLED.rawValue { throw CancellationError() }
    if status != TENON_STATUS_OK.rawValue { throw Failure(tenon_status_t(status)) }
  }
}

extension LoopExecutor {
  /// The clock whose sleeps are this loop's timers.
  public var clock: LoopClock { LoopClock(executor: self) }
}

/// One sleep, which may be cancelled before its timer is there.
private final class Sleep: Sendable {
  /// The timer's handle; 0: none yet; 1: cancelled before there was one.
  private let timer = Atomic<UInt>(0)

  func begin(
    _ continuation: UnsafeContinuation<Int32, Never>, on executor: LoopExecutor,
    until deadline: UInt64
  ) {
    let resume: tenon_timer_fn = { context, status in
      unsafeBitCast(context, to: UnsafeContinuation<Int32, Never>.self)
        .resume(returning: status.rawValue)
    }
    var started: Handle?
    let status = startTimer(
      on: executor.state, executor.name, deadline, unsafeBitCast(resume, to: UnsafeRawPointer.self),
      unsafeBitCast(continuation, to: UnsafeMutableRawPointer.self)
    ) { started = $0 }
    guard status == TENON_STATUS_OK, let started else {
      continuation.resume(returning: status.rawValue)
      return
    }
    let wasCancelled =
      timer.compareExchange(expected: 0, desired: started.bits, ordering: .acquiringAndReleasing)
      .original == 1
    if wasCancelled { _ = cancelTimer(started) }
  }

  func cancel() {
    let handle = timer.exchange(1, ordering: .acquiringAndReleasing)
    if handle > 1 { _ = cancelTimer(Handle(bits: handle)) }
  }
}
