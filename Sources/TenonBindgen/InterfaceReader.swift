import SwiftSyntax

/// Makes the interface of what the declarations export.
final class InterfaceReader {
  let declarations: Declarations
  let diagnostics: Diagnostics
  let imported: [Interface]
  let lock: Lock?
  private(set) var interface: Interface
  private var types: TypeReader

  init(
    _ declarations: Declarations, module: String, library: String, version: String,
    imported: [Interface], lock: Lock?
  ) {
    self.declarations = declarations
    self.imported = imported
    self.lock = lock
    diagnostics = declarations.diagnostics
    interface = Interface(module: module, library: library, version: version)
    types = TypeReader(
      declarations: declarations, interface: interface, imported: imported, symbols: [:])
  }

  func read() -> Interface {
    for file in declarations.files { MisplacedExports(file, diagnostics).walk(file.tree) }
    let exported = declarations.order.filter { $0.export != nil }
    interface.types = exported.compactMap { type in diagnostics.attempt { try declare(type) } }
    nameErrors()
    types = TypeReader(
      declarations: declarations, interface: interface, imported: imported,
      symbols: Dictionary(
        uniqueKeysWithValues: interface.types.map { ($0.name, ($0.kind, $0.symbol)) }))
    for index in interface.types.indices {
      guard let type = declarations.types[interface.types[index].name] else { continue }
      var content = interface.types[index]
      readContent(of: type, into: &content)
      interface.types[index] = content
    }
    var (functions, constants, initializers): ([Function], [Constant], Int) = ([], [], 0)
    for member in declarations.globals {
      read(member, of: nil, &functions, &constants, &initializers)
    }
    (interface.functions, interface.constants) = (functions, constants)
    for (name, members) in declarations.members where interface.type(named: name) == nil {
      for member in members where isExported(member) {
        diagnostics.error(
          member.file.location(member.node),
          "\(name) is not exported; put @Export on its declaration, too")
      }
    }
    interface.imports = imported.map { Import(module: $0.module, library: $0.library) }
    return interface
  }

  private func isExported(_ member: Member) -> Bool {
    (member.node.asProtocol((any WithAttributesSyntax).self)).map {
      declarations.export($0.attributes, member.file) != nil
    } ?? false
  }

  // MARK: Types

  private func declare(_ type: DeclaredType) throws -> TypeDeclaration {
    func fail(_ message: String) -> Diagnostic {
      Diagnostic(location: type.file.location(type.node), message: message)
    }
    if let generic = type.node.asProtocol((any WithGenericParametersSyntax).self)?
      .genericParameterClause
    {
      throw Diagnostic(
        location: type.file.location(generic),
        message: "a generic type cannot cross; export one for each type that it is used with")
    }
    if type.node.as(ProtocolDeclSyntax.self)?.primaryAssociatedTypeClause != nil {
      throw fail("a protocol with associated types cannot cross; write the types that they are")
    }
    if let modifier = type.node.modifiers.first(where: {
      ["private", "fileprivate"].contains($0.name.text)
    }) {
      throw Diagnostic(
        location: type.file.location(modifier),
        message: "what is \(modifier.name.text) cannot be exported; write public, or nothing")
    }
    let kind = try kind(of: type, fail)
    let scope = type.name.split(separator: ".").dropLast().joined(separator: ".")
    if kind != .object, kind != .interface, !isSendable(type) {
      throw fail(
        "\(type.name) crosses between threads, so it must be Sendable; write \(keyword(type)) \(type.lastName): Sendable"
      )
    }
    if kind == .object, !isSendable(type) {
      throw fail(
        "objects of \(type.name) are used from any thread, so it must be Sendable; make it an actor, or a final class: Sendable"
      )
    }
    if kind == .interface, !type.inherits("Sendable", "Actor") {
      throw fail(
        "what implements \(type.name) is used from any thread; write protocol \(type.lastName): Sendable"
      )
    }
    if type.node.as(EnumDeclSyntax.self) != nil, kind == .error, type.inherits("DescribedError") {
      throw fail(
        "@Export makes the domain, code and message of \(type.name); write Error instead of DescribedError"
      )
    }
    let last = type.export?.name ?? snakeCase(type.lastName)
    let parents = scope.isEmpty ? [] : scope.split(separator: ".").map { snakeCase(String($0)) }
    let symbol = ([interface.library] + parents + [last]).joined(separator: "_")
    var result = TypeDeclaration(
      kind: kind, name: type.name, symbol: symbol,
      documentation: readDocumentation(type.node.leadingTrivia),
      location: type.file.location(type.node))
    result.location = type.file.location(nameToken(type))
    result.isActor = type.isActor
    if kind == .object {
      result.superclass = type.inherited.first {
        declarations.types[$0].map { $0.export != nil && $0.isClass } ?? false
      }
    }
    result.isSendable = true
    return result
  }

  private func nameToken(_ type: DeclaredType) -> TokenSyntax {
    type.node.asProtocol((any NamedDeclSyntax).self)?.name ?? type.node.introducer
  }

  private func keyword(_ type: DeclaredType) -> String { type.node.introducer.text }

  private func isSendable(_ type: DeclaredType) -> Bool {
    if type.isActor
      || type.inherits("Sendable", "Error", "LocalizedError", "DescribedError", "CancellationError")
    {
      return true
    }
    if isGlobalActor(type.node.attributes) { return true }
    if type.isClass {
      return type.inherited.contains { name in declarations.types[name].map(isSendable) ?? false }
    }
    // The compiler sees itself that these are, and says so if not.
    return !type.isPublic
  }

  private func isGlobalActor(_ attributes: AttributeListSyntax) -> Bool {
    attributes.contains {
      if case .attribute(let node) = $0 {
        let name = node.attributeName.trimmedDescription
        return name == "MainActor" || declarations.types[name]?.isActor == true
      }
      return false
    }
  }

  private func kind(of type: DeclaredType, _ fail: (String) -> Diagnostic) throws
    -> TypeDeclaration.Kind
  {
    if type.node.is(StructDeclSyntax.self) {
      if type.inherits("Error") {
        throw fail(
          "an error is an enum here; write enum \(type.lastName): Error with a case for each thing that can be wrong"
        )
      }
      if type.inherits("~Copyable") {
        throw fail("what cannot be copied cannot cross; write a class")
      }
      return .record
    }
    if type.node.is(ActorDeclSyntax.self) || type.node.is(ClassDeclSyntax.self) { return .object }
    if type.node.is(ProtocolDeclSyntax.self) { return .interface }
    if type.inherits("~Copyable") {
      throw fail("what cannot be copied cannot cross; write a class")
    }
    if type.inherits("Error", "LocalizedError", "DescribedError") { return .error }
    let cases = (declarations.members[type.name] ?? []).compactMap {
      $0.node.as(EnumCaseDeclSyntax.self)
    }
    return cases.contains { $0.elements.contains { $0.parameterClause != nil } }
      ? .variant : .enumeration
  }

  /// The only error of a module is its error. A release that has named it so keeps the name.
  private func nameErrors() {
    let errors = interface.types.indices.filter { interface.types[$0].kind == .error }
    for index in errors {
      let type = interface.types[index]
      interface.types[index].domain = "\(interface.library).\(type.name)"
      let short = "\(interface.library)_error"
      let isFree = !interface.types.contains { $0.symbol == short }
      let isLocked = lock?.symbol(ofType: type.name) == short
      let isOnly = errors.count == 1 && lock?.symbol(ofType: type.name) == nil
      if declarations.types[type.name]?.export?.name == nil, isFree, isLocked || isOnly {
        interface.types[index].symbol = short
      }
    }
  }

  // MARK: Contents

  private func readContent(of type: DeclaredType, into result: inout TypeDeclaration) {
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

  private func readFields(
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

  private func readField(
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
    if reference.kind == .object {
      throw fail(
        "an object cannot be a field: nobody would release it; export a function that returns it")
    }
    if reference.kind == .optional, reference.element.kind == .object {
      throw fail(
        "an object cannot be a field: nobody would release it; export a function that returns it")
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
  private func checkMemberwise(_ type: DeclaredType, _ members: [Member], _ result: TypeDeclaration)
  {
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

  private func readCases(
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
  private func assignNewNumbers(_ result: inout TypeDeclaration, _ lock: Lock) {
    guard let top = lock.largestNumber(in: result.name) else { return }
    var next = top + 1
    for index in result.cases.indices
    where lock.number(ofCase: result.cases[index].name, in: result.name) == nil {
      result.cases[index].number = next
      next += 1
    }
  }

  private func readPayload(_ element: EnumCaseElementSyntax, _ member: Member, _ type: DeclaredType)
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
      let inside = reference.kind == .optional ? reference.element : reference
      if inside.kind == .object {
        throw Diagnostic(
          location: member.file.location(parameter),
          message:
            "an object cannot be in a case: nobody would release it; export a function that returns it"
        )
      }
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

  // MARK: Functions

  private func read(
    _ member: Member, of owner: (DeclaredType, TypeDeclaration)?, _ functions: inout [Function],
    _ constants: inout [Constant], _ initializers: inout Int
  ) {
    guard let attributed = member.node.asProtocol((any WithAttributesSyntax).self) else { return }
    let own = declarations.export(attributed.attributes, member.file)
    let isPublic = member.node.asProtocol((any WithModifiersSyntax).self)?.modifiers.contains {
      ["public", "open"].contains($0.name.text)
    }
    guard own != nil || (member.isInExportedExtension && isPublic == true) else { return }
    let reader = FunctionReader(
      types: types, library: interface.library, owner: owner, isGlobalActor: isGlobalActor)
    diagnostics.attempt {
      if let node = member.node.as(FunctionDeclSyntax.self) {
        functions.append(try reader.read(node, member.file, own))
      } else if let node = member.node.as(InitializerDeclSyntax.self) {
        functions.append(try reader.read(node, member.file, own, isFirst: initializers == 0))
        initializers += 1
      } else if let node = member.node.as(VariableDeclSyntax.self) {
        try reader.read(node, member.file, own, &functions, &constants)
      } else if let node = member.node.as(SubscriptDeclSyntax.self) {
        throw Diagnostic(
          location: member.file.location(node),
          message: "a subscript cannot cross; export a function")
      } else if let node = member.node.as(EnumCaseDeclSyntax.self) {
        throw Diagnostic(
          location: member.file.location(node),
          message: "a case crosses with its enum; leave @Export out here")
      } else {
        throw Diagnostic(
          location: member.file.location(member.node),
          message:
            "@Export is for functions, properties, initializers and types; put it on one of these")
      }
    }
  }

  private func readRequirement(
    _ member: Member, of type: DeclaredType, _ result: inout TypeDeclaration
  ) {
    let location = member.file.location(member.node)
    diagnostics.attempt {
      if member.node.is(AssociatedTypeDeclSyntax.self) {
        throw Diagnostic(
          location: location,
          message: "a protocol with associated types cannot cross; write the types that they are")
      }
      if member.node.is(VariableDeclSyntax.self) {
        throw Diagnostic(
          location: location, message: "C implements functions only; require a function instead")
      }
      guard let node = member.node.as(FunctionDeclSyntax.self) else {
        throw Diagnostic(
          location: location, message: "C implements functions only; require a function, or none")
      }
      // An extension's function is not required.
      guard node.body == nil else { return }
      let reader = FunctionReader(
        types: types, library: interface.library, owner: (type, result),
        isGlobalActor: isGlobalActor)
      result.functions.append(try reader.readRequirement(node, member.file))
    }
  }
}

let rawTypes: Set<String> = [
  "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "String",
]

func isStatic(_ modifiers: DeclModifierListSyntax) -> Bool {
  modifiers.contains { $0.name.text == "static" || $0.name.text == "class" }
}

/// Whether a property is computed, and not stored with observers.
func isComputed(_ binding: PatternBindingSyntax) -> Bool {
  guard let block = binding.accessorBlock else { return false }
  switch block.accessors {
  case .getter: return true
  case .accessors(let list):
    return list.contains { ["get", "_read", "unsafeAddress"].contains($0.accessorSpecifier.text) }
  @unknown default: return true
  }
}

/// An integer literal, with its sign.
func integer(_ expression: ExprSyntax) -> Int64? {
  if let literal = expression.as(IntegerLiteralExprSyntax.self) {
    return parseInteger(literal.literal.text)
  }
  if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "-",
    let literal = prefix.expression.as(IntegerLiteralExprSyntax.self)
  {
    return parseInteger("-" + literal.literal.text)
  }
  return nil
}

private func parseInteger(_ text: String) -> Int64? {
  var digits = text.filter { $0 != "_" }
  let isNegative = digits.hasPrefix("-")
  if isNegative { digits.removeFirst() }
  let (radix, rest): (Int, Substring) =
    digits.hasPrefix("0x")
    ? (16, digits.dropFirst(2))
    : digits.hasPrefix("0b")
      ? (2, digits.dropFirst(2))
      : digits.hasPrefix("0o") ? (8, digits.dropFirst(2)) : (10, digits[...])
  return Int64((isNegative ? "-" : "") + rest, radix: radix)
}

/// The type that a literal has by itself.
func literalType(_ expression: ExprSyntax) -> TypeReference? {
  var inside = expression
  if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "-" {
    inside = prefix.expression
  }
  if inside.is(IntegerLiteralExprSyntax.self) { return TypeReference(.int, swift: "Int") }
  if inside.is(FloatLiteralExprSyntax.self) { return TypeReference(.double, swift: "Double") }
  if inside.is(BooleanLiteralExprSyntax.self) { return TypeReference(.bool, swift: "Bool") }
  if let text = inside.as(StringLiteralExprSyntax.self), text.representedLiteralValue != nil {
    return TypeReference(.string, swift: "String")
  }
  return nil
}

/// Finds @Export where it can mean nothing: on locals, parameters and imports.
private final class MisplacedExports: SyntaxVisitor {
  let file: SourceFile
  let diagnostics: Diagnostics

  init(_ file: SourceFile, _ diagnostics: Diagnostics) {
    (self.file, self.diagnostics) = (file, diagnostics)
    super.init(viewMode: .sourceAccurate)
  }

  override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind {
    let name = node.attributeName.trimmedDescription
    guard name == "Export" || name == "Tenon.Export" else { return .skipChildren }
    guard let holder = node.parent?.parent else { return .skipChildren }
    if holder.is(ImportDeclSyntax.self) || holder.is(FunctionParameterSyntax.self)
      || holder.is(AccessorDeclSyntax.self) || holder.is(DeinitializerDeclSyntax.self)
      || holder.is(MacroDeclSyntax.self) || holder.is(OperatorDeclSyntax.self)
    {
      diagnostics.error(
        file.location(node),
        "@Export is for functions, properties, initializers and types; put it on one of these")
      return .skipChildren
    }
    var parent = holder.parent
    while let one = parent {
      if one.is(FunctionDeclSyntax.self) || one.is(InitializerDeclSyntax.self)
        || one.is(ClosureExprSyntax.self)
        || one.is(AccessorDeclSyntax.self)
      {
        diagnostics.error(
          file.location(node), "what is local cannot be exported; move it out of the function")
        return .skipChildren
      }
      parent = one.parent
    }
    return .skipChildren
  }
}
