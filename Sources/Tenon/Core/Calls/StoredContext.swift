import CThread

/// What a host has said that calls carry. See tenon/context.h.
final class StoredContext: Sendable {
  let values: [String: String]
  let priority: TaskPriority?

  init(_ values: [String: String], _ priority: TaskPriority?) {
    (self.values, self.priority) = (values, priority)
  }

  /// That of the call that this runs in.
  @TaskLocal static var ofCall: StoredContext?

  /// What this thread starts now has it. A pointer, so that a thread without one sees that in two instructions.
  static var ofThread: StoredContext? {
    tenon__context().map { Unmanaged<StoredContext>.fromOpaque($0).takeUnretainedValue() }
  }

  static var current: StoredContext? { ofThread ?? ofCall }

  /// Calls `body` on this thread with this context.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    let outer = tenon__context()
    tenon__set_context(Unmanaged.passUnretained(self).toOpaque())
    defer { tenon__set_context(outer) }
    return try withExtendedLifetime(self, body)
  }

  /// Calls `body` without a thread's: for who starts a task that has one of its own.
  static func runWithout<Result>(_ body: () -> Result) -> Result {
    let outer = tenon__context()
    tenon__set_context(nil)
    defer { tenon__set_context(outer) }
    return body()
  }
}
