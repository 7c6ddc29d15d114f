import SwiftSyntax

/// What is made of other types, and whether it can cross.
extension TypeReader {
  func makeDeclared(
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

  func makeOptional(
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

  func checkElement(
    _ element: TypeReference, _ text: String, _ fail: (String) -> Diagnostic
  ) throws {
    let inside = element.kind == .optional ? element.element : element
    switch inside.kind {
    case .closure, .stream, .void, .interface:
      throw fail("\(text) cannot cross; give them one by one")
    default: break
    }
  }

  func makeList(_ element: TypeReference, _ text: String, _ fail: (String) -> Diagnostic)
    throws
    -> TypeReference
  {
    try checkElement(element, text, fail)
    if element.kind == .uint8 { return TypeReference(.bytes, swift: "[UInt8]") }
    return TypeReference(.list, of: [element], swift: "[\(element.swift)]")
  }

  func makeDictionary(
    _ key: TypeReference, _ value: TypeReference, _ text: String, _ fail: (String) -> Diagnostic
  ) throws -> TypeReference {
    try checkElement(value, text, fail)
    guard isKey(key) else {
      throw fail("a dictionary by \(key.swift) cannot cross; write [String: …], or by an integer")
    }
    return TypeReference(.dictionary, of: [key, value], swift: "[\(key.swift): \(value.swift)]")
  }

  func isKey(_ type: TypeReference) -> Bool {
    switch type.kind {
    case .string, .int8, .int16, .int32, .int64, .int, .uint8, .uint16, .uint32, .uint64, .uint,
      .enumeration, .uuid, .url:
      true
    default: false
    }
  }

  func makeStream(
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
}
