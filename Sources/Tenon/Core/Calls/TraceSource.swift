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

  /// The same span alone: its texts are read once, and not written.
  static func trace(of call: StoredContext?) -> TraceContext? {
    let own = call?.trace
    return isSet.load(ordering: .acquiring) ? asked(own) : own
  }

  private static func asked(_ own: TraceContext?) -> TraceContext? {
    mutex.withLock { source }?(own) ?? own
  }

  @inline(never) private static func asked(_ call: StoredContext?) -> StoredContext? {
    let own = call?.trace
    guard let trace = asked(own), trace != own else { return call }
    var values = call?.values ?? [:]
    trace.put(into: &values)
    return StoredContext(values, call?.priority)
  }
}
