import CLinux
import Glibc
import Synchronization

/// Where threads sleep until something has changed, of which they look at atomics themselves: an event count. Whoever changes it
/// counts one more; whoever sleeps has read the count before he looked, and does not sleep if it is another one by then.
///
/// It stays where it is for as long as the process lives. Nothing in it is locked.
struct Monitor: ~Copyable, Sendable {
  private let changes = Atomic<UInt32>(0)
  private let sleepers = Atomic<Int>(0)

  /// Something has changed that a sleeper may wait for, who has one of these keys.
  func change(for keys: UInt32 = .max) {
    withUnsafePointer(to: changes) { Handover.give($0) }
    changes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) != 0 {
      withUnsafePointer(to: changes) { tenon__futex_wake_keyed($0, keys) }
    }
  }

  /// The same where that is rarely waited for: who is about to sleep says so first, and looks then.
  @inline(__always) func signal() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .relaxed) != 0 { change() }
  }

  /// Sleeps until `condition` holds or the monotonic `deadline` (in nanoseconds) has come. Changes for other keys are none. In
  /// a fork's child nothing changes any more.
  func wait(until deadline: UInt64, for keys: UInt32 = .max, _ holds: () -> Bool) -> Bool {
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    // What `holds` reads comes after that, also for `signal()`, which looks at nothing else.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    defer {
      sleepers.wrappingSubtract(1, ordering: .relaxed)
      withUnsafePointer(to: changes) { Handover.take($0) }
    }
    var time = timespec(nanoseconds: deadline)
    while true {
      let seen = changes.load(ordering: .sequentiallyConsistent)
      if holds() { return true }
      if Fork.isChild || deadline != .max && Time.now >= deadline { return false }
      withUnsafePointer(to: changes) {
        if deadline == .max {
          tenon__futex_wait_keyed($0, seen, nil, keys)
        } else {
          tenon__futex_wait_keyed($0, seen, &time, keys)
        }
      }
    }
  }
}
