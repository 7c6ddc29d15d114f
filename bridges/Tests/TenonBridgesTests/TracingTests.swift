import CTenon
import Synchronization
import Tenon
import TenonTracing
import Testing
import Tracing

private final class Spans: Sendable {
  private let ended = Mutex<[FinishedSpan]>([])
  func add(_ span: FinishedSpan) { ended.withLock { $0.append(span) } }
  subscript(_ name: String) -> FinishedSpan? { ended.withLock { $0.first { $0.name == name } } }
}

private struct Headers: Extractor, Injector {
  func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
  func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
    carrier[key] = value
  }
}

/// What C sees that is called now.
private func seenByC() -> String {
  var trace = tenon_trace_context_t()
  var text = [CChar](repeating: 0, count: Int(TENON_TRACEPARENT_SIZE))
  guard tenon_trace_context_get_current(&trace) == TENON_STATUS_OK,
    tenon_trace_context_format(&trace, &text) == TENON_STATUS_OK
  else { return "none" }
  return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

@Suite(.serialized) struct TracingTests {
  private let spans = Spans()
  private let tracer: TenonTracer
  private let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  init() {
    tracer = TenonTracer { [spans] in spans.add($0) }
    tracer.install()
  }

  @Test func spansAreBelowTheCallAndAboveWhatTheyCall() async throws {
    let host = try #require(TraceContext(traceparent: header, tracestate: "a=1"))
    await host.with {
      await tracer.withSpan("outer") { outer in
        #expect(seenByC() == outer.trace.traceparent && TraceContext.current == outer.trace)
        tracer.withSpan("inner") { inner in
          #expect(seenByC() == inner.trace.traceparent)
        }
        // A span that another language has begun, as Swift that it calls finds it.
        let other = outer.trace.child()
        await other.with {
          #expect(TraceContext.current == other)
          await tracer.withSpan("below the other") { span in
            #expect(TraceContext.current == span.trace)
            async let child = TraceContext.current
            #expect(await child == span.trace)
          }
          #expect(TraceContext.current == other)
        }
        #expect(spans["below the other"]?.parent == other)
        await CallContext.with(["user": "ada"]) {
          tracer.withSpan("with a user") { span in
            #expect(TraceContext.current == span.trace && CallContext.current?["user"] == "ada")
          }
        }
      }
      #expect(TraceContext.current == host)
    }
    let outer = try #require(spans["outer"])
    #expect(outer.parent == host && outer.trace.state == "a=1" && outer.start <= outer.end)
    for name in ["inner", "with a user"] { #expect(spans[name]?.parent == outer.trace) }
    #expect(seenByC() == "none")
  }

  @Test func aSpanWithoutACallBeginsATrace() async throws {
    let trace = tracer.withSpan("root") { span in
      span.attributes["size"] = 5
      span.addEvent("begun")
      span.recordError(CancellationError())
      span.setStatus(SpanStatus(code: .error))
      span.operationName = "renamed"
      return span.trace
    }
    let root = try #require(spans["renamed"])
    #expect(root.parent == nil && root.trace == trace && root.errors.count == 1)
    #expect(root.events.map(\.name) == ["begun", "exception"] && root.status?.code == .error)
    #expect(root.attributes["size"]?.toSpanAttribute() == .int64(5))
    let span = tracer.startSpan("by hand")
    span.end()
    span.operationName = "too late"
    span.end()
    #expect(spans["by hand"] != nil && spans["too late"] == nil && !span.isRecording)
    tracer.withSpan("elsewhere", context: span.context) { #expect($0.parent == span.trace) }
    tracer.withSpan("here") { _ in
      tracer.withSpan("and elsewhere", context: span.context) { #expect($0.parent == span.trace) }
    }
  }

  @Test func headersComeInAndGoOut() throws {
    var context = ServiceContext.topLevel
    tracer.extract(["traceparent": header, "tracestate": "a=1"], into: &context, using: Headers())
    #expect(context.traceContext?.traceparent == header)
    tracer.withSpan("served", context: context) { span in
      #expect(span.parent?.traceparent == header)
      var carrier: [String: String] = [:]
      tracer.inject(span.context, into: &carrier, using: Headers())
      #expect(carrier == ["traceparent": span.trace.traceparent, "tracestate": "a=1"])
    }
    var wrong = ServiceContext.topLevel
    tracer.extract(["traceparent": "00-wrong"], into: &wrong, using: Headers())
    #expect(wrong.traceContext == nil)
  }

  @Test func whatIsNotSampledIsPassedOnAndNotTold() async throws {
    let quiet = try #require(TraceContext(traceparent: header.replacing("-01", with: "-00")))
    await quiet.with {
      tracer.withSpan("quiet") { span in
        #expect(!span.isRecording && seenByC() == span.trace.traceparent)
      }
    }
    #expect(spans["quiet"] == nil)
  }
}
