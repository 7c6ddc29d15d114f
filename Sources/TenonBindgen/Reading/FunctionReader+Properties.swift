import SwiftSyntax

extension FunctionReader {
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
    var function = Function(
      kind: .getter, name: name, symbol: "\(prefix)_\(getterName(snake))",
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
      functions.append(setter(of: function, symbol: "\(prefix)_set_\(snake)"))
    }
  }

  /// A question needs no `get_`.
  func getterName(_ snake: String) -> String {
    ["is_", "has_", "can_"].contains { snake.hasPrefix($0) } ? snake : "get_\(snake)"
  }

  func setter(of getter: Function, symbol: String) -> Function {
    var setter = getter
    setter.kind = .setter
    setter.symbol = symbol
    setter.result = .void
    setter.documentation = Documentation()
    setter.documentation.summary = getter.documentation.summary
    setter.parameters = [
      Parameter(
        label: nil, name: getter.name, symbol: memberName(getter.name), type: getter.result,
        location: getter.location)
    ]
    return setter
  }

  /// The literal that a constant is in each language.
  func constantLiteral(_ value: ExprSyntax, _ type: TypeReference) -> String? {
    switch type.kind {
    case .string: return value.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    case .bool: return value.is(BooleanLiteralExprSyntax.self) ? value.trimmedDescription : nil
    case .float, .double:
      if let number = integer(value) { return "\(number).0" }
      let text = value.trimmedDescription.filter { $0 != "_" }
      return Double(text) != nil && !text.hasPrefix("0x") ? text : nil
    case _ where type.isConvertedScalar: return nil
    default: return type.isScalar ? integer(value).map(String.init) : nil
    }
  }

  func accessorsOf(_ binding: PatternBindingSyntax) -> [AccessorDeclSyntax] {
    guard case .accessors(let list)? = binding.accessorBlock?.accessors else { return [] }
    return Array(list)
  }
}
