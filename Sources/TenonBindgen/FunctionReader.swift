import SwiftSyntax

/// Understands functions, initializers and properties.
struct FunctionReader {
  let types: TypeReader
  let library: String
  let owner: (type: DeclaredType, declaration: TypeDeclaration)?
  let isGlobalActor: (AttributeListSyntax) -> Bool

  private var prefix: String { owner?.declaration.symbol ?? library }
  private var scope: String { owner?.type.name ?? "" }

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

  func read(
    _ node: VariableDeclSyntax, _ file: SourceFile, _ export: ExportAttribute?,
    _ functions: inout [Function],
    _ constants: inout [Constant]
  ) throws {
    try checkModifiers(node.modifiers, file)
    guard node.bindings.count == 1, let binding = node.bindings.first,
      let pattern = binding.pattern.as(IdentifierPatternSyntax.self)
    else {
      throw Diagnostic(
        location: file.location(node), message: "declare each exported property by itself")
    }
    let location = file.location(pattern)
    func fail(_ message: String) -> Diagnostic { Diagnostic(location: location, message: message) }
    let name = pattern.identifier.text.filter { $0 != "`" }
    let isStatic = isStatic(node.modifiers)
    let isLet = node.bindingSpecifier.text == "let"
    var type: TypeReference
    if let annotation = binding.typeAnnotation {
      type = try types.read(annotation.type, in: scope, file, .result)
    } else if let inferred = binding.initializer.flatMap({
      literalType($0.value) ?? types.inferred($0.value, in: scope, file)
    }) {
      type = inferred
    } else {
      throw fail(
        "the type of \(name) is not written here; write it: \(node.bindingSpecifier.text) \(name): …"
      )
    }
    if isLet, owner == nil || isStatic, let value = binding.initializer?.value,
      let literal = constantLiteral(value, type)
    {
      constants.append(
        Constant(
          name: name, symbol: capitals("\(prefix)_\(export?.name ?? snakeCase(name))"), type: type,
          value: literal,
          documentation: readDocumentation(node.leadingTrivia), location: location))
      return
    }
    if let owner, owner.declaration.kind == .record, !isStatic, !isComputed(binding) {
      throw fail("a stored property crosses with its struct; leave @Export out here")
    }
    if !isStatic, owner?.declaration.kind == .error {
      throw fail("an error's properties cannot cross; put them into its cases")
    }
    if export?.isConcurrent == true {
      throw fail("a property cannot be .concurrent; export a function")
    }
    let accessors = accessorsOf(binding)
    let getter = accessors.first { $0.accessorSpecifier.text == "get" }
    let isIsolated =
      isIsolated(node.attributes, node.modifiers, isStatic: isStatic)
      && !(isLet && owner?.type.isActor == true)
    let snake = export?.name ?? snakeCase(name)
    let isPredicate = ["is_", "has_", "can_"].contains { snake.hasPrefix($0) }
    var function = Function(
      kind: .getter, name: name, symbol: "\(prefix)_\(isPredicate ? "" : "get_")\(snake)",
      result: type, isAsync: false,
      isAwaited: isIsolated || getter?.effectSpecifiers?.asyncSpecifier != nil,
      isThrowing: getter?.effectSpecifiers?.throwsClause != nil, location: location)
    if let error = getter?.effectSpecifiers?.throwsClause?.type {
      function.error = try readError(error, file)
    }
    function.isStatic = isStatic
    function.isAsync = function.isAwaited || type.kind == .stream
    function.documentation = readDocumentation(node.leadingTrivia)
    functions.append(function)
    let hasPrivateSetter = node.modifiers.contains { $0.detail?.detail.text == "set" }
    let isSettable =
      !isLet && !hasPrivateSetter && owner.map { $0.declaration.kind == .object } ?? true
      && (isComputed(binding) ? accessors.contains { $0.accessorSpecifier.text == "set" } : true)
    if isSettable, !isIsolated, function.error == nil, !function.isThrowing, !function.isAwaited,
      type.kind != .stream, type.kind != .interface
    {
      var setter = function
      setter.kind = .setter
      setter.symbol = "\(prefix)_set_\(snake)"
      setter.result = .void
      setter.documentation = Documentation()
      setter.documentation.summary = function.documentation.summary
      setter.parameters = [
        Parameter(label: nil, name: name, symbol: memberName(name), type: type, location: location)
      ]
      functions.append(setter)
    }
  }

  func readRequirement(_ node: FunctionDeclSyntax, _ file: SourceFile) throws -> Function {
    let location = file.location(node.name)
    func fail(_ message: String) -> Diagnostic { Diagnostic(location: location, message: message) }
    if node.genericParameterClause != nil {
      throw fail("a generic function cannot cross; require one for each type")
    }
    if isStatic(node.modifiers) {
      throw fail("C implements no static functions; require one of an object")
    }
    if node.modifiers.contains(where: { $0.name.text == "mutating" }) {
      throw fail("C's object changes by itself; leave mutating out")
    }
    let name = node.name.text.filter { $0 != "`" }
    var function = try make(
      .method, name, location, symbol: memberName(name), node.signature.parameterClause,
      node.signature.effectSpecifiers, node.signature.returnClause?.type, node.attributes,
      node.modifiers, file)
    function.isAwaited = node.signature.effectSpecifiers?.asyncSpecifier != nil
    function.isAsync = function.isAwaited
    for parameter in function.parameters {
      if [.closure, .stream, .interface].contains(parameter.type.kind) {
        throw Diagnostic(
          location: parameter.location,
          message:
            "C's functions take values only here; give \(parameter.name) to a function that is exported"
        )
      }
    }
    if function.error != nil {
      throw fail("what C implements can throw any error; write throws without a type")
    }
    if function.result.kind == .stream {
      throw fail("C cannot return a stream here; let C call an exported function with it")
    }
    if let problem = types.resultProblem(
      function.result, isAsync: function.isAsync, isThrowing: function.isThrowing, "function")
    {
      throw fail(problem)
    }
    function.documentation = readDocumentation(node.leadingTrivia)
    return addDocumentation(function)
  }

  // MARK: Parts

  private func make(
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
  private func readError(_ syntax: TypeSyntax, _ file: SourceFile) throws -> TypeReference? {
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

  private func readParameter(_ node: FunctionParameterSyntax, _ file: SourceFile) throws
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
  private func isZero(_ value: ExprSyntax, _ type: TypeReference) -> Bool {
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

  private func zeroCase(of name: String) -> String? {
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

  /// The literal that a constant is in each language.
  private func constantLiteral(_ value: ExprSyntax, _ type: TypeReference) -> String? {
    switch type.kind {
    case .string: return value.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    case .bool: return value.is(BooleanLiteralExprSyntax.self) ? value.trimmedDescription : nil
    case .float, .double:
      if let number = integer(value) { return "\(number).0" }
      let text = value.trimmedDescription.filter { $0 != "_" }
      return Double(text) != nil && !text.hasPrefix("0x") ? text : nil
    case .enumeration, .duration: return nil
    default: return type.isScalar ? integer(value).map(String.init) : nil
    }
  }

  private func accessorsOf(_ binding: PatternBindingSyntax) -> [AccessorDeclSyntax] {
    guard case .accessors(let list)? = binding.accessorBlock?.accessors else { return [] }
    return Array(list)
  }

  private func isNonisolated(_ modifiers: DeclModifierListSyntax) -> Bool {
    modifiers.contains { $0.name.text == "nonisolated" }
  }

  private func isIsolated(
    _ attributes: AttributeListSyntax, _ modifiers: DeclModifierListSyntax, isStatic: Bool
  ) -> Bool {
    if isNonisolated(modifiers) { return false }
    if isGlobalActor(attributes) { return true }
    guard let owner else { return false }
    if isGlobalActor(owner.type.node.attributes) { return true }
    return owner.type.isActor && !isStatic
  }

  private func checkModifiers(_ modifiers: DeclModifierListSyntax, _ file: SourceFile) throws {
    for modifier in modifiers
    where modifier.detail == nil && ["private", "fileprivate"].contains(modifier.name.text) {
      throw Diagnostic(
        location: file.location(modifier),
        message: "what is \(modifier.name.text) cannot be exported; write public, or nothing")
    }
  }

  private func addDocumentation(_ function: Function) -> Function {
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
