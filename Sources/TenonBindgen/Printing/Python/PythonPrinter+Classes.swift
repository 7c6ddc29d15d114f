/// Classes: of records, enums, errors, objects and protocols.
extension PythonPrinter {
  mutating func declare(_ type: TypeDeclaration) {
    switch type.kind {
    case .enumeration: enumeration(type)
    case .record: record(type)
    case .variant: variant(type)
    case .error: error(type)
    case .object: object(type)
    case .interface: protocol_(type)
    }
  }

  /// The first lines of a class; `fallback` if the author has said nothing.
  private mutating func open(
    _ head: String, _ documentation: Documentation, _ indent: String = "", more: String = ""
  ) {
    text.line("\(indent)class \(head):")
    let summary = sentence(python(documentation.summary))
    docstring(
      [[summary, more].filter { !$0.isEmpty }.joined(separator: " ")]
        + documentation.details.map(python), indent + "    ")
    text.line()
  }

  private mutating func members(_ type: TypeDeclaration) {
    for constant in type.constants { self.constant(constant, "    ") }
    if !type.constants.isEmpty { text.line() }
    for function in type.functions { self.function(function, of: type, "    ") }
  }

  private mutating func close(_ lines: Int) {
    // A class of nothing but its head.
    let rest = text.lines[lines...].drop { $0.isEmpty || $0.hasSuffix(":") }
    if rest.allSatisfy(\.isEmpty) { text.line("    pass") }
    text.line()
  }

  private mutating func enumeration(_ type: TypeDeclaration) {
    open("\(pythonClass(type.name))(_IntEnum)", type.documentation)
    for one in type.cases {
      text.line("    \(snakeCase(one.name).uppercased()) = \(one.number)")
      documented(one.documentation, "    ")
    }
    text.line()
    members(type)
  }

  // MARK: Records

  private mutating func record(_ type: TypeDeclaration) {
    let start = text.lines.count
    text.line("@_dataclass(slots=True)")
    open(pythonClass(type.name), type.documentation)
    fields(type.fields, type.fields.map { pythonName($0.name) }, "    ", hasDefaults: true)
    text.line()
    members(type)
    close(start + 1)
  }

  /// What comes last may be left out, as far as there is something to take instead.
  mutating func fields(
    _ fields: [Field], _ names: [String], _ indent: String, hasDefaults: Bool
  ) {
    let required = fields.lastIndex { types.fieldDefault($0) == nil } ?? -1
    for (index, field) in fields.enumerated() {
      let value = hasDefaults && index > required ? types.fieldDefault(field) : nil
      text.line(
        "\(indent)\(names[index]): \(types.text(field.type, .field))"
          + (value.map { " = \($0)" } ?? ""))
      documented(field.documentation, indent)
    }
  }

  private mutating func variant(_ type: TypeDeclaration) {
    let name = pythonClass(type.name)
    let cases = type.cases.map { pythonClass($0.name) }
    open(name, type.documentation, more: "A base: match on \(listed(cases)).")
    if isStub {
      for one in type.cases {
        text.line("    @_dataclass(frozen=True, slots=True)")
        caseClass("    class \(pythonClass(one.name))(\(name)):", one, type, "    ")
      }
      members(type)
      return
    }
    text.line("    __slots__ = ()")
    text.line()
    members(type)
    for one in type.cases {
      text.line("@_binding.case(\(name), \(pythonText(pythonClass(one.name))))")
      text.line("@_dataclass(frozen=True, slots=True)")
      caseClass("class _\(name)\(pythonClass(one.name))(\(name)):", one, type, "")
    }
  }

  private mutating func caseClass(
    _ head: String, _ one: Case, _ type: TypeDeclaration, _ indent: String
  ) {
    let start = text.lines.count
    text.line(head)
    documented(one.documentation, indent + "    ")
    if text.lines.count > start + 1 { text.line() }
    fields(one.payload, names(one, type), indent + "    ", hasDefaults: false)
    if text.lines.count == start + 1 { text.line("\(indent)    pass") }
    text.line()
  }

  func names(_ one: Case, _ type: TypeDeclaration) -> [String] {
    one.payload.map { pythonName($0, of: one, in: type) }
  }

  func listed(_ names: [String]) -> String {
    names.count < 2
      ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
  }

  // MARK: Errors

  private mutating func error(_ type: TypeDeclaration) {
    let name = pythonClass(type.name)
    let cases = type.cases.map { pythonClass($0.name) }
    open(
      "\(name)(_tenon.Error)", type.documentation,
      more: "Catch it, or one of \(listed(cases)).")
    if isStub {
      for one in type.cases { errorCase(one, name, type, "    ") }
    } else {
      for one in type.cases {
        text.line("@_binding.case(\(name), \(pythonText(pythonClass(one.name))))")
        errorCase(one, name, type, "")
      }
    }
    members(type)
  }

  private mutating func errorCase(
    _ one: Case, _ base: String, _ type: TypeDeclaration, _ indent: String
  ) {
    text.line(
      "\(indent)class \(isStub ? "" : "_" + base)\(pythonClass(one.name))(\(base)):")
    let start = text.lines.count
    documented(one.documentation, indent + "    ")
    if text.lines.count > start { text.line() }
    let names = names(one, type)
    if isStub { fields(one.payload, names, indent + "    ", hasDefaults: false) }
    let given = zip(names, one.payload).map { "\($0): \(types.text($1.type, .field))" }
    if isStub, !one.payload.isEmpty { text.line() }
    let parameters = (["self"] + given).joined(separator: ", ")
    if isStub {
      text.line("\(indent)    def __init__(\(parameters)) -> None: ...")
    } else {
      text.line("    def __init__(\(parameters)) -> None:")
      let shown = names.map { "\($0)={\($0)!r}" }.joined(separator: ", ")
      let message = names.isEmpty ? pythonText(one.name) : "f\"\(one.name)(\(shown))\""
      text.line(
        "        super().__init__(\(pythonText(type.domain ?? "")), \(one.number), \(message))")
      for name in names { text.line("        self.\(name) = \(name)") }
    }
    text.line()
  }

  // MARK: Objects and protocols

  private mutating func object(_ type: TypeDeclaration) {
    let base = type.superclass.map(pythonClass) ?? "_tenon.Object"
    open("\(pythonClass(type.name))(\(base))", type.documentation)
    if !isStub { text.line("    __slots__ = ()\n") }
    members(type)
    let ends = type.functions.first {
      $0.name == "close" && $0.parameters.isEmpty && !$0.isStatic && $0.kind == .method
        && $0.result.kind == .void
    }
    if let ends { contextManager(type, isAsync: ends.isAsync) }
    if isStub, type.functions.isEmpty, type.constants.isEmpty { text.line("    ...\n") }
  }

  /// `with` and `async with` end in close().
  private mutating func contextManager(_ type: TypeDeclaration, isAsync: Bool) {
    let (a, def) = isAsync ? ("a", "async def") : ("", "def")
    let name = pythonClass(type.name)
    let object = types.builtin("object")
    let tail = isStub ? " ..." : ""
    text.line("    \(def) __\(a)enter__(self) -> \(name):\(tail)")
    if !isStub { text.line("        return self") }
    text.line()
    text.line("    \(def) __\(a)exit__(self, *_: \(object)) -> None:\(tail)")
    if !isStub { text.line("        \(isAsync ? "await " : "")self.close()") }
    text.line()
  }

  private mutating func protocol_(_ type: TypeDeclaration) {
    open("\(pythonClass(type.name))(_Protocol)", type.documentation)
    let settable = Set(type.functions.filter { $0.kind == .setter }.map(\.name))
    for function in type.functions where function.kind != .setter {
      let name = requirementName(function)
      if function.kind == .getter, !function.isAsync {
        if settable.contains(function.name) {
          text.line("    \(name): \(types.text(function.result, .given))")
          documented(function.documentation, "    ")
          text.line()
          continue
        }
        text.line("    @\(types.builtin("property"))")
      }
      let given = function.parameters.map {
        "\(pythonName($0.name)): \(types.text($0.type, .field))"
      }
      let parameters = (["self"] + given + (given.isEmpty ? [] : ["/"])).joined(separator: ", ")
      text.line(
        "    \(function.isAsync ? "async " : "")def \(name)(\(parameters)) -> \(types.text(function.result, .given)):"
      )
      let before = text.lines.count
      docstring(of: function, "        ")
      if text.lines.count == before { text.append(" ...") }
      text.line()
    }
  }

  /// What Python implements for a requirement: a method, or a property.
  func requirementName(_ function: Function) -> String {
    pythonName(function.kind == .method ? function.symbol : snakeCase(function.name))
  }
}
