import CTenon
import Testing

@testable import Tenon

/// Trace contexts in Swift. W3C's rules are tested in Tests/Conformance.
@Suite struct TraceContextTests {
  private let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  /// Calls `body` as a host does that has said a trace.
  private func host(_ trace: TraceContext, _ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      var said = tenon_trace_context_t(trace)
      withUnsafePointer(to: &said) { said in
        var context = tenon_context_t()
        context.struct_size = MemoryLayout<tenon_context_t>.size
        context.trace = said
        let status = withUnsafeMutablePointer(to: &body) {
          tenon_context_run(
            &context, { $0?.assumingMemoryBound(to: (() -> Void).self).pointee() }, $0)
        }
        #expect(status == TENON_STATUS_OK)
      }
    }
  }

  /// Has a call begin, and returns its future.
  private func call(
    on loop: LoopExecutor, _ operation: @escaping @Sendable () async throws -> String
  ) -> Future? {
    var pointer: OpaquePointer?
    let status = export(on: loop.pointer, future: &pointer) { try await operation() }
    #expect(status == TENON_STATUS_OK)
    return try? Future(adopting: pointer)
  }

  private func text(_ future: Future?, on loop: LoopExecutor) throws -> String? {
    let future = try #require(future)
    try loop.run(until: future)
    guard case .string(let text) = try loop.result({ try await future.value }) else { return nil }
    return text
  }

  @Test func headersComeInAndGoOut() throws {
    let trace = try #require(TraceContext(traceparent: header, tracestate: " a=1, b=2"))
    #expect(trace.traceID == 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c)
    #expect(trace.spanID == 0xb7ad_6b71_6920_3331 && trace.flags == .sampled)
    #expect(trace.traceparent == header && trace.state == "a=1,b=2")
    #expect(TraceContext(traceparent: "00-" + header) == nil)
    #expect(TraceContext(traceparent: header, tracestate: "wrong")?.state == "")
    #expect(TraceContext(traceID: 0, spanID: 1, flags: []) == nil)
    #expect(TraceContext(traceID: 1, spanID: 0, flags: []) == nil)
    let small = try #require(TraceContext(traceID: 1, spanID: 2, flags: Flags(rawValue: 0xFF)))
    #expect(small.traceparent == "00-00000000000000000000000000000001-0000000000000002-03")
    let child = trace.child()
    #expect(child.traceID == trace.traceID && child.state == trace.state)
    #expect(child.spanID != trace.spanID && TraceContext().flags == .sampled)
  }
  private typealias Flags = TraceContext.Flags

  @Test func aCallHasTheTraceOfItsHostAndSoHaveItsChildren() async throws {
    try await withLoop { loop in
      let trace = try #require(TraceContext(traceparent: header, tracestate: "a=1"))
      var inside: Future?
      host(trace) {
        inside = call(on: loop) {
          await Task.yield()
          async let child = TraceContext.current
          let (group, own) = (await Task { TraceContext.current }.value, TraceContext.current)
          return await [child, group, own].allSatisfy { $0 == trace } ? "yes" : "no"
        }
      }
      let outside = call(on: loop) { TraceContext.current == nil ? "none" : "some" }
      #expect(try text(inside, on: loop) == "yes")
      #expect(try text(outside, on: loop) == "none")
    }
  }

  @Test func aSpanOfSwiftsIsTheParentOfWhatItCalls() async throws {
    try await withLoop { loop in
      let trace = try #require(TraceContext(traceparent: header, tracestate: "a=1"))
      var future: Future?
      host(trace) {
        future = call(on: loop) {
          let span = try #require(TraceContext.current).child()
          let seen = await span.with {
            async let child = TraceContext.current
            return (await child, CallContext.current?["traceparent"])
          }
          let other = await TraceContext().with { TraceContext.current?.state }
          return seen == (span, span.traceparent) && other == "" && TraceContext.current == trace
            ? "yes" : "no"
        }
      }
      #expect(try text(future, on: loop) == "yes")
    }
  }

  /// What another library says.
  @TaskLocal private static var span: TraceContext?

  private final class AsksWhenItGoes: Sendable {
    deinit { _ = TraceContext.current }
  }

  private static func setSource(_ asks: AsksWhenItGoes) {
    TraceContext.setSource { own in withExtendedLifetime(asks) { Self.span ?? own } }
  }

  @Test func aSourceSaysTheSpanUntilItGoes() async throws {
    try await withLoop { loop in
      Self.setSource(AsksWhenItGoes())
      let (trace, own) = (TraceContext(), TraceContext())
      Self.$span.withValue(trace) {
        #expect(TraceContext.current == trace && TraceContext.ofCall == nil)
        #expect(CallContext.current?["traceparent"] == trace.traceparent)
      }
      // Who has no span there is in the call's, if that has one.
      var future: Future?
      self.host(own) {
        future = self.call(on: loop) {
          let inSpan = Self.$span.withValue(trace) { CallContext.current?["traceparent"] }
          return inSpan == trace.traceparent
            ? CallContext.current?["traceparent"] ?? "none" : "not in the span"
        }
      }
      let text = try self.text(future, on: loop)
      #expect(text == own.traceparent)
      #expect(TraceContext.current == nil && CallContext.current == nil)
      TraceContext.setSource(nil)
      Self.$span.withValue(trace) { #expect(TraceContext.current == nil) }
    }
  }

  @Test func whatAPollResumesHasItsOwnWhoeverPolls() async throws {
    try await withLoop { loop in
      let (mine, others) = (TraceContext(), TraceContext())
      let (promise, handle) = makePromiseInC()
      let gate = try Future(adopting: handle)
      var future: Future?
      host(mine) {
        future = call(on: loop) {
          _ = try await gate.value
          return TraceContext.current == mine ? "mine" : "another"
        }
      }
      let plain = call(on: loop) { TraceContext.current == nil ? "none" : "another" }
      loop.pollAll()
      host(others) {
        #expect(tenon_promise_resolve(promise, nil) == TENON_STATUS_OK)
        loop.pollAll()
      }
      #expect(try text(future, on: loop) == "mine")
      #expect(try text(plain, on: loop) == "none")
    }
  }
}
