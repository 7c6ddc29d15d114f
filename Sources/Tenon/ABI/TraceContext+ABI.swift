// Implements <tenon/trace_context.h>.
public import CTenon
import Glibc

@c @implementation
public func tenon_trace_context_parse(
  _ traceparent: UnsafePointer<CChar>?, _ tracestate: UnsafePointer<CChar>?,
  _ trace_out: UnsafeMutablePointer<tenon_trace_context_t>?
) -> tenon_status_t {
  guard let traceparent, let trace_out,
    let parent = TraceContext.Header(bytes(of: traceparent)),
    let trace = TraceContext(
      traceID: parent.traceID, spanID: parent.spanID, flags: parent.flags,
      read: tracestate.flatMap { TraceState.read(bytes(of: $0)) })
  else { return TENON_STATUS_INVALID }
  trace_out.pointee = tenon_trace_context_t(trace)
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_trace_context_format(
  _ trace: UnsafePointer<tenon_trace_context_t>?, _ traceparent_out: UnsafeMutablePointer<CChar>?
) -> tenon_status_t {
  guard let trace, let traceparent_out, let read = TraceContext(trace) else {
    return TENON_STATUS_INVALID
  }
  let text = UnsafeMutableBufferPointer(start: traceparent_out, count: TraceContext.Header.size + 1)
  text.withMemoryRebound(to: UInt8.self) { TraceContext.Header.write(read, to: $0) }
  text[TraceContext.Header.size] = 0
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_trace_context_start(
  _ parent: UnsafePointer<tenon_trace_context_t>?,
  _ trace_out: UnsafeMutablePointer<tenon_trace_context_t>?
) -> tenon_status_t {
  guard let trace_out else { return TENON_STATUS_INVALID }
  var trace = TraceContext()
  if let parent {
    guard let read = TraceContext(parent) else { return TENON_STATUS_INVALID }
    trace = read.child()
  }
  trace_out.pointee = tenon_trace_context_t(trace)
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_trace_context_get_current(
  _ trace_out: UnsafeMutablePointer<tenon_trace_context_t>?
) -> tenon_status_t {
  guard let trace_out else { return TENON_STATUS_INVALID }
  trace_out.pointee =
    TraceSource.trace(of: StoredContext.said).map(tenon_trace_context_t.init) ?? .init()
  return TENON_STATUS_OK
}

private func bytes(of text: UnsafePointer<CChar>) -> UnsafeBufferPointer<UInt8> {
  UnsafeRawBufferPointer(start: text, count: strlen(text)).bindMemory(to: UInt8.self)
}

extension TraceContext {
  /// What C says; nil: it is wrong.
  init?(_ trace: UnsafePointer<tenon_trace_context_t>) {
    let state = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(trace) + MemoryLayout<tenon_trace_context_t>.offset(of: \.state)!,
      count: Int(TENON_TRACESTATE_MAX) + 1
    ).bindMemory(to: UInt8.self)
    guard let end = state.firstIndex(of: 0),
      let state = TraceState.read(UnsafeBufferPointer(rebasing: state[..<end]))
    else { return nil }
    let numbers = UnsafeRawPointer(trace)
    self.init(
      traceID: UInt128(bigEndian: numbers.loadUnaligned(as: UInt128.self)),
      spanID: UInt64(bigEndian: numbers.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
      flags: Flags(rawValue: trace.pointee.flags), read: state)
  }
}

extension tenon_trace_context_t {
  init(_ trace: TraceContext) {
    self.init()
    flags = trace.flags.rawValue
    withUnsafeMutableBytes(of: &trace_id) {
      $0.storeBytes(of: trace.traceID.bigEndian, as: UInt128.self)
    }
    withUnsafeMutableBytes(of: &span_id) {
      $0.storeBytes(of: trace.spanID.bigEndian, as: UInt64.self)
    }
    withUnsafeMutableBytes(of: &state) { $0.copyBytes(from: trace.state.utf8) }
  }
}
