import CTenon
import Foundation
import Tenon
import TenonFoundation
import Testing

/// Foundation's errors keep their meaning on the way to other languages, and come back as themselves.
@Suite struct ErrorTests {
  enum Localized: LocalizedError {
    case first
    case second
    var errorDescription: String? { "the \(self) one, for people" }
  }

  struct Custom: CustomNSError {
    static var errorDomain: String { "test.custom" }
    var errorCode: Int { 42 }
    var errorUserInfo: [String: Any] {
      [NSLocalizedDescriptionKey: "as the info says", NSUnderlyingErrorKey: POSIXError(.EACCES)]
    }
  }

  struct CustomAndLocalized: CustomNSError, LocalizedError {
    var errorDescription: String? { "as it says itself" }
  }

  struct Both: DescribedError, LocalizedError {
    let errorDomain = "test.both"
    let errorCode: Int64 = 3
    let errorMessage = "as described"
    var errorDescription: String? { "as localized" }
  }

  /// What C sees, down the causes.
  private func seen(_ error: any Error) -> [String] {
    var lines: [String] = []
    var next = Failure.retainedPointer(for: error)
    while let pointer = next {
      var (domain, message) = (UnsafePointer<CChar>?.none, UnsafePointer<CChar>?.none)
      var code: Int64 = 0
      #expect(tenon_error_get_domain(pointer, &domain) == TENON_STATUS_OK)
      #expect(tenon_error_get_code(pointer, &code) == TENON_STATUS_OK)
      #expect(tenon_error_get_message(pointer, &message) == TENON_STATUS_OK)
      lines.append("\(String(cString: domain!)) \(code) \(String(cString: message!))")
      #expect(tenon_error_copy_cause(pointer, &next) == TENON_STATUS_OK)
      #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
    }
    return lines
  }

  @Test func anNSErrorKeepsDomainCodeMessageAndCause() {
    let below = NSError(domain: NSPOSIXErrorDomain, code: 13)
    let error = NSError(
      domain: "test.ns", code: -7,
      userInfo: [NSLocalizedDescriptionKey: "what happened", NSUnderlyingErrorKey: below])
    let lines = seen(error)
    #expect(lines.count == 2)
    #expect(lines.first == "test.ns -7 what happened")
    #expect(lines.last?.hasPrefix("errno 13 ") == true)
  }

  @Test func aPOSIXErrorIsErrno() {
    #expect(seen(POSIXError(.ENOENT)).first?.hasPrefix("errno 2 ") == true)
  }

  @Test func whatFoundationThrowsIsCocoas() {
    let lines = seen(CocoaError(.fileReadNoSuchFile))
    #expect(lines.first?.hasPrefix("NSCocoaErrorDomain 260 ") == true)
    do {
      _ = try FileManager.default.contentsOfDirectory(atPath: "/a folder that is not there")
      Issue.record("it is there")
    } catch {
      let lines = seen(error)
      #expect(lines.first?.hasPrefix("NSCocoaErrorDomain 260 ") == true)
      #expect(lines.last?.hasPrefix("errno 2 ") == true)
    }
  }

  @Test func customAndLocalizedErrorsSayWhatTheySay() {
    let custom = seen(Custom())
    #expect(custom.first == "test.custom 42 as the info says")
    #expect(custom.last?.hasPrefix("errno 13 ") == true)
    #expect(seen(CustomAndLocalized()).first?.hasSuffix(" as it says itself") == true)
    let localized = seen(Localized.second)
    #expect(
      localized.first?.hasPrefix("swift.TenonFoundationTests.ErrorTests.Localized 1 ") == true)
    #expect(localized.first?.hasSuffix("the second one, for people") == true)
    #expect(seen(Both()) == ["test.both 3 as described"])
  }

  @Test func theSameErrorComesBack() throws {
    let error = NSError(domain: "test.same", code: 1, userInfo: ["key": "value"])
    let pointer = Failure.retainedPointer(for: error)
    let back = try Failure.error(borrowing: pointer)
    #expect(back as NSError === error)
    var object: UnsafeMutableRawPointer?
    let mark = unsafeBitCast(NSError.self as AnyObject.Type, to: UnsafeRawPointer.self)
    #expect(tenon_error_get_payload(pointer, mark, &object) == TENON_STATUS_OK)
    #expect(object == Unmanaged.passUnretained(error).toOpaque())
    #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
  }

  @Test func aFailureIsLocalizedAndAnNSError() {
    let failure = Failure(
      domain: "errno", code: 2, message: "no such file",
      cause: Failure(domain: "below", code: 1, message: "why"))
    #expect((failure as any Error).localizedDescription == "no such file")
    #expect(failure.nsError.domain == NSPOSIXErrorDomain)
    #expect(failure.nsError.code == 2)
    #expect((failure.nsError.userInfo[NSUnderlyingErrorKey] as? NSError)?.domain == "below")
  }
}
