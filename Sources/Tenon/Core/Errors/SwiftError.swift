import CTenon

/// A handle for a Swift error, with one reference: the one that it came with, if it came from a handle.
func errorHandle(for error: any Error) -> Handle? {
  if let failure = error as? Failure {
    return ErrorSlot.retain(failure.handle) == TENON_STATUS_OK ? failure.handle : nil
  }
  let described = error as? any DescribedError
  let domain = described?.errorDomain ?? "swift.\(String(reflecting: type(of: error)))"
  let message = described?.errorMessage ?? String(describing: error)
  let cause = described?.errorCause.flatMap { errorHandle(for: $0) }
  guard
    let content = ErrorContent(
      domain: domain, code: described?.errorCode ?? Int64(error._code), message: message,
      cause: cause, swiftError: error)
  else { return nil }
  return ErrorSlot.create(content)
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
