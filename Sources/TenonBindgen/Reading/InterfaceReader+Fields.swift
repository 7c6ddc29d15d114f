import SwiftSyntax

/// What is in a type.
extension InterfaceReader {
  func readContent(of type: DeclaredType, into result: inout TypeDeclaration) {
    let members = declarations.members[type.name] ?? []
    switch result.kind {
    case .record: readFields(of: type, members, &result)
    case .enumeration, .variant, .error: readCases(of: type, members, &result)
    case .interface:
      for member in members { readRequirement(member, of: type, &result) }
      if result.functions.isEmpty, !diagnostics.hasErrors {
        diagnostics.error(
          result.location, "\(type.name) requires no function; declare what C implements")
      }
      return
    case .object: break
    }
    var initializers = 0
    for member in members {
      read(member, of: (type, result), &result.functions, &result.constants, &initializers)
    }
  }

  func readFields(
    of type: DeclaredType, _ members: [Member], _ result: inout TypeDeclaration
  ) {
    for member in members {
      guard let variable = member.node.as(VariableDeclSyntax.self), !isStatic(variable.modifiers)
      else { continue }
      for binding in variable.bindings where !isComputed(binding) {
        diagnostics.attempt {
          if let field = try readField(variable, binding, member, type) {
            result.fields.append(field)
          }
        }
      }
    }
    if result.fields.isEmpty, !diagnostics.hasErrors {
      diagnostics.error(
        result.location, "\(type.name) has no stored property; give it one, or make it a class")
    }
    checkMemberwise(type, members, result)
  }

  func readField(
    _ variable: VariableDeclSyntax, _ binding: PatternBindingSyntax, _ member: Member,
    _ type: DeclaredType
  ) throws -> Field? {
    let location = member.file.location(binding)
    func fail(_ message: String) -> Diagnostic { Diagnostic(location: location, message: message) }
    guard
      let name = binding.pattern.as(IdentifierPatternSyntax.self)?.identifier.text.filter({
        $0 != "`"
      })
    else {
      throw fail("a tuple cannot cross; declare each property by itself")
    }
    if variable.modifiers.contains(where: {
      ["private", "fileprivate"].contains($0.name.text) && $0.detail == nil
    }) {
      throw fail(
        "C makes a \(type.name) of all its stored properties, so \(name) cannot be private; make it public, or make \(type.lastName) a class"
      )
    }
    if variable.modifiers.contains(where: { ["lazy", "weak", "unowned"].contains($0.name.text) }) {
      throw fail("a lazy, weak or unowned property cannot cross; store the value")
    }
    if variable.attributes.contains(where: { if case .attribute = $0 { true } else { false } }),
      declarations.export(variable.attributes, member.file) == nil
    {
      throw fail("a property with a wrapper cannot cross; store the value itself")
    }
    if variable.bindingSpecifier.text == "let", binding.initializer != nil {
      throw fail("\(name) never changes; make it static let, or var")
    }
    let reference: TypeReference
    if let annotation = binding.typeAnnotation {
      reference = try types.read(annotation.type, in: type.name, member.file, .value)
    } else if let inferred = binding.initializer.flatMap({
      literalType($0.value) ?? types.inferred($0.value, in: type.name, member.file)
    }) {
      reference = inferred
    } else {
      throw fail("the type of \(name) is not written here; write it: var \(name): …")
    }
    if reference.kind == .void { throw fail("\(name) holds nothing; leave it out") }
    return Field(
      name: name, symbol: memberName(name), type: reference,
      documentation: readDocumentation(variable.leadingTrivia),
      defaultValue: binding.initializer?.value.trimmedDescription
        ?? (reference.kind == .optional ? "nil" : nil),
      location: location)
  }

  /// C's struct becomes Swift's by the initializer that has all fields.
  func checkMemberwise(_ type: DeclaredType, _ members: [Member], _ result: TypeDeclaration) {
    let own = members.compactMap { member -> InitializerDeclSyntax? in
      guard let node = member.node.as(InitializerDeclSyntax.self),
        node.parent?.parent?.parent?.parent?.id == Syntax(type.node).id
      else { return nil }
      return node
    }
    guard !own.isEmpty else { return }
    let labels = result.fields.map(\.name)
    let fits = own.contains { node in
      node.signature.parameterClause.parameters.map { $0.firstName.text.filter { $0 != "`" } }
        == labels
        && node.signature.effectSpecifiers?.throwsClause == nil && node.optionalMark == nil
        && node.signature.effectSpecifiers?.asyncSpecifier == nil
    }
    if !fits, let first = own.first {
      diagnostics.error(
        type.file.location(first),
        "with an init of its own \(type.name) has none for all fields; move it to an extension, or write init(\(labels.map { $0 + ":" }.joined()))"
      )
    }
  }
}
