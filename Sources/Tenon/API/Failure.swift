import CTenon

extension Failure {
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
      message: String(cString: status.sentence))
  }

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
