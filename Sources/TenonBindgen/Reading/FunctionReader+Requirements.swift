import SwiftSyntax

/// What a protocol asks C to implement.
extension FunctionReader {
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
}
