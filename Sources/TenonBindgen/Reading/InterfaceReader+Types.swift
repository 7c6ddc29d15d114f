import SwiftSyntax

/// The declarations of types, without what is in them.
extension InterfaceReader {
  func declare(_ type: DeclaredType) throws -> TypeDeclaration {
    func fail(_ message: String) -> Diagnostic {
      Diagnostic(location: type.file.location(type.node), message: message)
    }
    if let generic = type.node.asProtocol((any WithGenericParametersSyntax).self)?
      .genericParameterClause
    {
      throw Diagnostic(
        location: type.file.location(generic),
        message: "a generic type cannot cross; export one for each type that it is used with")
    }
    if type.node.as(ProtocolDeclSyntax.self)?.primaryAssociatedTypeClause != nil {
      throw fail("a protocol with associated types cannot cross; write the types that they are")
    }
    if let modifier = type.node.modifiers.first(where: {
      ["private", "fileprivate"].contains($0.name.text)
    }) {
      throw Diagnostic(
        location: type.file.location(modifier),
        message: "what is \(modifier.name.text) cannot be exported; write public, or nothing")
    }
    if type.export?.isConcurrent == true {
      throw fail(".concurrent is for functions; put it on those that block")
    }
    let kind = try kind(of: type, fail)
    let scope = type.name.split(separator: ".").dropLast().joined(separator: ".")
    if kind != .object, kind != .interface, !isSendable(type) {
      throw fail(
        "\(type.name) crosses between threads, so it must be Sendable; write \(keyword(type)) \(type.lastName): Sendable"
      )
    }
    if kind == .object, !isSendable(type) {
      throw fail(
        "objects of \(type.name) are used from any thread, so it must be Sendable; make it an actor, or a final class: Sendable"
      )
    }
    if kind == .interface, type.inherits("Actor") || isGlobalActor(type.node.attributes) {
      throw fail(
        "C's functions belong to no actor; write protocol \(type.lastName): Sendable, with functions that are async"
      )
    }
    if kind == .interface, !type.inherits("Sendable") {
      throw fail(
        "what implements \(type.name) is used from any thread; write protocol \(type.lastName): Sendable"
      )
    }
    if type.node.as(EnumDeclSyntax.self) != nil, kind == .error, type.inherits("DescribedError") {
      throw fail(
        "@Export makes the domain, code and message of \(type.name); write Error instead of DescribedError"
      )
    }
    let last = type.export?.name ?? snakeCase(type.lastName)
    let parents = scope.isEmpty ? [] : scope.split(separator: ".").map { snakeCase(String($0)) }
    var names = parents + [last]
    // A type that is called like the library: settings_t, and not settings_settings_t.
    if names.first == interface.library { names.removeFirst() }
    let symbol = ([interface.library] + names).joined(separator: "_")
    var result = TypeDeclaration(
      kind: kind, name: type.name, symbol: symbol,
      documentation: readDocumentation(type.node.leadingTrivia),
      location: type.file.location(type.node))
    result.location = type.file.location(nameToken(type))
    result.isActor = type.isActor
    result.usesNumbers = type.export?.usesNumbers ?? false
    if kind == .object {
      result.superclass = type.inherited.first {
        declarations.types[$0].map { $0.export != nil && $0.isClass } ?? false
      }
    }
    result.isSendable = true
    return result
  }

  func nameToken(_ type: DeclaredType) -> TokenSyntax {
    type.node.asProtocol((any NamedDeclSyntax).self)?.name ?? type.node.introducer
  }

  func keyword(_ type: DeclaredType) -> String { type.node.introducer.text }

  func isSendable(_ type: DeclaredType) -> Bool {
    if type.isActor
      || type.inherits("Sendable", "Error", "LocalizedError", "DescribedError", "CancellationError")
    {
      return true
    }
    if isGlobalActor(type.node.attributes) { return true }
    if type.isClass {
      return type.inherited.contains { name in declarations.types[name].map(isSendable) ?? false }
    }
    // The compiler sees itself that these are, and says so if not.
    return !type.isPublic
  }

  func isGlobalActor(_ attributes: AttributeListSyntax) -> Bool {
    attributes.contains {
      if case .attribute(let node) = $0 {
        let name = node.attributeName.trimmedDescription
        return name == "MainActor" || declarations.types[name]?.isActor == true
      }
      return false
    }
  }

  func kind(of type: DeclaredType, _ fail: (String) -> Diagnostic) throws
    -> TypeDeclaration.Kind
  {
    if type.node.is(StructDeclSyntax.self) {
      if type.inherits("Error") {
        throw fail(
          "an error is an enum here; write enum \(type.lastName): Error with a case for each thing that can be wrong"
        )
      }
      if type.inherits("~Copyable") {
        throw fail("what cannot be copied cannot cross; write a class")
      }
      return .record
    }
    if type.node.is(ActorDeclSyntax.self) || type.node.is(ClassDeclSyntax.self) { return .object }
    if type.node.is(ProtocolDeclSyntax.self) { return .interface }
    if type.inherits("~Copyable") {
      throw fail("what cannot be copied cannot cross; write a class")
    }
    if type.inherits("Error", "LocalizedError", "DescribedError") { return .error }
    let cases = (declarations.members[type.name] ?? []).compactMap {
      $0.node.as(EnumCaseDeclSyntax.self)
    }
    return cases.contains { $0.elements.contains { $0.parameterClause != nil } }
      ? .variant : .enumeration
  }

  /// The only error of a module is its error. A release that has named it so keeps the name.
  func nameErrors() {
    let errors = interface.types.indices.filter { interface.types[$0].kind == .error }
    for index in errors {
      let type = interface.types[index]
      interface.types[index].domain = "\(interface.library).\(type.name)"
      let short = "\(interface.library)_error"
      let isFree = !interface.types.contains { $0.symbol == short }
      let isLocked = lock?.symbol(ofType: type.name) == short
      let isOnly = errors.count == 1 && lock?.symbol(ofType: type.name) == nil
      if declarations.types[type.name]?.export?.name == nil, isFree, isLocked || isOnly {
        interface.types[index].symbol = short
      }
    }
  }
}
