import Synchronization

/// Another library's current span, which what Swift calls is called in. See `TraceContext.setSource(_:)`.
enum TraceSource {
  typealias Source = @Sendable (TraceContext?) -> TraceContext?

  private static let mutex = Mutex()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var source: Source?
  private static let isSet = Atomic<Bool>(false)

  static func set(_ new: Source?) {
    // The former one goes outside of the mutex: what it holds may ask here then.
    var former = new
    mutex.withLock { swap(&source, &former) }
    isSet.store(new != nil, ordering: .releasing)
  }

  /// A call's context, in the span that the source says.
  static func added(to call: StoredContext?) -> StoredContext? {
    isSet.load(ordering: .acquiring) ? asked(call) : call
  }

  @inline(never) private static func asked(_ call: StoredContext?) -> StoredContext? {
    let own = call?.trace
    guard let source = mutex.withLock({ source }), let trace = source(own), trace != own else {
      return call
    }
    var values = call?.values ?? [:]
    trace.put(into: &values)
    return StoredContext(values, call?.priority)
  }
}
