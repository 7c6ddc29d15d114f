// What a module exports, as data: what the readers make, and all that a printer knows. Written as JSON it is the
// format that docs/guide/interface.md describes.

/// The exported part of a module.
struct Interface: Codable {
  /// Counts up when readers of older files would misunderstand this one.
  static let currentFormat = 1

  var format = Interface.currentFormat
  /// The Swift module.
  var module: String
  /// What C names begin with.
  var library: String
  var version: String
  var documentation = Documentation()
  var types: [TypeDeclaration] = []
  var functions: [Function] = []
  var constants: [Constant] = []
  /// The modules whose types this one uses.
  var imports: [Import] = []
  /// A number for the shape of all of this, and those of the releases that this one is compatible with.
  var abi: UInt32 = 0
  var compatible: [UInt32] = []

  func type(named name: String) -> TypeDeclaration? { types.first { $0.name == name } }
}

struct Import: Codable {
  var module: String
  var library: String
}

struct Location: Codable {
  var file: String
  var line: Int
  var column: Int
}

struct Documentation: Codable {
  var summary = ""
  var details: [String] = []
  var parameters: [String: String] = [:]
  var returns: String?
  var throwing: String?

  var isEmpty: Bool { summary.isEmpty && details.isEmpty }
}

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
  var documentation = Documentation()
  var location: Location
}

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

/// A type where it is used.
struct TypeReference: Codable, Equatable {
  enum Kind: String, Codable {
    case void, bool, int8, int16, int32, int64, int, uint8, uint16, uint32, uint64, uint, float,
      double
    case string, bytes, duration
    case optional, list, set, dictionary
    case record, enumeration, variant, error, object, interface
    case closure, stream
  }

  var kind: Kind
  /// The Swift name of a declared type.
  var name: String?
  /// Its name in C, without the `_t`.
  var symbol: String?
  /// What an optional, list, set, dictionary (key, value) or stream is of.
  var of: [TypeReference] = []
  /// Of a closure.
  var signature: Signature?
  /// As it is written in Swift, for the compiler.
  var swift: String

  init(
    _ kind: Kind, name: String? = nil, symbol: String? = nil, of: [TypeReference] = [],
    swift: String
  ) {
    (self.kind, self.name, self.symbol, self.of, self.swift) = (kind, name, symbol, of, swift)
  }

  static let void = TypeReference(.void, swift: "Void")

  var element: TypeReference { of[0] }

  /// Numbers of a fixed size, which C has by value.
  var isScalar: Bool {
    switch kind {
    case .bool, .int8, .int16, .int32, .int64, .int, .uint8, .uint16, .uint32, .uint64, .uint,
      .float,
      .double, .duration, .enumeration:
      true
    default: false
    }
  }

  /// What C gets as one block, by a pointer to it.
  var isBlock: Bool {
    switch kind {
    case .record, .variant, .error, .list, .set, .dictionary: true
    case .optional: element.isBlock
    default: false
    }
  }

  /// Whether NULL can say that there is none.
  var isNullable: Bool { !isScalar }
}

/// What a closure takes and gives.
struct Signature: Codable, Equatable {
  var parameters: [TypeReference]
  var names: [String]
  var result: [TypeReference]
  var isAsync: Bool
  var isThrowing: Bool
  var isEscaping: Bool
}
