public import Logging
import Tenon

extension Logger.MetadataProvider {
  /// `trace_id` and `span_id` of the trace that the code is in, under OpenTelemetry's names; and what else the call carries, as
  /// `call.NAME`. Nothing outside of a call that carries something.
  public static let tenon = Logger.MetadataProvider {
    var metadata: Logger.Metadata = [:]
    guard let context = CallContext.current else { return metadata }
    if let trace = TraceContext.current {
      let parts = trace.traceparent.split(separator: "-")
      metadata["trace_id"] = "\(parts[1])"
      metadata["span_id"] = "\(parts[2])"
    }
    for (name, text) in context.values where name != "traceparent" && name != "tracestate" {
      metadata["call.\(name)"] = "\(text)"
    }
    return metadata
  }
}
