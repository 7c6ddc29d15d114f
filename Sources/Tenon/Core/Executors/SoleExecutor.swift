import Synchronization

/// How many executors there are; or that one is the only one that this process ever has: see `tenon_process_own_solely`.
///
/// Its calls prefer no executor, which the runtime would look up under a lock at each switch. So a call goes on wherever an actor
/// that it has called was run last, and that is right as long as there is one place. With a second one it is not, and nothing is
/// enqueued that could be sent back: so there is none.
enum SoleExecutor {
  /// The number, and in the highest bit whether it is settled.
  private static let word = Atomic<UInt>(0)
  private static let settled: UInt = 1 << 63

  /// Its state, or 0.
  private static let stateBits = Atomic<UInt>(0)

  @inline(__always) static var state: UnsafeMutablePointer<ExecutorState>? {
    UnsafeMutablePointer(bitPattern: stateBits.load(ordering: .acquiring))
  }

  /// Counts one that is about to be made; false: there is to be no other.
  static func admit() -> Bool {
    let count = word.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
    if count & settled == 0 { return true }
    leave()
    return false
  }

  /// One has gone, and all that it had to run.
  static func leave() { word.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

  /// Makes the one that there is the only one, for ever; false: there are others.
  static func settle() -> Bool {
    word.compareExchange(expected: 1, desired: 1 | settled, ordering: .acquiringAndReleasing)
      .exchanged
  }

  /// Takes that back, before `begin`.
  static func unsettle() { word.bitwiseAnd(~settled, ordering: .acquiringAndReleasing) }

  /// From here on its calls prefer no executor.
  static func begin(_ state: UnsafeMutablePointer<ExecutorState>) {
    stateBits.store(UInt(bitPattern: state), ordering: .releasing)
  }
}
