import Glibc
import Synchronization

/// After `fork`, the child has none of the parent's other threads, and locks in any state. So its
/// handles must answer, and nothing else: each table forgets its slots, which costs nothing elsewhere.
enum Fork {
  private static let child = Atomic<Bool>(false)
  private static let watching = Atomic<Bool>(false)

  static var isChild: Bool { child.load(ordering: .relaxed) }

  static func watch() {
    guard !watching.exchange(true, ordering: .relaxed) else { return }
    pthread_atfork(nil, nil) {
      Fork.child.store(true, ordering: .relaxed)
      SlotTables.forEach { $0.abandon() }
      ThreadRecord.abandon()
    }
  }
}
