public import CTenon

/// A Swift error that says itself what other languages see of it.
public protocol DescribedError: Error {
  /// Who defines the code; not empty.
  var errorDomain: String { get }
  var errorCode: Int64 { get }
  var errorMessage: String { get }
  /// The error that led to this one.
  var errorCause: (any Error)? { get }
  /// An object that travels with it. Otherwise that is the error, if it is one.
  var errorPayload: (any AnyObject & Sendable)? { get }
  /// An object that travels with it, in place of that: one that C knows, made when it is thrown to C.
  var errorBlock: tenon_error_payload_t? { get }
}

extension DescribedError {
  public var errorDomain: String { "swift.\(String(reflecting: Self.self))" }
  public var errorCode: Int64 { 0 }
  public var errorMessage: String { String(describing: self) }
  public var errorCause: (any Error)? { nil }
  public var errorPayload: (any AnyObject & Sendable)? { nil }
  public var errorBlock: tenon_error_payload_t? { nil }
}
