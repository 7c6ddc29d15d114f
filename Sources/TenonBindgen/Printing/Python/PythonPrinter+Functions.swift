/// Functions, methods, properties, initializers.
extension PythonPrinter {
  func argumentName(_ parameter: Parameter) -> String {
    pythonName(parameter.label ?? parameter.name)
  }

  /// `a: int, /, *, limit: int = 10`
  func parameters(of function: Function) -> [String] {
    var result: [String] = []
    var isPositional = true
    var isKeyword = false
    for parameter in function.parameters {
      let value = defaultValue(parameter)
      if isPositional, parameter.label != nil || value != nil {
        if !result.isEmpty { result.append("/") }
        isPositional = false
      }
      if value != nil, !isKeyword {
        result.append("*")
        isKeyword = true
      }
      if value == nil, isKeyword == false || parameter.label != nil {
        result.append("\(argumentName(parameter)): \(types.text(parameter.type, .given))")
      } else {
        var type = types.text(parameter.type, .given)
        if value == "None", !type.hasSuffix("| None") {
          type = (parameter.type.kind == .closure ? "\(type)" : type) + " | None"
        }
        result.append("\(argumentName(parameter)): \(type)" + (value.map { " = \($0)" } ?? ""))
      }
    }
    if isPositional, !result.isEmpty { result.append("/") }
    return result
  }

  /// None: Swift's own default, where there is an option to leave out.
  private func defaultValue(_ parameter: Parameter) -> String? {
    guard parameter.defaultValue != nil else { return nil }
    return types.defaultValue(parameter.defaultValue, parameter.type)
      ?? (parameter.isOption ? "None" : nil)
  }

  func result(of function: Function) -> String { types.text(function.result, .taken) }

  mutating func function(_ function: Function, of owner: TypeDeclaration?, _ indent: String) {
    switch function.kind {
    case .getter where !function.isAsync && !function.isStatic:
      return property(function, owner, indent)
    case .setter where !function.isStatic: return
    case .initializer where isConstructor(function, of: owner):
      return constructor(function, owner, indent)
    default: break
    }
    let isMethod = owner != nil && !function.isStatic
    if owner != nil, !isMethod { text.line("\(indent)@\(types.builtin("staticmethod"))") }
    let isAwaited = function.isAsync && function.result.kind != .stream
    header(
      (isAwaited ? "async " : "") + "def " + name(of: function, in: owner),
      (isMethod ? ["self"] : []) + parameters(of: function), result(of: function), indent)
    body(function, owner, indent, isAwaited: isAwaited)
  }

  func name(of function: Function, in owner: TypeDeclaration?) -> String {
    var name = local(function.symbol, in: owner)
    if function.kind == .getter, name.hasPrefix("get_") { name.removeFirst(4) }
    return pythonName(name)
  }

  private mutating func header(
    _ head: String, _ parameters: [String], _ result: String, _ indent: String
  ) {
    let line = "\(indent)\(head)(\(parameters.joined(separator: ", "))) -> \(result):"
    if line.count <= 110 { return text.line(line) }
    text.line("\(indent)\(head)(")
    for parameter in parameters { text.line("\(indent)    \(parameter),") }
    text.line("\(indent)) -> \(result):")
  }

  private mutating func body(
    _ function: Function, _ owner: TypeDeclaration?, _ indent: String, isAwaited: Bool
  ) {
    let before = text.lines.count
    docstring(of: function, indent + "    ")
    if isStub {
      if text.lines.count == before { text.append(" ...") }
    } else {
      let isVoid = function.result.kind == .void
      let call = "\(privateName(function))(\(arguments(function, owner)))"
      text.line(
        "\(indent)    \(isVoid ? "" : "return ")\(isAwaited ? "await " : "")\(call)")
    }
    text.line()
  }

  private func arguments(_ function: Function, _ owner: TypeDeclaration?) -> String {
    let own = owner != nil && !function.isStatic ? ["self"] : []
    return (own + function.parameters.map(argumentName)).joined(separator: ", ")
  }

  /// What the function itself is called in the package.
  func privateName(_ function: Function) -> String { "_f_" + local(function.symbol, in: nil) }

  private mutating func property(
    _ function: Function, _ owner: TypeDeclaration?, _ indent: String
  ) {
    let name = name(of: function, in: owner)
    text.line("\(indent)@\(types.builtin("property"))")
    header("def \(name)", ["self"], result(of: function), indent)
    body(function, owner, indent, isAwaited: false)
    let setter = owner?.functions.first { $0.kind == .setter && $0.name == function.name }
    guard let setter, !setter.isAsync else { return }
    text.line("\(indent)@\(name).setter")
    let value = types.text(setter.parameters[0].type, .given)
    header("def \(name)", ["self", "value: \(value)"], "None", indent)
    if isStub {
      text.append(" ...")
    } else {
      text.line("\(indent)    \(privateName(setter))(self, value)")
    }
    text.line()
  }

  // MARK: Constructors

  /// The first initializer that always gives an object, and at once, makes the class callable.
  func isConstructor(_ function: Function, of owner: TypeDeclaration?) -> Bool {
    guard let owner, owner.kind == .object else { return false }
    let first = owner.functions.first {
      $0.kind == .initializer && !$0.isAsync && $0.result.kind == .object
    }
    return first?.symbol == function.symbol
  }

  private mutating func constructor(
    _ function: Function, _ owner: TypeDeclaration?, _ indent: String
  ) {
    let given = parameters(of: function)
    if isStub {
      header("def __init__", ["self"] + given, "None", indent)
    } else {
      header("def __new__", ["cls"] + given, pythonClass(owner?.name ?? ""), indent)
    }
    body(function, nil, indent, isAwaited: false)
  }
}
