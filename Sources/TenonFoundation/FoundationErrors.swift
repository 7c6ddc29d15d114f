public import Foundation
public import Tenon
import TenonFoundationStart

@c @implementation
public func tenon__foundation_start() { ErrorDescription.add(describe) }

/// What Foundation's errors mean: their own domain and code, the sentence for people, and the error that they stand on.
private func describe(_ error: any Error) -> ErrorDescription? {
  // The class itself, and not what can be bridged to it.
  if type(of: error) is NSError.Type {
    let error = error as NSError
    return ErrorDescription(
      error.domain, error.code, error.localizedDescription, error.userInfo)
  }
  if let error = error as? any CustomNSError {
    let userInfo = error.errorUserInfo
    let message =
      userInfo[NSLocalizedDescriptionKey] as? String
      ?? (error as? any LocalizedError)?.errorDescription ?? error.localizedDescription
    return ErrorDescription(type(of: error).errorDomain, error.errorCode, message, userInfo)
  }
  if let error = error as? any LocalizedError {
    return ErrorDescription(
      domain: "swift.\(String(reflecting: type(of: error)))", code: Int64(error._code),
      message: error.errorDescription ?? String(describing: error))
  }
  return nil
}

extension ErrorDescription {
  fileprivate init(_ domain: String, _ code: Int, _ message: String, _ userInfo: [String: Any]) {
    self.init(
      domain: domain == NSPOSIXErrorDomain ? "errno" : domain, code: Int64(code), message: message,
      cause: userInfo[NSUnderlyingErrorKey] as? any Error)
  }
}

extension Failure: LocalizedError {
  public var errorDescription: String? { message }
}

extension Failure {
  /// The same for code that wants Foundation's class: `errno` is the POSIX domain there.
  public var nsError: NSError {
    var userInfo: [String: Any] = [NSLocalizedDescriptionKey: message]
    if let cause { userInfo[NSUnderlyingErrorKey] = (cause as? Failure)?.nsError ?? cause }
    return NSError(
      domain: domain == "errno" ? NSPOSIXErrorDomain : domain, code: Int(code), userInfo: userInfo)
  }
}
