import Synchronization
public import Tenon
public import Tracing

/// What a span was, when it has ended.
public struct FinishedSpan: Sendable {
  public let name: String
  public let kind: SpanKind
  /// Its own place, and that of the span above it, whose id is `parent.spanID`; nil: the trace begins here.
  public let trace: TraceContext
  public let parent: TraceContext?
  /// Nanoseconds since 1970.
  public let start: UInt64
  public let end: UInt64
  public let status: SpanStatus?
  public let attributes: SpanAttributes
  public let events: [SpanEvent]
  public let links: [SpanLink]
  public let errors: [any Error]
}

public final class TenonSpan: Tracing.Span {
  private struct State {
    var name: String
    var status: SpanStatus?
    var attributes = SpanAttributes([:])
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var errors: [any Error] = []
    var hasEnded = false
  }

  public let trace: TraceContext
  public let parent: TraceContext?
  private let kind: SpanKind
  private let start: UInt64
  private let outer: ServiceContext
  private let calledIn: TraceContext?
  private let told: @Sendable (FinishedSpan) -> Void
  private let state: Mutex<State>

  init(
    _ name: String, _ kind: SpanKind, below parent: TraceContext?, context: ServiceContext,
    start: UInt64, _ told: @escaping @Sendable (FinishedSpan) -> Void
  ) {
    self.parent = parent
    self.kind = kind
    self.start = start
    self.told = told
    trace = parent?.child() ?? TraceContext()
    calledIn = TraceContext.ofCall
    outer = context
    state = Mutex(State(name: name))
  }

  public var context: ServiceContext {
    var context = outer
    context.remoteParent = nil
    context.tenonSpan = ServiceContext.Place(trace: trace, calledIn: calledIn, span: self)
    return context
  }

  public var operationName: String {
    get { state.withLock { $0.name } }
    set { change { $0.name = newValue } }
  }

  public var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { change { $0.attributes = newValue } }
  }

  public var isRecording: Bool { trace.flags.contains(.sampled) && state.withLock { !$0.hasEnded } }

  public func setStatus(_ status: SpanStatus) { change { $0.status = status } }
  public func addEvent(_ event: SpanEvent) { change { $0.events.append(event) } }
  public func addLink(_ link: SpanLink) { change { $0.links.append(link) } }

  public func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    let event = SpanEvent(name: "exception", at: instant(), attributes: attributes)
    change {
      $0.errors.append(error)
      $0.events.append(event)
    }
  }

  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    let end = instant().nanosecondsSinceEpoch
    let ended: State? = state.withLock {
      if $0.hasEnded { return nil }
      $0.hasEnded = true
      return $0
    }
    guard let ended, trace.flags.contains(.sampled) else { return }
    told(
      FinishedSpan(
        name: ended.name, kind: kind, trace: trace, parent: parent, start: start, end: end,
        status: ended.status, attributes: ended.attributes, events: ended.events,
        links: ended.links, errors: ended.errors))
  }

  /// What is said after the end is of no interest any more.
  private func change(_ body: (inout sending State) -> Void) {
    state.withLock { if !$0.hasEnded { body(&$0) } }
  }
}
