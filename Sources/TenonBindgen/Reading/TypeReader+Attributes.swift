import SwiftSyntax

/// Attributes, `some` and `any`.
extension TypeReader {
  func readAttributed(
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

  func readSomeOrAny(
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
}
