import CTenon
import Glibc
import Synchronization

/// That somebody, a signal's handler perhaps, wants those back who wait for an executor.
///
/// All of it is atomic, and nobody waits for anything: a handler may have stopped any thread anywhere, inside a lock too.
struct Interruption: ~Copyable {
  /// How many there were: those who wait look for another one than they have seen.
  fileprivate let count = Atomic<UInt32>(0)
  /// Whose last one has ended nothing yet, or 0: the next executor in this memory has none of the former's, and the
  /// other way round.
  fileprivate let pending = Atomic<UInt32>(0)
  /// It has woken the source, apart from what producers do.
  fileprivate let hasWoken = Atomic<Bool>(false)
  /// Threads that are about it: a close that has closed the phase waits for them.
  fileprivate let inFlight = Atomic<UInt32>(0)
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Ends what waits here now, or else what comes next; and wakes the loop.
  func interrupt(_ name: ExecutorName) -> tenon_status_t {
    let error = errno
    defer { errno = error }
    pointee.interruption.inFlight.wrappingAdd(1, ordering: .sequentiallyConsistent)
    defer { pointee.interruption.inFlight.wrappingSubtract(1, ordering: .releasing) }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard isThere(as: name) else { return TENON_STATUS_CLOSED }
    pointee.interruption.pending.store(name.bits, ordering: .sequentiallyConsistent)
    pointee.interruption.count.wrappingAdd(1, ordering: .sequentiallyConsistent)
    pointee.runners.change()
    if pool == nil {
      source.pointee?.wake()
      // Not before: a poll that clears it in between would leave the wake there for ever.
      pointee.interruption.hasWoken.store(true, ordering: .releasing)
    }
    return TENON_STATUS_OK
  }

  /// Whoever is about to wait: what there has been so far; nil: one has come already, and was for him.
  func beginInterruptible(_ name: ExecutorName) -> UInt32? {
    let seen = interruptions
    return takeInterruption(name) ? nil : seen
  }

  /// How many there were.
  @inline(__always) var interruptions: UInt32 {
    pointee.interruption.count.load(ordering: .sequentiallyConsistent)
  }

  /// Whether one has come since; then it was for him.
  func wasInterrupted(_ name: ExecutorName, since seen: UInt32) -> Bool {
    guard interruptions != seen, isNamed(name) else { return false }
    _ = takeInterruption(name)
    return true
  }

  /// Whether one has come that has ended nothing yet.
  @inline(__always) func takeInterruption(_ name: ExecutorName) -> Bool {
    pointee.interruption.pending.load(ordering: .relaxed) == name.bits
      && pointee.interruption.pending.compareExchange(
        expected: name.bits, desired: 0, ordering: .acquiringAndReleasing
      ).exchanged
  }

  /// The polling thread, where nobody sleeps: whether there is a wake to clear.
  @inline(__always) func takeWakeOfInterruption() -> Bool {
    pointee.interruption.hasWoken.load(ordering: .relaxed)
      && pointee.interruption.hasWoken.exchange(false, ordering: .acquiring)
  }

  /// After the phase is closed.
  func awaitInterrupters() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    var backoff = Backoff()
    while pointee.interruption.inFlight.load(ordering: .acquiring) != 0 && backoff.pause() {}
  }

  /// Begins a life.
  func forgetInterruptions() {
    pointee.interruption.pending.store(0, ordering: .relaxed)
    _ = takeWakeOfInterruption()
  }
}
