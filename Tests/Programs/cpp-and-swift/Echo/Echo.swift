public import CEcho
import CTenon
import Tenon

struct EchoError: DescribedError {
  var errorDomain: String { "swift.Echo.EchoError" }
  var errorCode: Int64 { 7 }
  var errorMessage: String { "as wanted" }
}

@c @implementation
public func echo(
  _ executor: OpaquePointer?, _ source: OpaquePointer?,
  _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future = try? Future(borrowing: source) else { return TENON_STATUS_INVALID }
  return export(on: executor, future: futureOut) { try await future.take() }
}

@c @implementation
public func echo_stream(
  _ executor: OpaquePointer?, _ source: OpaquePointer?,
  _ streamOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let stream = try? Stream(borrowing: source) else { return TENON_STATUS_INVALID }
  return export(on: executor, stream: streamOut, capacity: 1, stream)
}

@c @implementation
public func echo_failure(
  _ executor: OpaquePointer?, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  export(on: executor, future: futureOut) { () async throws -> Void in throw EchoError() }
}
