import SwiftSyntax

extension TypeReader {
  func makeClosure(
    _ syntax: FunctionTypeSyntax, isEscaping: Bool, _ text: String, _ scope: String,
    _ file: SourceFile
  ) throws -> TypeReference {
    func fail(_ message: String) -> Diagnostic {
      Diagnostic(location: file.location(syntax), message: message)
    }
    var names: [String] = []
    var parameters: [TypeReference] = []
    for (index, parameter) in syntax.parameters.enumerated() {
      let type = try read(parameter.type, in: scope, file, .value)
      parameters.append(type)
      let name = (parameter.secondName ?? parameter.firstName)?.text
      names.append(
        name.flatMap { $0 == "_" ? nil : $0 }
          ?? (syntax.parameters.count == 1 ? "value" : "value\(index)"))
    }
    let effects = syntax.effectSpecifiers
    let isAsync = effects?.asyncSpecifier != nil
    let isThrowing = effects?.throwsClause != nil
    if let type = effects?.throwsClause?.type, type.trimmedDescription != "any Error" {
      throw fail("a closure of C can throw any error; write throws without a type")
    }
    let result = try read(syntax.returnClause.type, in: scope, file, .value)
    if let problem = resultProblem(result, isAsync: isAsync, isThrowing: isThrowing, "closure") {
      throw fail(problem)
    }
    var type = TypeReference(.closure, swift: text)
    type.signature = Signature(
      parameters: parameters, names: names, result: [result], isAsync: isAsync,
      isThrowing: isThrowing,
      isEscaping: isEscaping)
    return type
  }

  /// What C may answer: what can be wrong in it must be thrown.
  func resultProblem(
    _ result: TypeReference, isAsync: Bool, isThrowing: Bool, _ what: String,
    remedy: String = "let it throw, or return a number"
  ) -> String? {
    if result.kind == .void || isThrowing { return nil }
    if isAsync { return "what C gives an async \(what) can fail; write async throws" }
    if result.isScalar, result.kind != .enumeration { return nil }
    return "what C gives this \(what) can be wrong; \(remedy)"
  }
}
