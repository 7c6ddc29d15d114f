import SwiftSyntax

/// Makes the interface of what the declarations export.
final class InterfaceReader {
  let declarations: Declarations
  let diagnostics: Diagnostics
  let imported: [Interface]
  let lock: Lock?
  var interface: Interface
  var types: TypeReader

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
    interface.documentation = declarations.documentation
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
      if content.usesNumbers, !content.hasLongIntegers {
        diagnostics.error(content.location, uselessNumber)
      }
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
    interface.sourceImports = declarations.imports.union(imported.map(\.module))
      .subtracting(["Swift"]).sorted()
    return interface
  }

  func isExported(_ member: Member) -> Bool {
    (member.node.asProtocol((any WithAttributesSyntax).self)).map {
      declarations.export($0.attributes, member.file) != nil
    } ?? false
  }

  // MARK: Functions

  func read(
    _ member: Member, of owner: (DeclaredType, TypeDeclaration)?, _ functions: inout [Function],
    _ constants: inout [Constant], _ initializers: inout Int
  ) {
    guard let attributed = member.node.asProtocol((any WithAttributesSyntax).self) else { return }
    let own = declarations.export(attributed.attributes, member.file)
    let isPublic = member.node.asProtocol((any WithModifiersSyntax).self)?.modifiers.contains {
      ["public", "open"].contains($0.name.text)
    }
    guard own != nil || (member.ofExtension != nil && isPublic == true) else { return }
    let reader = FunctionReader(
      types: types, library: interface.library, owner: owner, isGlobalActor: isGlobalActor)
    let (known, knownConstants) = (functions.count, constants.count)
    let usesNumbers = [own?.usesNumbers, member.ofExtension?.usesNumbers, owner?.1.usesNumbers]
      .contains(true)
    defer {
      let read =
        functions[known...].flatMap(\.allTypes) + constants[knownConstants...].map(\.type)
      if let own, own.usesNumbers, !read.isEmpty, !read.contains(where: \.hasLongIntegers) {
        diagnostics.error(member.file.location(own.node), uselessNumber)
      }
      for index in known..<functions.count { functions[index].usesNumbers = usesNumbers }
      for index in knownConstants..<constants.count { constants[index].usesNumbers = usesNumbers }
    }
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

  func readRequirement(
    _ member: Member, of type: DeclaredType, _ result: inout TypeDeclaration
  ) {
    let location = member.file.location(member.node)
    diagnostics.attempt {
      if member.node.is(AssociatedTypeDeclSyntax.self) {
        throw Diagnostic(
          location: location,
          message: "a protocol with associated types cannot cross; write the types that they are")
      }
      let reader = FunctionReader(
        types: types, library: interface.library, owner: (type, result),
        isGlobalActor: isGlobalActor)
      var functions: [Function]
      if let node = member.node.as(VariableDeclSyntax.self) {
        functions = try reader.readRequirement(node, member.file)
      } else if let node = member.node.as(FunctionDeclSyntax.self) {
        functions = try reader.readRequirement(node, member.file)
      } else {
        throw Diagnostic(
          location: location,
          message: "C implements functions and properties only; require one of these, or none")
      }
      for index in functions.indices { functions[index].usesNumbers = result.usesNumbers }
      result.functions += functions
    }
  }
}
