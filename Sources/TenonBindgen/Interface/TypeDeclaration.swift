struct TypeDeclaration: Codable {
  enum Kind: String, Codable {
    /// A struct: fields in one block.
    case record
    /// An enum without payload: a number.
    case enumeration
    /// An enum with payload: a kind, and a union.
    case variant
    /// An enum that is an error: a domain, a code, and perhaps a union.
    case error
    /// A class or an actor: a handle.
    case object
    /// A protocol that the other side implements: a table of functions.
    case interface
  }

  var kind: Kind
  /// In Swift, with what it is nested in: `Connection.Options`.
  var name: String
  /// In C, without the `_t`: `docdb_connection_options`.
  var symbol: String
  var documentation = Documentation()
  var location: Location
  /// Of a record; of an interface it has none.
  var fields: [Field] = []
  /// Of an enumeration, a variant or an error.
  var cases: [Case] = []
  var functions: [Function] = []
  var constants: [Constant] = []
  /// Of a record, a variant or an error in C, in bytes; 4 for an enumeration.
  var size = 0
  /// The smallest struct_size that a caller may give: the size at the first release.
  var smallestSize = 0
  /// Of an error: what its domain is called.
  var domain: String?
  var isActor = false
  /// Of an object: the exported class that it inherits from.
  var superclass: String?
  var isSendable = false
  /// Whether integers of 64 bits are plain numbers where a language has both: JavaScript's number and bigint.
  var usesNumbers = false
  var since: String?
}

struct Field: Codable {
  var name: String
  var symbol: String
  var type: TypeReference
  var documentation = Documentation()
  /// The default value, as it is written in Swift.
  var defaultValue: String?
  var offset = 0
  var location: Location
}

struct Case: Codable {
  var name: String
  var symbol: String
  var number: Int32
  /// The raw value, if that is a string.
  var text: String?
  var documentation = Documentation()
  var payload: [Field] = []
  /// Whether the payload is one value without a label, which stands in the union by itself.
  var isBare: Bool { payload.count == 1 && payload[0].name.isEmpty }
  var location: Location
}

struct Constant: Codable {
  var name: String
  var symbol: String
  var type: TypeReference
  /// The literal, as it is written in Swift; texts without quotes and escapes.
  var value: String
  var usesNumbers = false
  var documentation = Documentation()
  var location: Location
}
