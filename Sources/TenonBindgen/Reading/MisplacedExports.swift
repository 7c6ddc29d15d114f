import SwiftSyntax

/// Finds @Export where it can mean nothing: on locals, parameters and imports.
final class MisplacedExports: SyntaxVisitor {
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
