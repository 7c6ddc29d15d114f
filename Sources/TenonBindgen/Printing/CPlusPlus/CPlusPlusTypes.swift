// How types look in C++.

struct CPlusPlusTypes {
  let interface: Interface
  let imported: [Import]
  /// What each declared type is called in the namespace, by its symbol; and all of these.
  private let shortNames: [String: String]
  let allNames: Set<String>

  init(interface: Interface, imported: [Import]) {
    self.interface = interface
    self.imported = imported
    let prefix = interface.library + "_"
    let names = interface.types.map { type in
      let own = type.symbol.hasPrefix(prefix)
      let name = memberName(own ? String(type.symbol.dropFirst(prefix.count)) : type.symbol)
      return (type.symbol, spaceNames.contains(name) ? name + "_" : name)
    }
    shortNames = Dictionary(names) { first, _ in first }
    allNames = Set(names.map(\.1))
  }

  /// The name in C++; qualified where a member of the same name hides it.
  func name(_ type: TypeReference, hidden: Set<String> = []) -> String {
    switch type.kind {
    case .void: return "void"
    case .bool: return "bool"
    case .int: return "std::int64_t"
    case .uint: return "std::uint64_t"
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64:
      return "std::\(type.kind.rawValue)_t"
    case .float, .double: return type.kind.rawValue
    case .string, .url: return "std::string"
    case .bytes: return "std::vector<std::byte>"
    case .duration: return "std::chrono::nanoseconds"
    case .date: return "std::chrono::sys_time<std::chrono::nanoseconds>"
    case .uuid: return "std::array<std::byte, 16>"
    case .optional: return "std::optional<\(name(type.element, hidden: hidden))>"
    case .list: return "std::vector<\(name(type.element, hidden: hidden))>"
    case .set: return "std::set<\(name(type.element, hidden: hidden))>"
    case .dictionary:
      return
        "std::map<\(name(type.of[0], hidden: hidden)), \(name(type.of[1], hidden: hidden))>"
    case .stream: return "tenon::stream<\(name(type.element, hidden: hidden))>"
    case .record, .enumeration, .variant, .error, .object, .interface:
      return declared(type, hidden)
    case .closure: return function(type, hidden)
    }
  }

  private func declared(_ type: TypeReference, _ hidden: Set<String>) -> String {
    let symbol = type.symbol ?? ""
    if let own = interface.types.first(where: { $0.symbol == symbol }) {
      let short = self.short(own)
      let qualified = hidden.contains(short) ? "\(space)::\(short)" : short
      switch type.kind {
      case .variant: return qualified + "::any"
      case .error: return qualified + "::variant"
      case .interface: return "std::shared_ptr<\(qualified)>"
      default: return qualified
      }
    }
    let other = imported.first { symbol == $0.library || symbol.hasPrefix($0.library + "_") }
    let library = other?.library ?? ""
    let last = symbol == library ? symbol : memberName(String(symbol.dropFirst(library.count + 1)))
    let short = spaceNames.contains(last) ? last + "_" : last
    return "\(library)::\(short)" + (type.kind == .variant ? "::any" : "")
  }

  /// The namespace, where a type of the same name may hide it.
  var space: String { (allNames.contains(interface.library) ? "::" : "") + interface.library }

  /// What a declared type is called in the namespace.
  func short(_ type: TypeDeclaration) -> String { shortNames[type.symbol] ?? type.symbol }

  private func function(_ type: TypeReference, _ hidden: Set<String>) -> String {
    guard let signature = type.signature else { return "" }
    let result = name(signature.result[0], hidden: hidden)
    let parameters = signature.parameters.map { passed($0, hidden) }.joined(separator: ", ")
    return
      "std::function<\(signature.isAsync ? "tenon::future<\(result)>" : result)(\(parameters))>"
  }

  /// How a parameter is passed.
  func passed(_ type: TypeReference, _ hidden: Set<String> = []) -> String {
    let name = name(type, hidden: hidden)
    if type.isScalar || type.kind == .optional && type.element.isScalar { return name }
    if [.closure, .interface, .stream].contains(type.kind) { return name }
    if type.kind == .optional, [.closure, .interface].contains(type.element.kind) {
      return self.name(type.element, hidden: hidden)
    }
    return "const \(name) &"
  }
}
