import CTenon

/// A handle for a Swift error, with one reference: the one that it came with, if it came from a handle.
func errorHandle(for error: any Error) -> Handle? {
  if let failure = error as? Failure {
    return ErrorSlot.retain(failure.handle) == TENON_STATUS_OK ? failure.handle : nil
  }
  let description = description(of: error)
  let cause = description.cause.flatMap { errorHandle(for: $0) }
  guard
    let content = ErrorContent(
      domain: description.domain, code: description.code, message: description.message,
      cause: cause, swiftError: error)
  else { return nil }
  if let described = error as? any DescribedError, let block = described.errorBlock {
    content.payload = block
  } else if let payload = (error as? any DescribedError)?.errorPayload {
    content.payload = .object(payload)
  } else if type(of: error) is AnyObject.Type {
    content.payload = .object(error as AnyObject)
  }
  return ErrorSlot.create(content)
}

/// By itself, by somebody who knows, or by its type.
private func description(of error: any Error) -> ErrorDescribers.Description {
  if let error = error as? any DescribedError {
    return (error.errorDomain, error.errorCode, error.errorMessage, error.errorCause)
  }
  return ErrorDescribers.describe(error)
    ?? (
      "swift.\(String(reflecting: type(of: error)))", Int64(error._code), String(describing: error),
      nil
    )
}

extension tenon_error_payload_t {
  private static let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
    if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
  }

  /// A Swift object; its class is the mark.
  static func object(_ object: AnyObject) -> tenon_error_payload_t {
    tenon_error_payload_t(
      struct_size: MemoryLayout<tenon_error_payload_t>.size,
      type: unsafeBitCast(Swift.type(of: object), to: UnsafeRawPointer.self),
      pointer: Unmanaged.passRetained(object).toOpaque(), drop: release)
  }

  /// The Swift object, if it is one.
  var object: AnyObject? {
    guard let drop, let pointer,
      unsafeBitCast(drop, to: UInt.self)
        == unsafeBitCast(tenon_error_payload_t.release, to: UInt.self)
    else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue()
  }
}

/// The Swift error behind a handle: the very one that was thrown, or a ``Failure``. Borrows the handle.
func swiftError(for handle: Handle) -> any Error {
  var result: (any Error)?
  _ = ErrorSlot.read(handle) { content in
    result = content.swiftError
    return TENON_STATUS_OK
  }
  if let result { return result }
  return Failure(retaining: handle)
}
