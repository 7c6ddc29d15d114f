import SwiftIfConfig
import SwiftSyntax

/// All declarations of a module, before they are understood.
final class Declarations {
  let configuration: Configuration
  let diagnostics: Diagnostics
  private(set) var files: [SourceFile] = []
  private(set) var types: [String: DeclaredType] = [:]
  /// In the order of the sources.
  private(set) var order: [DeclaredType] = []
  private(set) var aliases: [String: (TypeSyntax, SourceFile)] = [:]
  private(set) var members: [String: [Member]] = [:]
  private(set) var globals: [Member] = []
  private(set) var imports: Set<String> = []
  /// Of the module: what stands before an import.
  private(set) var documentation = Documentation()
  private var extensions: [(ExtensionDeclSyntax, SourceFile)] = []

  init(configuration: Configuration, diagnostics: Diagnostics) {
    (self.configuration, self.diagnostics) = (configuration, diagnostics)
  }

  func read(_ paths: [String]) {
    for path in paths.sorted() {
      guard let file = try? SourceFile(path: path) else {
        diagnostics.error(Location(file: path, line: 1, column: 1), "this file cannot be read")
        continue
      }
      files.append(file)
      for statement in active(file.tree.statements) {
        if let node = statement.as(DeclSyntax.self) { addGlobal(node, file) }
      }
    }
    for (node, file) in extensions { add(node, file) }
  }

  /// The statements that `#if` leaves.
  private func active(_ items: CodeBlockItemListSyntax) -> [Syntax] {
    items.flatMap { item -> [Syntax] in
      guard case .decl(let node) = item.item, let config = node.as(IfConfigDeclSyntax.self) else {
        return [Syntax(item.item)]
      }
      guard case .statements(let inner) = activeElements(config) else { return [] }
      return active(inner)
    }
  }

  private func active(_ items: MemberBlockItemListSyntax) -> [DeclSyntax] {
    items.flatMap { item -> [DeclSyntax] in
      guard let config = item.decl.as(IfConfigDeclSyntax.self) else { return [item.decl] }
      guard case .decls(let inner) = activeElements(config) else { return [] }
      return active(inner)
    }
  }

  private func activeElements(_ config: IfConfigDeclSyntax) -> IfConfigClauseSyntax.Elements? {
    config.activeClause(in: configuration).clause?.elements
  }

  private func addGlobal(_ node: DeclSyntax, _ file: SourceFile) {
    if let node = node.as(ImportDeclSyntax.self) {
      imports.insert(node.path.first?.name.text ?? "")
      if documentation.isEmpty { documentation = readDocumentation(node.leadingTrivia) }
    } else if let node = node.as(ExtensionDeclSyntax.self) {
      extensions.append((node, file))
    } else if !addType(node, in: "", file) {
      globals.append(Member(node: node, file: file))
    }
  }

  /// Whether it is a type, or another name of one.
  private func addType(_ node: DeclSyntax, in parent: String, _ file: SourceFile) -> Bool {
    if let alias = node.as(TypeAliasDeclSyntax.self) {
      if export(alias.attributes, file) != nil {
        diagnostics.error(
          file.location(alias),
          "a type alias cannot be exported; put @Export on the type that it stands for")
      }
      aliases[join(parent, alias.name.text)] = (alias.initializer.value, file)
      return true
    }
    guard let group = node.asProtocol((any DeclGroupSyntax).self),
      let named = node.asProtocol((any NamedDeclSyntax).self)
    else { return false }
    let name = join(parent, named.name.text.filter { $0 != "`" })
    let type = DeclaredType(
      name: name, node: group, file: file, export: export(group.attributes, file),
      inherited: inheritance(group.inheritanceClause))
    types[name] = type
    order.append(type)
    add(group.memberBlock, of: name, file, nil)
    return true
  }

  private func add(
    _ block: MemberBlockSyntax, of name: String, _ file: SourceFile, _ ofExtension: ExportAttribute?
  ) {
    for node in active(block.members) {
      if addType(node, in: name, file) {
        if ofExtension != nil { checkNested(node, file) }
        continue
      }
      members[name, default: []].append(
        Member(node: node, file: file, ofExtension: ofExtension))
    }
  }

  /// An extension exports what it adds to its type; a type is one of its own.
  private func checkNested(_ node: DeclSyntax, _ file: SourceFile) {
    guard let type = node.asProtocol((any DeclGroupSyntax).self),
      type.modifiers.contains(where: { $0.name.text == "public" }),
      export(type.attributes, file) == nil,
      let name = node.asProtocol((any NamedDeclSyntax).self)?.name
    else { return }
    diagnostics.error(
      file.location(name), "\(name.text) is a type of its own; put @Export on it, too")
  }

  private func add(_ node: ExtensionDeclSyntax, _ file: SourceFile) {
    let name = node.extendedType.trimmedDescription.filter { $0 != " " }
    let attribute = export(node.attributes, file)
    let isExported = attribute != nil
    if let attribute, attribute.isConcurrent || attribute.name != nil {
      diagnostics.error(
        file.location(attribute.node),
        "of an extension only .number is an option; put the others on what is in it")
    }
    if isExported, types[name] == nil {
      diagnostics.error(
        file.location(node.extendedType),
        "\(name) is declared in another module; export a function that takes one instead of an extension"
      )
    }
    if isExported, node.genericWhereClause != nil {
      diagnostics.error(
        file.location(node),
        "an extension with conditions cannot be exported; export a function instead")
    }
    types[name]?.inherited += inheritance(node.inheritanceClause)
    add(node.memberBlock, of: name, file, attribute)
  }

  private func inheritance(_ clause: InheritanceClauseSyntax?) -> [String] {
    (clause?.inheritedTypes ?? []).flatMap { inherited -> [String] in
      var type = inherited.type
      if let attributed = type.as(AttributedTypeSyntax.self) { type = attributed.baseType }
      if let composed = type.as(CompositionTypeSyntax.self) {
        return composed.elements.map { $0.type.trimmedDescription }
      }
      let name = type.trimmedDescription
      return [name.hasPrefix("Swift.") ? String(name.dropFirst(6)) : name]
    }
  }

  /// `@Export`, if a declaration has it.
  func export(_ attributes: AttributeListSyntax, _ file: SourceFile) -> ExportAttribute? {
    for case .attribute(let node) in attributes {
      let name = node.attributeName.trimmedDescription
      guard name == "Export" || name == "Tenon.Export" else { continue }
      var result = ExportAttribute(node: node)
      guard case .argumentList(let arguments)? = node.arguments else { return result }
      for argument in arguments {
        if let literal = argument.expression.as(StringLiteralExprSyntax.self) {
          let text = literal.representedLiteralValue ?? ""
          if !isIdentifier(text) || reservedWords.contains(text) {
            diagnostics.error(
              file.location(argument),
              "C cannot have \"\(text)\" as a name; write letters, digits and underscores, and no reserved word"
            )
          }
          result.name = text
        } else if argument.expression.trimmedDescription == ".concurrent" {
          result.isConcurrent = true
        } else if argument.expression.trimmedDescription == ".number" {
          result.usesNumbers = true
        } else {
          diagnostics.error(
            file.location(argument), "@Export takes a name in quotes, .concurrent or .number")
        }
      }
      return result
    }
    return nil
  }
}

func join(_ parent: String, _ name: String) -> String {
  parent.isEmpty ? name : parent + "." + name
}
