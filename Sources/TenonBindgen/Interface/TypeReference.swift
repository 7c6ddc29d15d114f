/// A type where it is used.
struct TypeReference: Codable, Equatable {
  enum Kind: String, Codable {
    case void, bool, int8, int16, int32, int64, int, uint8, uint16, uint32, uint64, uint, float,
      double
    case string, bytes, duration, date, uuid, url
    case optional, list, set, dictionary
    case record, enumeration, variant, error, object, interface
    case closure, stream
  }

  var kind: Kind
  /// The Swift name of a declared type.
  var name: String?
  /// Its name in C, without the `_t`; of a closure that of the struct that C gives it in.
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

  /// The closure that it is, or that there may be.
  var closure: TypeReference? {
    let inside = kind == .optional ? element : self
    return inside.kind == .closure ? inside : nil
  }

  /// Numbers of a fixed size, which C has by value.
  var isScalar: Bool {
    switch kind {
    case .bool, .int8, .int16, .int32, .int64, .int, .uint8, .uint16, .uint32, .uint64, .uint,
      .float,
      .double, .duration, .date, .uuid, .enumeration:
      true
    default: false
    }
  }

  /// Whether C has another type for it than Swift.
  var isConvertedScalar: Bool { [.enumeration, .duration, .date, .uuid].contains(kind) }

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
