/// Declarations of functions.
extension CPlusPlusPrinter {
  func methodName(_ function: Function) -> String {
    let prefix = (interface.owner(of: function)?.symbol ?? interface.library) + "_"
    let owner = interface.owner(of: function)
    if let owner, [.enumeration, .variant].contains(owner.kind) {
      return memberName(String(function.symbol.dropFirst(interface.library.count + 1)))
    }
    var name = memberName(
      function.symbol.hasPrefix(prefix)
        ? String(function.symbol.dropFirst(prefix.count)) : function.symbol)
    // Not what the namespace or the class has itself.
    let taken = owner == nil ? types.allNames.union(spaceNames) : []
    while taken.contains(name) { name += "_" }
    return owner?.kind == .object && ["handle", owner.map(types.short) ?? ""].contains(name)
      ? name + "_" : name
  }

  /// In a definition, beside what that has.
  func parameterName(_ parameter: Parameter) -> String {
    ["executor", "lender", "out", "error", "options", "status"].contains(parameter.symbol)
      ? parameter.symbol + "_" : parameter.symbol
  }

  /// In a declaration; none is written where the type says it all.
  func declaredName(_ parameter: Parameter, _ function: Function) -> String {
    let type = parameter.type.kind == .optional ? parameter.type.element : parameter.type
    let short = interface.types.first { $0.symbol == type.symbol }.map(types.short)
    if short == parameter.symbol, parameter.documentation.isEmpty { return "" }
    return function.isAsync && parameter.symbol == "executor" ? "executor_" : parameter.symbol
  }

  /// The parameters as C++ has them: those with a default come last.
  func parameters(_ function: Function) -> [Parameter] {
    function.parameters.filter { !hasDefault($0, function) }
      + function.parameters.filter { hasDefault($0, function) }
  }

  /// A member's default must be of a type that is complete where its class ends.
  func hasDefault(_ parameter: Parameter, _ function: Function) -> Bool {
    guard parameter.defaultValue != nil else { return false }
    guard let owner = interface.owner(of: function), [.object, .record].contains(owner.kind)
    else { return true }
    let inside = parameter.type.kind == .optional ? parameter.type.element : parameter.type
    return inside.symbol == owner.symbol || !interface.holdsObjects(parameter.type)
  }

  func resultType(_ function: Function, hidden: Set<String>) -> String {
    if function.result.kind == .stream { return types.name(function.result, hidden: hidden) }
    let result = types.name(function.result, hidden: hidden)
    return function.isAsync ? "tenon::future<\(result)>" : result
  }

  func hidden(_ function: Function) -> Set<String> {
    let owner = interface.owner(of: function)
    return Set(
      (owner.map { $0.functions.map(methodName) } ?? globalNames)
        + (owner?.fields.map(\.symbol) ?? []))
  }

  /// The default in C++; nil: it is Swift's to know, so C++ has an optional.
  func defaultValue(_ parameter: Parameter, _ hidden: Set<String>) -> String? {
    guard let value = parameter.defaultValue else { return nil }
    let type = parameter.type
    switch type.kind {
    // What is left out is Swift's to know.
    case .optional, .closure, .interface: return "{}"
    default:
      return LiteralDefault(value, of: type, in: interface).map { written($0, type, hidden) }
    }
  }

  /// A default that is a literal.
  func written(_ value: LiteralDefault, _ type: TypeReference, _ hidden: Set<String>) -> String {
    switch value {
    case .zero: return "{}"
    case .boolean(let value): return "\(value)"
    case .number(let number): return number
    case .nanoseconds(let count): return count == 0 ? "{}" : "std::chrono::nanoseconds{\(count)}"
    case .enumerationCase(let one):
      let inside = type.kind == .optional ? type.element : type
      return "\(types.name(inside, hidden: hidden))::\(memberName(one.name))"
    case .text(let text): return text
    }
  }

  func parameterText(
    _ parameter: Parameter, _ name: String, _ hidden: Set<String>, withDefault: Bool
  ) -> String {
    if parameter.defaultValue != nil, defaultValue(parameter, hidden) == nil {
      let type = "const std::optional<\(types.name(parameter.type, hidden: hidden))> &"
      return type + name + (withDefault ? " = {}" : "")
    }
    let value = withDefault ? defaultValue(parameter, hidden).map { " = \($0)" } ?? "" : ""
    return "\(types.passed(parameter.type, hidden)) \(name)".trimmed.fixed + value
  }

  mutating func declaration(_ function: Function, indent: String, suffix: String) {
    let hidden = hidden(function)
    var extra: [String] = []
    let described = function.parameters.filter { !$0.documentation.isEmpty }
    let column = described.map { declaredName($0, function).count }.max() ?? 0
    for parameter in described {
      let name = declaredName(parameter, function)
      let space = String(repeating: " ", count: column - name.count + 2)
      extra.append("@param \(name)\(space)\(phrase(linked(parameter.documentation)))")
    }
    if let returns = function.documentation.returns {
      extra.append("@returns \(phrase(linked(returns)))")
    }
    if let error = function.error,
      let type = interface.types.first(where: { $0.symbol == error.symbol })
    {
      extra.append(
        "@throws \(types.short(type)) \(type.cases.map { caseName($0, of: type) }.joined(separator: ", "))"
      )
    }
    documented(
      function.kind == .setter ? Documentation() : function.documentation, indent: indent,
      extra: extra)
    var list = receiverParameter(function)
    if function.isAsync { list.append("tenon_executor_t *executor") }
    let names = hidden.union(function.parameters.map { declaredName($0, function) })
    list += parameters(function).map {
      parameterText(
        $0, declaredName($0, function), names, withDefault: hasDefault($0, function))
    }
    let isStatic =
      function.isStatic
      && interface.owner(of: function).map { [.object, .record].contains($0.kind) } ?? false
    let isKept = function.isAsync || function.result.kind != .void
    let head =
      "\(indent)\(isKept ? "[[nodiscard]] " : "")\(isStatic ? "static " : "")\(resultType(function, hidden: hidden)) \(methodName(function))"
    text.add(call(head, list, suffix + ";"))
  }

  func receiverParameter(_ function: Function) -> [String] {
    guard !function.isStatic, let owner = interface.owner(of: function) else { return [] }
    switch owner.kind {
    case .enumeration: return ["\(types.short(owner)) self"]
    case .variant: return ["const \(types.short(owner))::any &self"]
    default: return []
    }
  }
}
