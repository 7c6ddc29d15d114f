struct Function: Codable {
  enum Kind: String, Codable {
    case function, method, initializer, getter, setter
  }

  var kind: Kind
  /// In Swift: `put`, `init`, or the property.
  var name: String
  var symbol: String
  /// Whether it belongs to the type, and not to one of its objects.
  var isStatic = false
  var parameters: [Parameter] = []
  var result: TypeReference
  /// Whether C gets a future or a stream. So for what is isolated to an actor, too.
  var isAsync: Bool
  /// Whether Swift code writes `await`.
  var isAwaited: Bool
  var isThrowing = false
  /// The error that it throws, if it says which.
  var error: TypeReference?
  /// Whether it runs on other threads than the loop's.
  var isConcurrent = false
  /// As of its type: see ``TypeDeclaration/usesNumbers``.
  var usesNumbers = false
  var documentation = Documentation()
  var location: Location
  var since: String?
  /// How many of its options the oldest caller has.
  var firstOptions: Int?

  /// Whether C finds some parameters in an options struct.
  var options: [Parameter] { parameters.filter(\.isOption) }
}

struct Parameter: Codable {
  /// Nil: none is written at the call.
  var label: String?
  var name: String
  var symbol: String
  var type: TypeReference
  /// The default value, as it is written in Swift.
  var defaultValue: String?
  /// Whether it stands in the options, where zero is the default.
  var isOption = false
  var documentation = ""
  var location: Location
}
