/// What the types of other modules are called in the declarations of one that uses them: as there, unless there is such a name here.
struct ForeignNames {
  /// A type, its name in its own module, and the one here.
  typealias Name = (symbol: String, own: String, here: String)
  /// The modules, and what is imported of each, in order.
  private(set) var imports: [(module: Interface, names: [Name])] = []
  private var names: [String: String] = [:]

  /// `taken` is what has a meaning here, `call` gives a type's name in the language.
  init(_ interface: Interface, taken: [String], call: (String) -> String) {
    var taken = Set(interface.types.map { call($0.name) } + taken)
    var used: [TypeReference] = []
    interface.eachReference { used.append($0) }
    for type in used.sorted(by: { $0.symbol ?? "" < $1.symbol ?? "" }) {
      guard let symbol = type.symbol, names[symbol] == nil,
        let (declared, other) = interface.declaration(of: type), other.module != interface.module
      else { continue }
      let own = call(declared.name)
      let name = taken.insert(own).inserted ? own : other.module + own
      names[symbol] = name
      if let index = imports.firstIndex(where: { $0.module.module == other.module }) {
        imports[index].names.append((symbol, own, name))
      } else {
        imports.append((other, [(symbol, own, name)]))
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
