/// What a host has said that a call carries: named texts, such as a trace's `traceparent`. See tenon/context.h.
///
///     let parent = CallContext.current?["traceparent"]
///
/// It goes with the call like a task-local value, so child tasks and tasks that are not detached have it, too. The priority that
/// the host has said is the task's.
public struct CallContext: Sendable {
  private let stored: StoredContext

  /// That of the call that this runs in, if its host has said something.
  public static var current: CallContext? { StoredContext.current.map(CallContext.init) }

  private init(_ stored: StoredContext) { self.stored = stored }

  /// Calls `operation` with more values, and leaves out those that are nil. A `traceparent` takes the place of a `tracestate`, too. C that it calls sees them, and so does what that starts.
  public static nonisolated(nonsending) func with<Result>(
    _ values: [String: String?], _ operation: () async throws -> Result
  ) async rethrows -> Result {
    let outer = StoredContext.current
    var all = StoredContext.inherited(from: outer, for: values.keys)
    for (name, text) in values { all[name] = text }
    return try await StoredContext.$ofCall.withValue(
      StoredContext(all, outer?.priority), operation: operation)
  }

  /// Calls `body` on this thread with this context: C that it calls sees it, and so does what that starts.
  public func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    try stored.run(body)
  }

  /// All texts, by name.
  public var values: [String: String] { stored.values }

  public subscript(_ name: String) -> String? { stored.values[name] }
}
