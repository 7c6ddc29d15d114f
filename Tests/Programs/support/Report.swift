import Glibc
import Synchronization

// What the programs say of what they try: a line for each, and how many there were.

private let counts = Mutex((passed: 0, failed: 0))

/// Any thread.
public func report(_ name: String, _ isRight: Bool) {
  print(isRight ? "ok \(name)" : "not ok \(name)")
  counts.withLock {
    if isRight { $0.passed += 1 } else { $0.failed += 1 }
  }
}

/// Ends the process, whose status says whether all was right.
public func exitWithReport() -> Never {
  let (passed, failed) = counts.withLock { $0 }
  print("\(passed) passed, \(failed) failed")
  exit(failed == 0 ? 0 : 1)
}
