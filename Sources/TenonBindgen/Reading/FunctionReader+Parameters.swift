import SwiftSyntax

extension FunctionReader {
  func readParameter(_ node: FunctionParameterSyntax, _ file: SourceFile) throws
    -> Parameter
  {
    let location = file.location(node)
    let label = node.firstName.text.filter { $0 != "`" }
    let name = (node.secondName ?? node.firstName).text.filter { $0 != "`" }
    if node.ellipsis != nil {
      throw Diagnostic(
        location: location, message: "a variadic parameter cannot cross; take an array")
    }
    let type = try types.read(node.type, in: scope, file, .parameter)
    if type.kind == .void {
      throw Diagnostic(location: location, message: "\(name) holds nothing; leave it out")
    }
    var parameter = Parameter(
      label: label == "_" ? nil : label, name: name,
      symbol: memberName(name == "_" ? "value" : name), type: type,
      location: location)
    guard let value = node.defaultValue?.value else { return parameter }
    if value.is(MacroExpansionExprSyntax.self) {
      throw Diagnostic(
        location: file.location(value),
        message:
          "\(value.trimmedDescription) means nothing to a caller in C; leave the default out, or write a value"
      )
    }
    if value.tokens(viewMode: .sourceAccurate).contains(where: {
      ["self", "await", "try"].contains($0.text)
    }) {
      throw Diagnostic(
        location: file.location(value),
        message:
          "a default that is computed cannot cross; write a value, or nil and compute it inside")
    }
    parameter.defaultValue = value.trimmedDescription
    parameter.isOption = !isZero(value, type)
    if parameter.isOption, type.kind == .optional {
      if type.element.kind == .closure { return parameter }
      throw Diagnostic(
        location: file.location(value),
        message: "C cannot tell nil from the default here; make nil the default")
    }
    if type.kind == .stream {
      throw Diagnostic(
        location: file.location(value), message: "a stream has no default; leave it out")
    }
    return parameter
  }

  /// Whether the default is what C has when it gives nothing: zero, NULL or an empty list.
  func isZero(_ value: ExprSyntax, _ type: TypeReference) -> Bool {
    let text = value.trimmedDescription
    switch type.kind {
    case .bool: return text == "false"
    case .optional: return text == "nil" && type.element.kind != .closure
    case .float, .double: return Double(text) == 0
    case .list, .set, .bytes: return text == "[]"
    case .dictionary: return text == "[:]"
    case .duration: return text == ".zero"
    case .enumeration:
      guard let name = type.name, text.hasPrefix(".") || text.hasPrefix(name + ".") else {
        return false
      }
      let last = text.split(separator: ".").last.map(String.init) ?? ""
      return zeroCase(of: name) == last
    default: return type.isScalar && integer(value) == 0
    }
  }

  func zeroCase(of name: String) -> String? {
    guard let type = types.declarations.types[name] else { return nil }
    var next: Int64 = 0
    for member in types.declarations.members[name] ?? [] {
      for element in member.node.as(EnumCaseDeclSyntax.self)?.elements ?? [] {
        if let raw = element.rawValue?.value, !type.inherits("String") {
          next = integer(raw) ?? next
        }
        if next == 0 { return element.name.text }
        next += 1
      }
    }
    return nil
  }
}
