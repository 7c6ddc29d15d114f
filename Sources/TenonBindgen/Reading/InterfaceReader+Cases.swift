import SwiftSyntax

/// The cases of enums, and what they are numbered.
extension InterfaceReader {
  func readCases(
    of type: DeclaredType, _ members: [Member], _ result: inout TypeDeclaration
  ) {
    let isText = type.inherits("String")
    let isRaw = type.inherited.contains { rawTypes.contains($0) }
    if type.inherits("Character", "Double", "Float"), !isText {
      diagnostics.error(
        result.location, "raw values of this type cannot cross; write Int32 or String")
      return
    }
    var next: Int64 = result.kind == .error && !isRaw ? 1 : 0
    for member in members {
      guard let node = member.node.as(EnumCaseDeclSyntax.self) else { continue }
      for element in node.elements {
        diagnostics.attempt {
          var number = next
          var text: String?
          if let raw = element.rawValue?.value {
            if let literal = raw.as(StringLiteralExprSyntax.self) {
              text = literal.representedLiteralValue
            } else if let value = integer(raw) {
              number = value
            } else {
              throw Diagnostic(
                location: member.file.location(raw),
                message: "this raw value cannot cross; write a number or a text")
            }
          }
          let name = element.name.text.filter { $0 != "`" }
          if !isRaw, let locked = lock?.number(ofCase: name, in: type.name) {
            number = Int64(locked)
          }
          guard let small = Int32(exactly: number) else {
            throw Diagnostic(
              location: member.file.location(element),
              message: "\(number) is too large; a case's number has 32 bits")
          }
          next = number + 1
          var one = Case(
            name: name, symbol: snakeCase(name), number: small, text: text ?? (isText ? name : nil),
            documentation: readDocumentation(node.leadingTrivia),
            location: member.file.location(element))
          one.payload = try readPayload(element, member, type)
          result.cases.append(one)
        }
      }
    }
    if !isRaw, let lock { assignNewNumbers(&result, lock) }
    if result.cases.isEmpty, !diagnostics.hasErrors {
      diagnostics.error(
        result.location, "\(type.name) has no case; give it one, or leave @Export out")
    }
  }

  /// New cases come after all that a release has numbered, wherever they stand.
  func assignNewNumbers(_ result: inout TypeDeclaration, _ lock: Lock) {
    guard let top = lock.largestNumber(in: result.name) else { return }
    var next = top + 1
    for index in result.cases.indices
    where lock.number(ofCase: result.cases[index].name, in: result.name) == nil {
      result.cases[index].number = next
      next += 1
    }
  }

  func readPayload(_ element: EnumCaseElementSyntax, _ member: Member, _ type: DeclaredType)
    throws -> [Field]
  {
    var fields: [Field] = []
    for parameter in element.parameterClause?.parameters ?? [] {
      if type.node.modifiers.contains(where: { $0.name.text == "indirect" }) {
        throw Diagnostic(
          location: member.file.location(element),
          message: "an indirect case cannot cross; write a list of its parts")
      }
      let reference = try types.read(parameter.type, in: type.name, member.file, .value)
      let name = parameter.firstName?.text.filter { $0 != "`" } ?? ""
      let count = element.parameterClause?.parameters.count ?? 0
      fields.append(
        Field(
          name: name == "_" ? "" : name,
          symbol: name.isEmpty || name == "_"
            ? (count == 1 ? memberName(element.name.text) : "value\(fields.count)")
            : memberName(name),
          type: reference, location: member.file.location(parameter)))
    }
    return fields
  }
}
