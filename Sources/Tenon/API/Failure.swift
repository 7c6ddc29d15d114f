public import CTenon

/// Why something failed, in the form that every language sees: a domain, a code, a message, perhaps a cause.
///
/// Errors that come from C arrive as this. Throw one where a caller in another language should see exactly this;
/// any other Swift error crosses too, as domain `swift.<Module>.<Type>`, and is the same error again when it comes back.
///
/// From C it is a `tenon_error_t`.
public final class Failure: Error, Sendable {
  let handle: Handle

  /// Adopts the caller's reference.
  init(adopting handle: Handle) { self.handle = handle }

  convenience init(retaining handle: Handle) {
    _ = ErrorSlot.retain(handle)
    self.init(adopting: handle)
  }

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - domain: Who defines the code; not empty, without NUL characters.
  ///   - code: What went wrong.
  ///   - message: For people.
  ///   - cause: The error that led to this one.
  ///   - payload: An object that travels with it: ``payload(as:)``.
  public convenience init(
    domain: String, code: Int64, message: String, cause: (any Error)? = nil,
    payload: (any AnyObject & Sendable)? = nil
  ) {
    let causeHandle = cause.flatMap { errorHandle(for: $0) }
    guard
      let content = ErrorContent(
        domain: domain, code: code, message: message, cause: causeHandle),
      let handle = ErrorSlot.create(content)
    else { fatalError("out of memory for an error") }
    if let payload { content.payload = .object(payload) }
    self.init(adopting: handle)
  }

  /// What a Tenon call answered, as an error: domain `tenon`.
  convenience init(_ status: tenon_status_t) {
    self.init(
      domain: "tenon", code: Int64(status.rawValue),
      message: tenon_status_string(status).map { String(cString: $0) } ?? "")
  }

  deinit { _ = ErrorSlot.release(handle) }

  public var domain: String { read("") { String(cString: $0.domain) } }
  public var code: Int64 { read(0) { $0.code } }
  public var message: String { read("") { String(cString: $0.message) } }
  public var cause: (any Error)? { read(nil) { $0.cause.map { swiftError(for: $0) } } }

  /// The Swift object that travels with it, if it is one of this class.
  public func payload<Object: AnyObject & Sendable>(as type: Object.Type) -> Object? {
    read(nil) { $0.payload?.object as? Object }
  }

  /// The object of another language that travels with it, if this is its mark. It is lent for as long as this lives.
  public func payload(type: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
    read(nil) { $0.payload.flatMap { $0.type == type ? $0.pointer : nil } }
  }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The error behind a handle that C lends: the Swift error that it was made of, or a ``Failure``.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no error's handle.
  public static func error(borrowing error: OpaquePointer?) throws -> any Error {
    let handle = Handle(error)
    try throwIfError(ErrorSlot.retain(handle))
    defer { _ = ErrorSlot.release(handle) }
    return swiftError(for: handle)
  }

  /// A handle of any error, with a reference of its own, for C to release.
  public static func retainedPointer(for error: any Error) -> OpaquePointer? {
    errorHandle(for: error)?.pointer
  }

  private func read<Value>(_ initial: Value, _ body: (ErrorContent) -> Value) -> Value {
    var value = initial
    _ = ErrorSlot.read(handle) {
      value = body($0)
      return TENON_STATUS_OK
    }
    return value
  }
}

extension Failure: Equatable {
  /// Whether both are the same error, not only alike.
  public static func == (left: Failure, right: Failure) -> Bool {
    left.handle.bits == right.handle.bits
  }
}

extension Failure: CustomStringConvertible {
  public var description: String { "\(message) (\(domain) \(code))" }
}

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
