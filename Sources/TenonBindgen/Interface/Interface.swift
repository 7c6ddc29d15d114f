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
  /// What the sources import: what the types of default values may need.
  var sourceImports: [String] = []
  /// A number for the shape of all of this, and those of the releases that this one is compatible with.
  var abi: UInt32 = 0
  var compatible: [UInt32] = []

  /// The interfaces of those and of what they use, each after what it uses itself: for a printer whose output has them inside. Not
  /// in the file, as each has one of its own.
  var others: [Interface] = []

  private enum CodingKeys: CodingKey {
    case format, module, library, version, documentation, types, functions, constants, imports
    case sourceImports, abi, compatible
  }

  func type(named name: String) -> TypeDeclaration? { types.first { $0.name == name } }

  /// A declared type where it is used, and the interface that it is of: this one, or another.
  func declaration(of type: TypeReference) -> (type: TypeDeclaration, of: Interface)? {
    for interface in [self] + others {
      if let found = interface.types.first(where: { $0.symbol == type.symbol }) {
        return (found, interface)
      }
    }
    return nil
  }
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
