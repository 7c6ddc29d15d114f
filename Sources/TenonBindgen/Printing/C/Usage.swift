/// What the functions need: which blocks and objects C takes out of futures, streams and calls, or gives to Swift.
struct Usage {
  /// A type that C takes out of something, or makes a value of.
  struct Use {
    var type: TypeReference
    var isTaken = false
    var isItem = false
    var isMade = false
    /// Whether C has to free it.
    var isGiven = false
  }

  private(set) var order: [String] = []
  private(set) var uses: [String: Use] = [:]
  /// The closures by the name of their struct, in order.
  private(set) var closures: [(name: String, type: TypeReference, documentation: String)] = []
  let forms: CForms

  init(_ interface: Interface) {
    forms = CForms(library: interface.library)
    let all = interface.allFunctions
    for function in all { add(function) }
    for type in interface.types where type.kind == .interface {
      for function in type.functions { addGiven(function.result) }
    }
    for function in all {
      for parameter in function.parameters {
        guard let closure = parameter.type.closure, let name = closure.symbol,
          !closures.contains(where: { $0.name == name })
        else { continue }
        closures.append((name, closure, parameter.documentation))
      }
    }
  }

  private mutating func note(_ type: TypeReference, _ change: (inout Use) -> Void) {
    let inside = type.kind == .optional ? type.element : type
    guard inside.isBlock || inside.kind == .object else { return }
    let key = forms.blockPrefix(inside)
    if uses[key] == nil {
      uses[key] = Use(type: inside)
      order.append(key)
    }
    change(&uses[key]!)
  }

  private mutating func add(_ function: Function) {
    if function.result.kind == .stream {
      note(function.result.element) { ($0.isItem, $0.isGiven) = (true, true) }
    } else {
      note(function.result) {
        $0.isGiven = true
        if function.isAsync { ($0.isTaken, $0.isItem) = (true, true) }
      }
    }
    for parameter in function.parameters {
      if parameter.type.kind == .stream { addGiven(parameter.type.element) }
      let inside = parameter.type.kind == .optional ? parameter.type.element : parameter.type
      if let signature = inside.signature { for type in signature.result { addGiven(type) } }
    }
  }

  private mutating func addGiven(_ type: TypeReference) { note(type) { $0.isMade = true } }
}

extension Interface {
  /// The functions that C calls: all but those that it implements.
  var allFunctions: [Function] {
    functions + types.filter { $0.kind != .interface }.flatMap(\.functions)
  }

  func owner(of function: Function) -> TypeDeclaration? {
    types.first { type in
      type.kind != .interface && type.functions.contains { $0.symbol == function.symbol }
    }
  }
}
