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

  static var current: StoredContext? { TraceSource.added(to: said) }

  /// What Tenon has been told, whatever another library's span is.
  static var said: StoredContext? { ofThread ?? ofCall }

  /// What there is outside, for more to be added. A new `traceparent` comes without the `tracestate` of the other one.
  static func inherited(from outer: StoredContext?, for names: some Sequence<String>) -> [String:
    String]
  {
    var values = outer?.values ?? [:]
    if names.contains(TraceContext.parentName) { values[TraceContext.stateName] = nil }
    return values
  }

  /// What its texts say of a trace, if they do.
  var trace: TraceContext? {
    values[TraceContext.parentName].flatMap { TraceContext($0, values[TraceContext.stateName]) }
  }

  /// Calls `body` on this thread with this context.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) {
      try Delivery.inContext(Unmanaged.passUnretained(self).toOpaque(), body)
    }
  }

  /// Calls `body` without a thread's: for who starts a task that has one of its own.
  static func runWithout<Result>(_ body: () -> Result) -> Result {
    let outer = tenon__context()
    tenon__set_context(nil)
    defer { tenon__set_context(outer) }
    return body()
  }
}
