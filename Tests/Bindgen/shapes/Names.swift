import Tenon

// Names that some language, or what is generated for it, has already.

@Export public enum Detail: Sendable {
  case any, variant(Int), detail([[String?]]), get, std, `self`
}
@Export public struct Std: Sendable, Equatable {
  public var detail: Int; public var tenon: [[[Int32]?]]
}
@Export public enum Tenon_: Int32, Sendable { case None, `true`, lambda }
@Export public enum NameError: Error {
  case variant(Int), details, code(Int), what(String), nameError, any, message
}

@Export public func echoDetail(_ detail: Detail, std: Std? = nil) -> Detail { detail }
@Export public func echoStd(_ std: Std) -> Std { std }
@Export public func detail(_ tenon: Tenon_) -> Tenon_ { tenon }
@Export public func failWith(_ what: Int) throws(NameError) {
  throw [.variant(what), .details, .code(what), .what("w"), .nameError, .any, .message][what]
}
@Export public let tenon = 5
@Export public let `default` = 6
@Export public func `delete`(_ new: Int) -> Int { new }
@Export public func module() -> Int { 7 }
