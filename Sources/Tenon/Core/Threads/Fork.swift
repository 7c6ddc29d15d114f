import Glibc
import Synchronization

/// After `fork`, the child has none of the parent's other threads, and locks in any state. So its
/// handles must answer, and nothing else: each table forgets its slots, which costs nothing elsewhere.
///
/// A child that returns from a callback comes back into the middle of something: it starts nothing more, and waits for nobody.
enum Fork {
  private static let child = Atomic<Bool>(false)
  private static let watching = Atomic<Bool>(false)

  static var isChild: Bool { child.load(ordering: .relaxed) }

  // SAFETY: written once, before it is read.
  nonisolated(unsafe) private static var forget: (@Sendable () -> Void)?

  /// Has a child begin with `forget`. The first call counts, and all give the same.
  static func watch(_ forget: @escaping @Sendable () -> Void) {
    guard !watching.exchange(true, ordering: .relaxed) else { return }
    Fork.forget = forget
    pthread_atfork(nil, nil) {
      Fork.child.store(true, ordering: .relaxed)
      Fork.forget?()
    }
  }
}
