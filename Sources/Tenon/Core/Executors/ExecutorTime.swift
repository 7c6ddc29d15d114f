import CTenon
import Synchronization

/// The time in which an executor's deadlines are: its host's, or the system's.
extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Any thread.
  @inline(__always) var now: UInt64 {
    _fastPath(!pointee.hasOwnTime.load(ordering: .relaxed)) ? Time.now : hostTime
  }

  @inline(__always) func deadline(after duration: UInt64) -> UInt64 {
    Time.deadline(after: duration, from: now)
  }

  /// The same instant in the system's time, about: for a sleep that the host knows nothing of.
  func inSystemTime(_ deadline: UInt64) -> UInt64 {
    if deadline == .max || !pointee.hasOwnTime.load(ordering: .relaxed) { return deadline }
    return Time.deadline(after: Time.left(until: deadline, from: now))
  }

  @inline(never) private var hostTime: UInt64 {
    if isPolledHere { return sourceTime }
    // Counted like a wake, because another thread may be closing.
    pointee.mutex.lock()
    guard pointee.phase.load(ordering: .relaxed) != .closed else {
      pointee.mutex.unlock()
      return 0
    }
    shared.pointee.wakersInFlight += 1
    pointee.mutex.unlock()
    defer { pointee.mutex.withLock { shared.pointee.wakersInFlight -= 1 } }
    return sourceTime
  }

  private var sourceTime: UInt64 { source.pointee?.time ?? 0 }
}

extension WakeSource {
  fileprivate var time: UInt64? { host?.now_ns?(hostContext) }
}
