/// What other languages see of a Swift error.
public struct ErrorDescription: Sendable {
  /// Who defines the code; not empty.
  public var domain: String
  public var code: Int64
  public var message: String
  /// The error that led to this one.
  public var cause: (any Error)?

  public init(domain: String, code: Int64, message: String, cause: (any Error)? = nil) {
    self.domain = domain
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// Has errors described that do not conform to ``DescribedError``, such as those of a framework. The last one that was added
  /// is asked first, and answers nil for what it does not know.
  ///
  /// The product TenonFoundation does this for Foundation's errors.
  public static func add(_ describe: @escaping @Sendable (any Error) -> ErrorDescription?) {
    ErrorDescribers.add { error in
      describe(error).map { ($0.domain, $0.code, $0.message, $0.cause) }
    }
  }
}
