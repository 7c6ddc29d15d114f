import SwiftSyntax

/// Understands types where they are used.
struct TypeReader {
  let declarations: Declarations
  let interface: Interface
  let imported: [Interface]
  /// What each exported type is called in C.
  let symbols: [String: (kind: TypeDeclaration.Kind, symbol: String)]

  /// Where a type may stand.
  enum Place { case value, parameter, result }

  static let scalars: [String: TypeReference.Kind] = [
    "Bool": .bool, "Int8": .int8, "Int16": .int16, "Int32": .int32, "Int64": .int64, "Int": .int,
    "UInt8": .uint8, "UInt16": .uint16, "UInt32": .uint32, "UInt64": .uint64, "UInt": .uint,
    "Float": .float, "Double": .double, "String": .string, "Duration": .duration,
  ]
  func read(_ syntax: TypeSyntax, in scope: String, _ file: SourceFile, _ place: Place) throws
    -> TypeReference
  {
    func fail(_ message: String) -> Diagnostic {
      Diagnostic(location: file.location(syntax), message: message)
    }
    func inner(_ syntax: TypeSyntax, _ place: Place = .value) throws -> TypeReference {
      try read(syntax, in: scope, file, place)
    }
    let text = syntax.trimmedDescription

    if let optional = syntax.as(OptionalTypeSyntax.self) {
      return try makeOptional(
        try inner(optional.wrappedType, place == .result ? .value : place), text, fail)
    }
    if syntax.is(ImplicitlyUnwrappedOptionalTypeSyntax.self) {
      throw fail("\(text) does not say whether it may be nil; write it with ? or without !")
    }
    if let array = syntax.as(ArrayTypeSyntax.self) {
      return try makeList(inner(array.element), text, fail)
    }
    if let dictionary = syntax.as(DictionaryTypeSyntax.self) {
      return try makeDictionary(inner(dictionary.key), inner(dictionary.value), text, fail)
    }
    if let tuple = syntax.as(TupleTypeSyntax.self) {
      if tuple.elements.isEmpty { return .void }
      if tuple.elements.count == 1, let only = tuple.elements.first {
        return try inner(only.type, place)
      }
      throw fail("a tuple cannot cross; declare a struct with @Export, with a field for each part")
    }
    if let function = syntax.as(FunctionTypeSyntax.self) {
      guard place == .parameter else {
        throw fail(
          "a closure can only be a parameter; export a protocol or a stream for what lasts")
      }
      return try makeClosure(function, isEscaping: false, text, scope, file)
    }
    if let attributed = syntax.as(AttributedTypeSyntax.self) {
      return try readAttributed(attributed, text, scope, file, place, fail)
    }
    if let some = syntax.as(SomeOrAnyTypeSyntax.self) {
      return try readSomeOrAny(some, text, scope, file, place, fail)
    }
    if syntax.is(MetatypeTypeSyntax.self) {
      throw fail("a type cannot cross as a value; export a function for each type")
    }
    if syntax.is(CompositionTypeSyntax.self) {
      throw fail("\(text) cannot cross; declare one protocol with @Export that has it all")
    }
    guard syntax.is(IdentifierTypeSyntax.self) || syntax.is(MemberTypeSyntax.self) else {
      throw fail("\(text) cannot cross; write a struct, an enum or a class with @Export")
    }
    return try readNamed(syntax, scope, file, place, fail)
  }

  func readNamed(
    _ syntax: TypeSyntax, _ scope: String, _ file: SourceFile, _ place: Place,
    _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    let text = syntax.trimmedDescription
    var (name, arguments) = split(syntax)
    for prefix in ["Swift.", module + "."] where name.hasPrefix(prefix) {
      name = String(name.dropFirst(prefix.count))
    }
    if let found = find(name, in: scope) {
      switch found {
      case .alias(let syntax, let file): return try read(syntax, in: scope, file, place)
      case .type(let type):
        guard let known = symbols[type.name] else {
          throw fail(
            "\(type.name) is not exported; put @Export on its declaration, or use a type that is")
        }
        return try makeDeclared(known.kind, type.name, known.symbol, place, fail)
      }
    }
    for other in imported {
      let local =
        name.hasPrefix(other.module + ".") ? String(name.dropFirst(other.module.count + 1)) : name
      if let type = other.type(named: local) {
        var result = try makeDeclared(type.kind, local, type.symbol, place, fail)
        result.swift = other.module + "." + local
        return result
      }
    }
    if let kind = TypeReader.scalars[name], arguments.isEmpty {
      return TypeReference(kind, swift: name)
    }
    func argument(_ index: Int) throws -> TypeReference {
      try read(arguments[index], in: scope, file, .value)
    }
    switch (name, arguments.count) {
    case ("Void", 0): return .void
    case ("Optional", 1): return try makeOptional(argument(0), text, fail)
    case ("Array", 1): return try makeList(argument(0), text, fail)
    case ("Set", 1):
      let element = try argument(0)
      guard isKey(element) else {
        throw fail(
          "a set of \(element.swift) cannot cross; write a set of String or of integers, or an array"
        )
      }
      return TypeReference(.set, of: [element], swift: "Set<\(element.swift)>")
    case ("Dictionary", 2): return try makeDictionary(argument(0), argument(1), text, fail)
    case ("AsyncStream", 1), ("AsyncThrowingStream", 2):
      return try makeStream(argument(0), text, place, fail)
    default: break
    }
    let short = name.hasPrefix("Foundation.") ? String(name.dropFirst(11)) : name
    if let kind = TypeReader.foundation[short], arguments.isEmpty {
      guard declarations.imports.contains("TenonFoundation") else {
        throw fail(
          "\(name) is Foundation's, which TenonFoundation lets cross; write import TenonFoundation, and let the target depend on that product"
        )
      }
      return TypeReference(kind, swift: name)
    }
    if let advice = TypeReader.advice[name] { throw fail("\(name) cannot cross; \(advice)") }
    if let dot = name.firstIndex(of: "."), declarations.imports.contains(String(name[..<dot])) {
      throw fail(
        "\(name) is of a module that exports nothing; give the generator its interface with --import, or wrap it in a class with @Export"
      )
    }
    throw fail(
      "\(text) is not known here; put @Export on a struct, an enum or a class of your own, and use that"
    )
  }

  var module: String { interface.module }

  enum Found { case type(DeclaredType), alias(TypeSyntax, SourceFile) }

  /// Looks a name up from the inside out, as Swift does.
  func find(_ name: String, in scope: String) -> Found? {
    var outer = scope.split(separator: ".").map(String.init)
    while true {
      let full = join(outer.joined(separator: "."), name)
      if let type = declarations.types[full] { return .type(type) }
      if let (syntax, file) = declarations.aliases[full] { return .alias(syntax, file) }
      if outer.isEmpty { return nil }
      outer.removeLast()
    }
  }

  func split(_ syntax: TypeSyntax) -> (String, [TypeSyntax]) {
    func arguments(_ clause: GenericArgumentClauseSyntax?) -> [TypeSyntax] {
      (clause?.arguments ?? []).compactMap {
        if case .type(let type) = $0.argument { return type }
        return nil
      }
    }
    if let identifier = syntax.as(IdentifierTypeSyntax.self) {
      return (
        identifier.name.text.filter { $0 != "`" }, arguments(identifier.genericArgumentClause)
      )
    }
    if let member = syntax.as(MemberTypeSyntax.self) {
      let (base, _) = split(member.baseType)
      return (base + "." + member.name.text, arguments(member.genericArgumentClause))
    }
    return (syntax.trimmedDescription, [])
  }

  /// The type of `Role.guest` and of `Point(…)`, as far as that can be told without a compiler.
  func inferred(_ expression: ExprSyntax, in scope: String, _ file: SourceFile) -> TypeReference? {
    var name: ExprSyntax?
    if let member = expression.as(MemberAccessExprSyntax.self) { name = member.base }
    if let call = expression.as(FunctionCallExprSyntax.self) { name = call.calledExpression }
    guard let text = name?.trimmedDescription, text.first?.isUppercase == true,
      case .type(let type)? = find(text, in: scope), let known = symbols[type.name],
      ![.object, .interface].contains(known.kind)
    else { return nil }
    return try? makeDeclared(known.kind, type.name, known.symbol, .value) {
      Diagnostic(location: file.location(expression), message: $0)
    }
  }
}
