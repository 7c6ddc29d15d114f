public import Tenon
public import Tracing

/// A tracer whose spans go through all languages: below the call's own, and Tenon's for what is called in them.
///
///     let tracer = TenonTracer { span in export(span) }
///     tracer.bootstrap()
///
/// Whoever calls Swift with a `traceparent` is the parent of the first span; C++, JavaScript and Python that Swift calls in a span find it
/// as theirs. `inject` and `extract` read and write W3C's headers.
public struct TenonTracer: Tracer {
  public typealias Span = TenonSpan

  private let told: @Sendable (FinishedSpan) -> Void

  /// - Parameter told: Told of each sampled span that ends, on the thread that ends it.
  public init(_ told: @escaping @Sendable (FinishedSpan) -> Void) { self.told = told }

  /// Makes this the process's tracer, and has calls of other languages find its spans. Once.
  public func bootstrap() {
    InstrumentationSystem.bootstrap(self)
    install()
  }

  /// Has calls of other languages find its spans. For who bootstraps several instruments.
  public func install() {
    TraceContext.setSource { own in
      // A span that Tenon has been told of since, by `TraceContext.with` or by another call, is inside of this one.
      guard let span = ServiceContext.current?.tenonSpan, span.calledIn == own else { return own }
      return span.trace
    }
  }

  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> TenonSpan {
    let context = context()
    // What is innermost here, unless the context is of another place.
    let isHere = context.tenonSpan.map { $0.span === ServiceContext.current?.tenonSpan?.span }
    let parent =
      context.remoteParent ?? (isHere == false ? context.tenonSpan?.trace : TraceContext.current)
    return TenonSpan(
      operationName, kind, below: parent, context: context,
      start: instant().nanosecondsSinceEpoch, told)
  }

  public func startAnySpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> any Tracing.Span {
    startSpan(
      operationName, context: context(), ofKind: kind, at: instant(), function: function,
      file: fileID, line: line)
  }

  public func forceFlush() {}

  public func activeSpan(identifiedBy context: ServiceContext) -> TenonSpan? {
    context.tenonSpan?.span
  }

  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    context.remoteParent = extractor.extract(key: "traceparent", from: carrier).flatMap {
      TraceContext(
        traceparent: $0, tracestate: extractor.extract(key: "tracestate", from: carrier))
    }
  }

  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard
      let trace = context.remoteParent ?? context.tenonSpan?.trace ?? TraceContext.current
    else { return }
    injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
    if !trace.state.isEmpty {
      injector.inject(trace.state, forKey: "tracestate", into: &carrier)
    }
  }
}

extension ServiceContext {
  /// The place in a trace of this context's span.
  public var traceContext: TraceContext? { remoteParent ?? tenonSpan?.trace }

  /// The span that a context is of.
  struct Place: Sendable {
    let trace: TraceContext
    /// That of the call that the span was started in.
    let calledIn: TraceContext?
    let span: TenonSpan
  }

  private enum PlaceKey: ServiceContextKey { typealias Value = Place }
  private enum RemoteKey: ServiceContextKey { typealias Value = TraceContext }

  var tenonSpan: Place? {
    get { self[PlaceKey.self] }
    set { self[PlaceKey.self] = newValue }
  }

  /// From a carrier: until a span is started below it.
  var remoteParent: TraceContext? {
    get { self[RemoteKey.self] }
    set { self[RemoteKey.self] = newValue }
  }
}
