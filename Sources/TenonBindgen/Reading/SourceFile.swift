import Foundation
import SwiftIfConfig
import SwiftParser
import SwiftSyntax

/// A source file, parsed.
struct SourceFile {
  let path: String
  let tree: SourceFileSyntax
  let converter: SourceLocationConverter

  init(path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    self.path = path
    tree = Parser.parse(source: text)
    converter = SourceLocationConverter(fileName: path, tree: tree)
  }

  func location(_ node: some SyntaxProtocol) -> Location {
    let at = converter.location(for: node.positionAfterSkippingLeadingTrivia)
    return Location(file: path, line: at.line, column: at.column)
  }
}

/// A type that the sources declare, exported or not.
final class DeclaredType {
  /// With what it is nested in.
  let name: String
  let node: any DeclGroupSyntax
  let file: SourceFile
  let export: ExportAttribute?
  /// What it inherits, in its declaration and in extensions, as written.
  var inherited: [String]

  init(
    name: String, node: any DeclGroupSyntax, file: SourceFile, export: ExportAttribute?,
    inherited: [String]
  ) {
    (self.name, self.node, self.file, self.export, self.inherited) =
      (name, node, file, export, inherited)
  }

  var lastName: String { name.split(separator: ".").last.map(String.init) ?? name }
  var isActor: Bool { node.is(ActorDeclSyntax.self) }
  var isClass: Bool { node.is(ClassDeclSyntax.self) }
  /// Whether it is what an imported module may see.
  var isPublic: Bool {
    node.modifiers.contains { ["public", "open", "package"].contains($0.name.text) }
  }

  func inherits(_ names: String...) -> Bool { inherited.contains { names.contains($0) } }
}

/// What `@Export(…)` says.
struct ExportAttribute {
  var node: AttributeSyntax
  var name: String?
  var isConcurrent = false
  var usesNumbers = false
}

/// A member with where it stands.
struct Member {
  let node: DeclSyntax
  let file: SourceFile
  /// What the extension that it stands in says, if that is exported as a whole.
  var ofExtension: ExportAttribute?
}
