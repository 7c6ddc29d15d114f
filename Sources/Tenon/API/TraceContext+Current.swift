extension TraceContext {
  /// That of the call that this runs in: the span that has called. nil: it is in no trace.
  public static var current: TraceContext? { TraceSource.trace(of: StoredContext.said) }

  /// The same without what ``setSource(_:)`` adds.
  public static var ofCall: TraceContext? { StoredContext.said?.trace }

  /// Has another library say which span Swift code is in, as swift-distributed-tracing does by a task-local value of its own: what
  /// is called in there is then called in that. For who bridges one; see `bridges/`.
  ///
  /// - Parameter source: Gets the call's own, and gives that or another one; nil: there is none any more. It may be called often, on
  ///   any thread.
  public static func setSource(_ source: (@Sendable (TraceContext?) -> TraceContext?)?) {
    TraceSource.set(source)
  }

  /// Reads W3C's headers; nil: `traceparent` breaks the rules, and whoever sent it is in no trace.
  ///
  /// A `traceparent` of a later version is read as far as it is known. A `tracestate` that breaks the rules is left out; of one that
  /// is too long entries are.
  public init?(traceparent: String, tracestate: String? = nil) {
    self.init(traceparent, tracestate)
  }

  /// The header `traceparent`. The header `tracestate` is ``state``, unless that is empty.
  public var traceparent: String { header }

  /// Calls `operation` in this span: what that calls finds it in ``current``, in child tasks and in other languages, too.
  public nonisolated(nonsending) func with<Result>(_ operation: () async throws -> Result)
    async rethrows -> Result
  {
    try await CallContext.with(
      [Self.parentName: header, Self.stateName: state.isEmpty ? nil : state], operation)
  }
}
