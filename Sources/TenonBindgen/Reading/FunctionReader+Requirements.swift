import SwiftSyntax

/// What a protocol asks C to implement.
extension FunctionReader {
  func readRequirement(_ node: FunctionDeclSyntax, _ file: SourceFile) throws -> [Function] {
    // An extension's function is not required.
    guard node.body == nil else { return [] }
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
    return [addDocumentation(function)]
  }

  /// A property is a function that gets it, and perhaps one that sets it.
  func readRequirement(_ node: VariableDeclSyntax, _ file: SourceFile) throws -> [Function] {
    guard node.bindings.count == 1, let binding = node.bindings.first,
      let pattern = binding.pattern.as(IdentifierPatternSyntax.self),
      let annotation = binding.typeAnnotation
    else {
      throw Diagnostic(
        location: file.location(node), message: "declare each required property by itself")
    }
    let location = file.location(pattern)
    func fail(_ message: String) -> Diagnostic { Diagnostic(location: location, message: message) }
    let accessors = accessorsOf(binding)
    // An extension's property is not required.
    if accessors.isEmpty || accessors.contains(where: { $0.body != nil }) { return [] }
    if isStatic(node.modifiers) {
      throw fail("C implements no static properties; require one of an object")
    }
    if accessors.contains(where: { $0.modifier?.name.text == "mutating" }) {
      throw fail("C's object changes by itself; leave mutating out")
    }
    let name = pattern.identifier.text.filter { $0 != "`" }
    let type = try types.read(annotation.type, in: scope, file, .result)
    if type.kind == .stream || type.kind == .void {
      throw fail("C's properties are values; let an exported class have \(name)")
    }
    let effects = accessors.first { $0.accessorSpecifier.text == "get" }?.effectSpecifiers
    if let error = effects?.throwsClause?.type, try readError(error, file) != nil {
      throw fail("what C implements can throw any error; write throws without a type")
    }
    let isAsync = effects?.asyncSpecifier != nil
    let isThrowing = effects?.throwsClause != nil
    if let problem = types.resultProblem(
      type, isAsync: isAsync, isThrowing: isThrowing, "property", remedy: "write { get throws }")
    {
      throw fail(problem)
    }
    let snake = snakeCase(name)
    var getter = Function(
      kind: .getter, name: name, symbol: getterName(snake), result: type, isAsync: isAsync,
      isAwaited: isAsync, isThrowing: isThrowing, location: location)
    getter.documentation = readDocumentation(node.leadingTrivia)
    guard accessors.contains(where: { $0.accessorSpecifier.text == "set" }) else { return [getter] }
    return [getter, setter(of: getter, symbol: "set_\(snake)")]
  }
}
