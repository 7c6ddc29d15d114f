/// What the types of other modules are called in the declarations of one that uses them: as there, unless there is such a name here.
struct ForeignNames {
  /// The module's file, and what is imported of it, in order.
  private(set) var imports: [(file: String, names: [String])] = []
  private var names: [String: String] = [:]

  init(_ interface: Interface, root: Interface) {
    var taken = Set(interface.types.map { JavaScriptNames.type($0.name) } + ["CallOptions"])
    var used: [TypeReference] = []
    interface.eachReference { used.append($0) }
    for type in used.sorted(by: { $0.symbol ?? "" < $1.symbol ?? "" }) {
      guard let symbol = type.symbol, names[symbol] == nil,
        let (declared, other) = interface.declaration(of: type), other.module != interface.module
      else { continue }
      let own = JavaScriptNames.type(declared.name)
      let name = taken.insert(own).inserted ? own : other.module + own
      names[symbol] = name
      let file = other.module == root.module ? "index" : other.library
      let text = name == own ? own : "\(own) as \(name)"
      if let index = imports.firstIndex(where: { $0.file == file }) {
        imports[index].names.append(text)
      } else {
        imports.append((file, [text]))
      }
    }
  }

  subscript(type: TypeReference) -> String? { names[type.symbol ?? ""] }
}

extension Interface {
  /// The declared types that are used, wherever that is.
  fileprivate func eachReference(_ body: (TypeReference) -> Void) {
    func visit(_ type: TypeReference) {
      if type.symbol != nil { body(type) }
      type.of.forEach(visit)
      guard let signature = type.signature else { return }
      (signature.parameters + signature.result).forEach(visit)
    }
    for function in functions + types.flatMap(\.functions) {
      function.parameters.map(\.type).forEach(visit)
      visit(function.result)
    }
    for field in types.flatMap({ $0.fields + $0.cases.flatMap(\.payload) }) { visit(field.type) }
  }
}
