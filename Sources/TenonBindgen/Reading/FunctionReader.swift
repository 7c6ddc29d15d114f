import SwiftSyntax

/// Understands functions, initializers and properties.
struct FunctionReader {
  let types: TypeReader
  let library: String
  let owner: (type: DeclaredType, declaration: TypeDeclaration)?
  let isGlobalActor: (AttributeListSyntax) -> Bool

  var prefix: String { owner?.declaration.symbol ?? library }
  var scope: String { owner?.type.name ?? "" }

  func read(_ node: FunctionDeclSyntax, _ file: SourceFile, _ export: ExportAttribute?) throws
    -> Function
  {
    let location = file.location(node.name)
    func fail(_ message: String) -> Diagnostic { Diagnostic(location: location, message: message) }
    let name = node.name.text.filter { $0 != "`" }
    try checkModifiers(node.modifiers, file)
    if case .binaryOperator = node.name.tokenKind {
      throw fail("an operator cannot cross; export a function with a name")
    }
    if case .prefixOperator = node.name.tokenKind {
      throw fail("an operator cannot cross; export a function with a name")
    }
    if case .postfixOperator = node.name.tokenKind {
      throw fail("an operator cannot cross; export a function with a name")
    }
    if let generic = node.genericParameterClause {
      throw Diagnostic(
        location: file.location(generic),
        message: "a generic function cannot cross; export one for each type that it is called with")
    }
    if node.modifiers.contains(where: { $0.name.text == "mutating" }) {
      throw fail(
        "C has a copy, so a mutating function would change nothing; return the new \(owner?.type.lastName ?? "value")"
      )
    }
    let isStatic = isStatic(node.modifiers)
    if !isStatic, owner?.declaration.kind == .error {
      throw fail("an error's functions cannot cross; export a function that takes what it needs")
    }
    let effects = node.signature.effectSpecifiers
    var function = try make(
      isStatic || owner == nil ? .function : .method, name, location,
      symbol: "\(prefix)_\(export?.name ?? snakeCase(name))", node.signature.parameterClause,
      effects,
      node.signature.returnClause?.type, node.attributes, node.modifiers, file)
    function.isStatic = isStatic
    function.documentation = readDocumentation(node.leadingTrivia)
    function.isConcurrent = export?.isConcurrent ?? false
    if function.isConcurrent, function.isAwaited {
      throw fail("\(name) does not block, as it is async; leave .concurrent out")
    }
    if function.isConcurrent { function.isAsync = true }
    if function.result.kind == .stream { function.isAsync = true }
    if function.isAwaited, function.result.kind == .stream,
      function.result.swift.contains("AsyncSequence"), !function.result.swift.contains("Sendable")
    {
      throw fail(
        "the sequence leaves its actor, so it must be Sendable; write \(function.result.swift) & Sendable"
      )
    }
    return addDocumentation(function)
  }

  func read(
    _ node: InitializerDeclSyntax, _ file: SourceFile, _ export: ExportAttribute?, isFirst: Bool
  ) throws
    -> Function
  {
    let location = file.location(node.initKeyword)
    func fail(_ message: String) -> Diagnostic { Diagnostic(location: location, message: message) }
    try checkModifiers(node.modifiers, file)
    if let generic = node.genericParameterClause {
      throw Diagnostic(
        location: file.location(generic),
        message: "a generic init cannot cross; export one for each type that it is called with")
    }
    guard let owner, owner.declaration.kind == .object else {
      throw fail("C fills in a struct by itself; export a static function that returns one")
    }
    let labels = node.signature.parameterClause.parameters.map { parameter in
      snakeCase(
        (parameter.firstName.text == "_" ? parameter.secondName?.text : parameter.firstName.text)
          ?? "")
    }
    let name =
      export?.name
      ?? (isFirst
        ? "create"
        : (["create"] + (labels.isEmpty ? [] : ["with"] + labels)).joined(separator: "_"))
    var function = try make(
      .initializer, "init", location, symbol: "\(prefix)_\(name)", node.signature.parameterClause,
      node.signature.effectSpecifiers, nil, node.attributes, node.modifiers, file)
    let object = TypeReference(
      .object, name: owner.type.name, symbol: owner.declaration.symbol, swift: owner.type.name)
    if let mark = node.optionalMark {
      if mark.text == "!" {
        throw fail("init! does not say whether it may fail; write init? or init")
      }
      function.result = TypeReference(.optional, of: [object], swift: owner.type.name + "?")
    } else {
      function.result = object
    }
    // An actor's own init is not isolated to it, unless it is async.
    function.isAwaited =
      node.signature.effectSpecifiers?.asyncSpecifier != nil
      || (isGlobalActor(node.attributes) || isGlobalActor(owner.type.node.attributes))
        && !isNonisolated(node.modifiers)
    function.isConcurrent = export?.isConcurrent ?? false
    function.isAsync = function.isAwaited || function.isConcurrent
    function.isStatic = true
    function.documentation = readDocumentation(node.leadingTrivia)
    return addDocumentation(function)
  }

  func make(
    _ kind: Function.Kind, _ name: String, _ location: Location, symbol: String,
    _ parameters: FunctionParameterClauseSyntax, _ effects: FunctionEffectSpecifiersSyntax?,
    _ result: TypeSyntax?, _ attributes: AttributeListSyntax, _ modifiers: DeclModifierListSyntax,
    _ file: SourceFile
  ) throws -> Function {
    let returned = try result.map { try types.read($0, in: scope, file, .result) } ?? .void
    if returned.kind == .closure {
      throw Diagnostic(
        location: location, message: "a closure cannot be returned; return a class with a function")
    }
    let isAwaited =
      effects?.asyncSpecifier != nil
      || isIsolated(attributes, modifiers, isStatic: isStatic(modifiers))
    var function = Function(
      kind: kind, name: name, symbol: symbol, result: returned, isAsync: isAwaited,
      isAwaited: isAwaited,
      isThrowing: effects?.throwsClause != nil, location: location)
    if let specifier = effects?.throwsClause, specifier.throwsSpecifier.text == "rethrows" {
      throw Diagnostic(
        location: file.location(specifier), message: "rethrows cannot cross; write throws")
    }
    if let error = effects?.throwsClause?.type { function.error = try readError(error, file) }
    if function.error?.kind == .void { (function.error, function.isThrowing) = (nil, false) }
    function.parameters = try parameters.parameters.map { try readParameter($0, file) }
    return function
  }

  /// The error that a function says it throws; nil: any.
  func readError(_ syntax: TypeSyntax, _ file: SourceFile) throws -> TypeReference? {
    let text = syntax.trimmedDescription
    if text == "any Error" || text == "Error" { return nil }
    if text == "Never" { return .void }
    let type = try types.read(syntax, in: scope, file, .value)
    guard type.kind == .error else {
      throw Diagnostic(
        location: file.location(syntax),
        message: "\(text) is no exported error; put @Export on an enum: Error")
    }
    return type
  }

  func isNonisolated(_ modifiers: DeclModifierListSyntax) -> Bool {
    modifiers.contains { $0.name.text == "nonisolated" }
  }

  func isIsolated(
    _ attributes: AttributeListSyntax, _ modifiers: DeclModifierListSyntax, isStatic: Bool
  ) -> Bool {
    if isNonisolated(modifiers) { return false }
    if isGlobalActor(attributes) { return true }
    guard let owner else { return false }
    if isGlobalActor(owner.type.node.attributes) { return true }
    return owner.type.isActor && !isStatic
  }

  func checkModifiers(_ modifiers: DeclModifierListSyntax, _ file: SourceFile) throws {
    for modifier in modifiers
    where modifier.detail == nil && ["private", "fileprivate"].contains(modifier.name.text) {
      throw Diagnostic(
        location: file.location(modifier),
        message: "what is \(modifier.name.text) cannot be exported; write public, or nothing")
    }
  }

  func addDocumentation(_ function: Function) -> Function {
    var function = function
    for index in function.parameters.indices {
      let parameter = function.parameters[index]
      function.parameters[index].documentation =
        function.documentation.parameters[parameter.name]
        ?? parameter.label.flatMap { function.documentation.parameters[$0] } ?? ""
    }
    return function
  }
}
