/// How types cross.
extension ThunkPrinter {
  mutating func record(_ type: TypeDeclaration) {
    at(type.location, "extension \(type.name): TenonExport.Record {")
    sizes(type)
    tail(type.fields.map { ("self.\(escaped($0.name))", $0.type) })
    holding(type) { printer in
      for field in type.fields { printer.release(field, "    ") }
    }
    text.line(
      "  @inline(__always) public func write(record p: UnsafeMutableRawPointer, _ tail: inout TenonExport.Tail) {"
    )
    for field in type.fields {
      text.line("    self.\(escaped(field.name)).write(to: p + \(field.offset), &tail)")
    }
    text.line("  }")
    text.line("  public init(record r: TenonExport.RecordReader) throws(TenonExport.Refusal) {")
    for (index, field) in type.fields.enumerated() {
      let size = forms.field(field.type).size
      let isLeftOut =
        field.offset + size > type.smallestSize || [.record, .variant].contains(field.type.kind)
      if let value = field.defaultValue, value != "nil", isLeftOut {
        at(
          field.location,
          "    let f\(index): \(field.type.swift) = try r.field(\(field.offset), or: \(value))")
      } else {
        text.line("    let f\(index): \(field.type.swift) = try r.field(\(field.offset))")
      }
    }
    let arguments = type.fields.enumerated().map { "\(labeled($1.name)): f\($0)" }.joined(
      separator: ", ")
    at(type.location, "    self.init(\(arguments))")
    text.add("  }\n}\n")
  }

  mutating func sizes(_ type: TypeDeclaration) {
    text.line("  public static var exportedRecordSize: Int { \(type.size) }")
    if type.smallestSize != type.size {
      text.line("  public static var smallestExportedSize: Int { \(type.smallestSize) }")
    }
  }

  /// Whether blocks of a type hold objects, and how these are let go.
  private mutating func holding(_ type: TypeDeclaration, _ body: (inout ThunkPrinter) -> Void) {
    let isOwn = interface.holdsObjects(type)
    let imported = (type.fields + type.cases.flatMap(\.payload)).filter { isImported($0.type) }
    guard isOwn || !imported.isEmpty else { return }
    let others = imported.map { "\(meta(of: $0.type)).holdsObjects" }
    text.line(
      "  public static var holdsObjects: Bool { \(isOwn ? "true" : others.joined(separator: " || ")) }"
    )
    text.line("  public static func releaseObjects(ofBlock p: UnsafeRawPointer) {")
    body(&self)
    text.line("  }")
  }

  private func mayHold(_ type: TypeReference) -> Bool {
    interface.holdsObjects(type) || isImported(type)
  }

  private func isImported(_ type: TypeReference) -> Bool {
    interface.reaches(type) { part in
      [.record, .variant, .error].contains(part.kind)
        && !interface.types.contains { $0.symbol == part.symbol }
    }
  }

  private func hasTail(_ type: TypeReference) -> Bool {
    let inside = type.kind == .optional ? type.element : type
    return !inside.isScalar && inside.kind != .object
  }

  private mutating func release(_ field: Field, _ indent: String) {
    guard mayHold(field.type) else { return }
    text.line("\(indent)\(meta(of: field.type)).releaseObjects(in: p + \(field.offset))")
  }

  private func meta(of type: TypeReference) -> String {
    type.swift.hasSuffix("?") ? "Optional<\(type.swift.dropLast())>" : type.swift
  }

  mutating func tail(_ parts: [(String, TypeReference)]) {
    let sum = tailSum(parts)
    text.line("  @inline(__always) public var exportedRecordTail: Int { \(sum) }")
  }

  func tailSum(_ parts: [(String, TypeReference)]) -> String {
    let long = parts.filter { hasTail($0.1) }
    return long.isEmpty ? "0" : long.map { "\($0.0).exportedTailSize" }.joined(separator: " + ")
  }

  mutating func enumeration(_ type: TypeDeclaration) {
    at(type.location, "extension \(type.name): TenonExport.ExportedEnumeration {")
    text.line("  public var exportedNumber: Int32 {\n    switch self {")
    for one in type.cases { text.line("    case .\(escaped(one.name)): \(one.number)") }
    text.add("    }\n  }")
    text.line("  public init?(exportedNumber: Int32) {\n    switch exportedNumber {")
    for one in type.cases { text.line("    case \(one.number): self = .\(escaped(one.name))") }
    text.add("    default: return nil\n    }\n  }\n}\n")
  }

  mutating func variant(_ type: TypeDeclaration) {
    let isError = type.kind == .error
    at(
      type.location, "extension \(type.name): TenonExport.\(isError ? "ExportedError" : "Record") {"
    )
    sizes(type)
    if isError {
      text.line("  public static var exportedDomain: String { \(quoted(type.domain ?? "")) }")
      text.line("  public var exportedCode: Int32 {\n    switch self {")
      for one in type.cases { text.line("    case .\(escaped(one.name)): \(one.number)") }
      text.add("    }\n  }")
    }
    holding(type) { printer in
      printer.text.line("    switch (p + 8).load(as: Int32.self) {")
      for one in type.cases where one.payload.contains(where: { printer.mayHold($0.type) }) {
        printer.text.line("    case \(one.number):")
        for field in one.payload { printer.release(field, "      ") }
      }
      printer.text.add("    default: break\n    }")
    }
    text.line("  public var exportedRecordTail: Int {\n    switch self {")
    for one in type.cases {
      let long = bindings(one) { hasTail($0.type) }
      text.line(
        "    case .\(escaped(one.name))\(long): \(tailSum(one.payload.enumerated().map { ("e\($0)", $1.type) }))"
      )
    }
    text.add("    }\n  }")
    text.line(
      "  public func write(record p: UnsafeMutableRawPointer, _ tail: inout TenonExport.Tail) {\n    switch self {"
    )
    for one in type.cases {
      text.line("    case .\(escaped(one.name))\(bindings(one)):")
      text.line("      (p + 8).storeBytes(of: \(one.number), as: Int32.self)")
      for (index, field) in one.payload.enumerated() {
        text.line("      e\(index).write(to: p + \(field.offset), &tail)")
      }
    }
    text.add("    }\n  }")
    text.line(
      "  public init(record r: TenonExport.RecordReader) throws(TenonExport.Refusal) {\n    switch r.kind {"
    )
    for one in type.cases {
      let values = one.payload.map {
        "\($0.name.isEmpty ? "" : labeled($0.name) + ": ")try r.field(\($0.offset))"
      }
      text.line(
        "    case \(one.number): self = .\(escaped(one.name))\(values.isEmpty ? "" : "(\(values.joined(separator: ", ")))")"
      )
    }
    text.add("    default: throw .invalid\n    }\n  }\n}\n")
    if isError {
      thunk(
        "\(type.symbol)_get",
        ["_ error: OpaquePointer?", "_ out: UnsafeMutablePointer<UnsafeRawPointer?>?"],
        "TenonExport.details(error, out, \(type.name).self)")
      thunk(
        "\(type.symbol)_create",
        ["_ details: UnsafeRawPointer?", "_ out: UnsafeMutablePointer<OpaquePointer?>?"],
        "TenonExport.makeError(details, out, \(type.name).self)")
    }
  }

  func bindings(_ one: Case, where isUsed: (Field) -> Bool = { _ in true }) -> String {
    guard one.payload.contains(where: isUsed) else { return "" }
    return
      "(\(one.payload.enumerated().map { isUsed($1) ? "let e\($0)" : "_" }.joined(separator: ", ")))"
  }

  mutating func object(_ type: TypeDeclaration) {
    if type.superclass == nil {
      at(type.location, "extension \(type.name): TenonExport.ExportedObject {}")
    }
    text.line("private let __\(type.symbol)_class = Synchronization.Atomic<UInt>(0)")
    thunk(
      "\(type.symbol)_retain", ["_ object: OpaquePointer?"],
      "TenonExport.retainObject(object, \(type.name).self)")
    thunk(
      "\(type.symbol)_release", ["_ object: OpaquePointer?"],
      "TenonExport.releaseObject(object, \(type.name).self)")
  }
}
