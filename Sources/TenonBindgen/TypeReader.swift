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

  private static let scalars: [String: TypeReference.Kind] = [
    "Bool": .bool, "Int8": .int8, "Int16": .int16, "Int32": .int32, "Int64": .int64, "Int": .int,
    "UInt8": .uint8, "UInt16": .uint16, "UInt32": .uint32, "UInt64": .uint64, "UInt": .uint,
    "Float": .float, "Double": .double, "String": .string, "Duration": .duration,
  ]

  /// What does not cross, and what to write instead.
  private static let advice: [String: String] = [
    "Any": "write the type that it has",
    "AnyObject": "write the class that it has",
    "AnyHashable": "write String or Int",
    "Character": "write String",
    "Unicode.Scalar": "write UInt32 or String",
    "Substring": "write String",
    "StaticString": "write String",
    "Float16": "write Float",
    "Float80": "write Double",
    "Int128": "write two Int64, or String",
    "UInt128": "write two UInt64, or String",
    "Decimal": "write String or Double",
    "Data": "write [UInt8]",
    "Date": "write Double, in seconds since 1970",
    "UUID": "write String",
    "URL": "write String",
    "Error": "let the function throw it",
    "Result": "let the function throw the failure",
    "Never": "export a function that returns",
    "Range": "write two numbers",
    "ClosedRange": "write two numbers",
    "KeyValuePairs": "write [String: Value], or a list of structs",
    "ArraySlice": "write an array",
    "ContiguousArray": "write an array",
    "InlineArray": "write an array",
    "Span": "write an array",
    "RawSpan": "write [UInt8]",
    "MutableSpan": "write an array, and return the new one",
    "Task": "make the function async",
    "CheckedContinuation": "make the function async",
    "UnsafePointer": "write an array or a struct",
    "UnsafeMutablePointer": "write an array or a struct",
    "UnsafeRawPointer": "write [UInt8]",
    "UnsafeMutableRawPointer": "write [UInt8]",
    "UnsafeBufferPointer": "write an array",
    "UnsafeMutableBufferPointer": "write an array",
    "UnsafeRawBufferPointer": "write [UInt8]",
    "UnsafeMutableRawBufferPointer": "write [UInt8]",
    "OpaquePointer": "write a class",
    "Mutex": "put it into a class",
    "Atomic": "put it into a class",
    "KeyPath": "write a closure",
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

  private func readNamed(
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

  private var module: String { interface.module }

  private enum Found { case type(DeclaredType), alias(TypeSyntax, SourceFile) }

  /// Looks a name up from the inside out, as Swift does.
  private func find(_ name: String, in scope: String) -> Found? {
    var outer = scope.split(separator: ".").map(String.init)
    while true {
      let full = join(outer.joined(separator: "."), name)
      if let type = declarations.types[full] { return .type(type) }
      if let (syntax, file) = declarations.aliases[full] { return .alias(syntax, file) }
      if outer.isEmpty { return nil }
      outer.removeLast()
    }
  }

  private func split(_ syntax: TypeSyntax) -> (String, [TypeSyntax]) {
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

  // MARK: Attributes, some and any

  private func readAttributed(
    _ syntax: AttributedTypeSyntax, _ text: String, _ scope: String, _ file: SourceFile,
    _ place: Place,
    _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    for case .simpleTypeSpecifier(let specifier) in syntax.specifiers {
      switch specifier.specifier.text {
      case "inout": throw fail("inout cannot cross; return the new value")
      case "borrowing", "consuming", "sending", "__owned", "__shared": break
      default:
        throw fail("\(specifier.specifier.text) cannot cross; write the type without it")
      }
    }
    var isEscaping = false
    for case .attribute(let attribute) in syntax.attributes {
      switch attribute.attributeName.trimmedDescription {
      case "escaping": isEscaping = true
      case "Sendable", "concurrent": break
      case "autoclosure": throw fail("an autoclosure cannot cross; take the value, or a closure")
      case "convention": throw fail("a C function cannot cross; take a closure")
      case "MainActor":
        throw fail("a closure of the main actor cannot cross; take one that is @Sendable")
      default: break
      }
    }
    if let function = syntax.baseType.as(FunctionTypeSyntax.self) {
      guard place == .parameter else {
        throw fail(
          "a closure can only be a parameter; export a protocol or a stream for what lasts")
      }
      return try makeClosure(function, isEscaping: isEscaping, text, scope, file)
    }
    return try read(syntax.baseType, in: scope, file, place)
  }

  private func readSomeOrAny(
    _ syntax: SomeOrAnyTypeSyntax, _ text: String, _ scope: String, _ file: SourceFile,
    _ place: Place,
    _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    var parts = [syntax.constraint]
    if let composed = syntax.constraint.as(CompositionTypeSyntax.self) {
      parts = composed.elements.map(\.type)
    }
    parts = parts.filter { !["Sendable", "AnyObject"].contains($0.trimmedDescription) }
    if parts.count == 1 {
      let (name, arguments) = split(parts[0])
      if name == "AsyncSequence" || name == "Swift.AsyncSequence" {
        guard place == .result else {
          throw fail(
            "\(text) cannot cross as a parameter; write AsyncThrowingStream<Element, any Error>")
        }
        guard let element = arguments.first else {
          throw fail(
            "an AsyncSequence must say of what: write some AsyncSequence<Element, any Error>")
        }
        return try makeStream(read(element, in: scope, file, .value), text, place, fail)
      }
      if case .type(let type)? = find(name, in: scope), let known = symbols[type.name],
        known.kind == .interface
      {
        guard syntax.someOrAnySpecifier.text == "any" || place == .parameter else {
          throw fail("\(text) cannot cross; write the class that it is")
        }
        return try makeDeclared(.interface, type.name, known.symbol, place, fail)
      }
      if name == "Error" || name == "Swift.Error" {
        throw fail("an error cannot cross as a value; throw it")
      }
      if case .type(let type)? = find(name, in: scope), type.node.is(ProtocolDeclSyntax.self) {
        throw fail("the protocol \(type.name) is not exported; put @Export on its declaration")
      }
    }
    throw fail("\(text) cannot cross; write a struct, an enum, a class or a protocol with @Export")
  }

  // MARK: Making

  private func makeDeclared(
    _ kind: TypeDeclaration.Kind, _ name: String, _ symbol: String, _ place: Place,
    _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    let use: TypeReference.Kind =
      switch kind {
      case .record: .record
      case .enumeration: .enumeration
      case .variant: .variant
      case .error: .error
      case .object: .object
      case .interface: .interface
      }
    if use == .interface, place != .parameter {
      throw fail(
        "a protocol that C implements can only be a parameter; return a class with @Export")
    }
    return TypeReference(
      use, name: name, symbol: symbol, swift: use == .interface ? "any \(name)" : name)
  }

  private func makeOptional(
    _ wrapped: TypeReference, _ text: String, _ fail: (String) -> Diagnostic
  ) throws
    -> TypeReference
  {
    switch wrapped.kind {
    case .optional:
      throw fail("\(text) cannot cross; one ? is enough, or write an enum with @Export")
    case .void: throw fail("\(text) cannot cross; write Bool")
    case .stream: throw fail("an optional stream cannot cross; give one that is empty")
    default:
      let name = wrapped.kind == .closure ? "(\(wrapped.swift))?" : wrapped.swift + "?"
      return TypeReference(
        .optional, of: [wrapped],
        swift: wrapped.swift.hasPrefix("any ") ? "(\(wrapped.swift))?" : name)
    }
  }

  private func checkElement(
    _ element: TypeReference, _ text: String, _ fail: (String) -> Diagnostic
  ) throws {
    let inside = element.kind == .optional ? element.element : element
    switch inside.kind {
    case .object, .interface:
      throw fail(
        "\(text) cannot cross: nobody would release what is in it; give the objects one by one, or as a stream"
      )
    case .closure, .stream, .void: throw fail("\(text) cannot cross; give them one by one")
    default: break
    }
  }

  private func makeList(_ element: TypeReference, _ text: String, _ fail: (String) -> Diagnostic)
    throws
    -> TypeReference
  {
    try checkElement(element, text, fail)
    if element.kind == .uint8 { return TypeReference(.bytes, swift: "[UInt8]") }
    return TypeReference(.list, of: [element], swift: "[\(element.swift)]")
  }

  private func makeDictionary(
    _ key: TypeReference, _ value: TypeReference, _ text: String, _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    try checkElement(value, text, fail)
    guard isKey(key) else {
      throw fail("a dictionary by \(key.swift) cannot cross; write [String: …], or by an integer")
    }
    return TypeReference(.dictionary, of: [key, value], swift: "[\(key.swift): \(value.swift)]")
  }

  private func isKey(_ type: TypeReference) -> Bool {
    switch type.kind {
    case .string, .int8, .int16, .int32, .int64, .int, .uint8, .uint16, .uint32, .uint64, .uint,
      .enumeration:
      true
    default: false
    }
  }

  private func makeStream(
    _ element: TypeReference, _ text: String, _ place: Place, _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    guard place != .value else {
      throw fail("a stream can only be a parameter or a result; export a function that returns it")
    }
    if place == .parameter, text.hasPrefix("AsyncStream") {
      throw fail(
        "a stream that C writes can fail; write AsyncThrowingStream<\(element.swift), any Error>")
    }
    if element.kind == .optional || element.kind == .void {
      throw fail(
        "a stream of \(element.swift) cannot cross; leave out what is nil, or write a struct")
    }
    return TypeReference(.stream, of: [element], swift: text)
  }

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
      if type.kind == .optional, type.element.kind == .object || type.element.kind == .interface {
        throw Diagnostic(
          location: file.location(parameter),
          message: "an optional object cannot be given to a closure; give one that is there")
      }
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
  func resultProblem(_ result: TypeReference, isAsync: Bool, isThrowing: Bool, _ what: String)
    -> String?
  {
    if result.kind == .void || isThrowing { return nil }
    if isAsync { return "what C gives an async \(what) can fail; write async throws" }
    if result.isScalar, result.kind != .enumeration { return nil }
    return "what C gives this \(what) can be wrong; let it throw, or return a number"
  }
}
