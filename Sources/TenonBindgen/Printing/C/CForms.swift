// How types look in C: names, sizes, alignments.

/// How a type stands in a struct.
struct CForm: Equatable {
  var type: String
  var size: Int
  var alignment: Int
}

/// A type that C needs besides those that are declared: a list, an optional, a map.
struct DerivedType: Equatable {
  enum Kind: Equatable { case list, optional, map }
  var kind: Kind
  var name: String
  /// Of a map: key and value.
  var parts: [CForm]
}

struct CForms {
  let library: String

  // MARK: Names

  /// What a type is called inside of other names.
  func stem(_ type: TypeReference) -> String {
    switch type.kind {
    case .int: "int64"
    case .uint: "uint64"
    case .duration, .date: "int64"
    case .url: "string"
    case .optional: "optional_" + stem(type.element)
    case .list, .set: stem(type.element) + "_list"
    case .dictionary:
      type.of[0].kind == .string
        ? stem(type.of[1]) + "_map" : "\(stem(type.of[1]))_by_\(stem(type.of[0]))_map"
    case .record, .enumeration, .variant, .error, .object, .interface: local(type.symbol ?? "")
    default: type.kind.rawValue
    }
  }

  /// A C name without the library's prefix.
  func local(_ symbol: String) -> String {
    symbol.hasPrefix(library + "_") ? String(symbol.dropFirst(library.count + 1)) : symbol
  }

  /// Whether tenon/record.h has the lists and optionals of it.
  private func isPlain(_ type: TypeReference) -> Bool {
    type.isScalar && type.kind != .enumeration || [.string, .url, .bytes].contains(type.kind)
  }

  func scalar(_ type: TypeReference) -> String {
    switch type.kind {
    case .bool: "bool"
    case .int8: "int8_t"
    case .int16: "int16_t"
    case .int32: "int32_t"
    case .int64, .int, .duration, .date: "int64_t"
    case .uuid: "tenon_uuid_t"
    case .uint8: "uint8_t"
    case .uint16: "uint16_t"
    case .uint32: "uint32_t"
    case .uint64, .uint: "uint64_t"
    case .float: "float"
    case .double: "double"
    default: "\(type.symbol ?? "")_t"
    }
  }

  func scalarSize(_ type: TypeReference) -> Int {
    switch type.kind {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float, .enumeration: 4
    case .uuid: 16
    default: 8
    }
  }

  func scalarAlignment(_ type: TypeReference) -> Int { type.kind == .uuid ? 1 : scalarSize(type) }

  /// The name of a block's type, without the `_t`.
  func block(_ type: TypeReference) -> String {
    switch type.kind {
    case .optional: block(type.element)
    case .list, .set: (isPlain(type.element) ? "tenon" : library) + "_" + stem(type)
    case .dictionary: library + "_" + stem(type)
    default: type.symbol ?? ""
    }
  }

  /// What the functions of a block begin with: always the library's.
  func blockPrefix(_ type: TypeReference) -> String {
    switch type.kind {
    case .optional: return blockPrefix(type.element)
    case .list, .set, .dictionary: return library + "_" + stem(type)
    default:
      let symbol = type.symbol ?? ""
      return symbol == library || symbol.hasPrefix(library + "_") ? symbol : library + "_" + symbol
    }
  }

  // MARK: In a struct

  func field(_ type: TypeReference) -> CForm {
    switch type.kind {
    case .string, .url: CForm(type: "tenon_string_t ", size: 16, alignment: 8)
    case .bytes: CForm(type: "tenon_bytes_t ", size: 16, alignment: 8)
    case .list, .set, .dictionary: CForm(type: block(type) + "_t ", size: 16, alignment: 8)
    case .record, .variant, .error:
      CForm(type: "const \(type.symbol ?? "")_t *", size: 8, alignment: 8)
    case .object: CForm(type: "\(type.symbol ?? "")_t *", size: 8, alignment: 8)
    case .interface: CForm(type: "const \(type.symbol ?? "")_t *", size: 8, alignment: 8)
    case .optional:
      type.element.isScalar
        ? CForm(
          type: (isPlain(type.element) ? "tenon_" : library + "_") + stem(type) + "_t ",
          size: scalarAlignment(type.element) + scalarSize(type.element),
          alignment: scalarAlignment(type.element))
        : field(type.element)
    default:
      CForm(
        type: scalar(type) + " ", size: scalarSize(type), alignment: scalarAlignment(type))
    }
  }

  /// The types that have to be declared before a struct can have such a field, the innermost first.
  func derived(_ type: TypeReference) -> [DerivedType] {
    var result = type.of.flatMap(derived)
    switch type.kind {
    case .list, .set:
      if !isPlain(type.element) {
        result.append(DerivedType(kind: .list, name: block(type), parts: [field(type.element)]))
      }
    case .optional:
      if type.element.isScalar, !isPlain(type.element) {
        result.append(
          DerivedType(
            kind: .optional, name: library + "_" + stem(type), parts: [field(type.element)]))
      }
    case .dictionary:
      result.append(DerivedType(kind: .map, name: block(type), parts: type.of.map(field)))
    default: break
    }
    return result
  }

  // MARK: Layout

  /// Sets the offsets of a struct's fields from `start` on; returns where the next would be, and the alignment.
  func lay(_ fields: inout [Field], from start: Int) -> (end: Int, alignment: Int) {
    var (at, alignment) = (start, 1)
    for index in fields.indices {
      let form = field(fields[index].type)
      at = aligned(at, form.alignment)
      fields[index].offset = at
      at += form.size
      alignment = max(alignment, form.alignment)
    }
    return (at, alignment)
  }

  func lay(_ type: inout TypeDeclaration) {
    switch type.kind {
    case .record:
      type.size = aligned(lay(&type.fields, from: 8).end, 8)
    case .variant, .error:
      var alignment = 1
      for one in type.cases {
        for field in one.payload { alignment = max(alignment, self.field(field.type).alignment) }
      }
      let start = aligned(12, alignment)
      var end = 12
      for index in type.cases.indices where !type.cases[index].payload.isEmpty {
        let (last, own) = lay(&type.cases[index].payload, from: start)
        end = max(end, aligned(last, own))
      }
      type.size = aligned(end, 8)
    case .enumeration: type.size = 4
    case .object, .interface: type.size = 0
    }
    type.smallestSize = type.size
  }
}

func aligned(_ size: Int, _ alignment: Int) -> Int {
  (size + alignment - 1) / alignment * alignment
}

extension TypeDeclaration {
  /// Where the union of a variant or an error begins.
  var unionOffset: Int { cases.flatMap(\.payload).map(\.offset).min() ?? 12 }
  var hasPayload: Bool { cases.contains { !$0.payload.isEmpty } }
}
