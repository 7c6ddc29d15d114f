/// Types as Python writes them.
struct PythonTypes {
  enum Use {
    /// What a caller may give: the widest that is taken.
    case given
    /// What Swift gives.
    case taken
    /// A field, which is both.
    case field
  }

  let interface: Interface
  /// What types of other modules are called here.
  let foreign: ForeignNames
  /// Whether the author has names that hide builtins.
  let hidesBuiltins: Bool

  init(_ interface: Interface) {
    self.interface = interface
    var names: [String] = interface.functions.map { pythonName($0.name) }
    for type in interface.types {
      names += type.functions.map { pythonName($0.name) } + type.fields.map { pythonName($0.name) }
      names += type.cases.flatMap(\.payload).map { pythonName($0.name) }
    }
    foreign = ForeignNames(
      interface, taken: interface.functions.map { pythonName($0.name) }, call: pythonClass)
    hidesBuiltins = names.contains { pythonBuiltins.contains($0) }
  }

  func builtin(_ name: String) -> String { hidesBuiltins ? "_builtins." + name : name }

  func text(_ type: TypeReference, _ use: Use) -> String {
    switch type.kind {
    case .void: return "None"
    case .bool: return builtin("bool")
    case .float, .double: return builtin("float")
    case .string, .url: return builtin("str")
    case .duration: return "_timedelta"
    case .date: return "_datetime"
    case .uuid: return "_UUID"
    case .bytes:
      switch use {
      case .given:
        return ["bytes", "bytearray", "memoryview"].map(builtin).joined(separator: " | ")
      case .taken: return builtin("memoryview")
      case .field: return builtin("bytes")
      }
    case .optional:
      let inside = text(type.element, use)
      return inside.hasSuffix("| None") ? inside : inside + " | None"
    case .list: return list(type, use)
    case .set:
      return (use == .taken ? builtin("set") : "_Set") + "[\(text(type.element, inner(use)))]"
    case .dictionary:
      let parts = type.of.map { text($0, inner(use)) }.joined(separator: ", ")
      return (use == .taken ? builtin("dict") : "_Mapping") + "[\(parts)]"
    case .closure: return closure(type)
    case .stream:
      return use == .given
        ? "_AsyncIterable[\(text(type.element, .field))]"
        : "_tenon.Stream[\(text(type.element, .taken))]"
    case .record, .enumeration, .variant, .error, .object, .interface:
      return foreign[type] ?? pythonClass(type.name ?? "")
    default: return builtin("int")
    }
  }

  /// Bytes inside of something are never views.
  private func inner(_ use: Use) -> Use { .field }

  private func list(_ type: TypeReference, _ use: Use) -> String {
    (use == .taken ? builtin("list") : "_Sequence") + "[\(text(type.element, inner(use)))]"
  }

  private func closure(_ type: TypeReference) -> String {
    guard let signature = type.signature else { return "_Callable[..., None]" }
    let parameters = signature.parameters.map { text($0, .field) }.joined(separator: ", ")
    let result = text(signature.result[0], .given)
    return "_Callable[[\(parameters)], \(signature.isAsync ? "_Awaitable[\(result)]" : result)]"
  }

  // MARK: Defaults

  /// A default value in Python; nil: only Swift has it.
  func defaultValue(_ text: String?, _ type: TypeReference) -> String? {
    guard let text, let value = LiteralDefault(text, of: type, in: interface) else { return nil }
    let inside = type.kind == .optional && text != "nil" ? type.element : type
    switch value {
    case .zero:
      switch inside.kind {
      case .list: return "()"
      case .set: return builtin("frozenset") + "()"
      case .dictionary: return "{}"
      case .bytes: return "b\"\""
      default: return "None"
      }
    case .boolean(let value): return value ? "True" : "False"
    case .number(let number): return number
    case .nanoseconds(let count): return timedelta(count)
    case .enumerationCase(let one):
      return "\(pythonClass(inside.name ?? "")).\(snakeCase(one.name).uppercased())"
    case .text(let text): return pythonText(String(text.dropFirst().dropLast()))
    }
  }

  /// Python counts in microseconds.
  private func timedelta(_ nanoseconds: Int64) -> String? {
    if nanoseconds == 0 { return "_timedelta()" }
    let units: [(String, Int64)] = [
      ("seconds", 1_000_000_000), ("milliseconds", 1_000_000), ("microseconds", 1000),
    ]
    for (unit, size) in units where nanoseconds % size == 0 {
      return "_timedelta(\(unit)=\(nanoseconds / size))"
    }
    return nil
  }

  /// What a field is if nobody says; nil: it has to be said.
  func fieldDefault(_ field: Field) -> String? {
    let isCollection = [.list, .set, .dictionary].contains(field.type.kind)
    if !isCollection, let value = defaultValue(field.defaultValue, field.type) { return value }
    // Swift's is not what is empty, and cannot be said here: so the caller says.
    if let own = field.defaultValue, !isCollection || !["[]", "[:]"].contains(own) { return nil }
    switch field.type.kind {
    case .optional: return "None"
    case .bool: return "False"
    case .float, .double: return "0.0"
    case .bytes: return "b\"\""
    case .list: return "_field(default_factory=\(builtin("list")))"
    case .set: return "_field(default_factory=\(builtin("set")))"
    case .dictionary: return "_field(default_factory=\(builtin("dict")))"
    case .duration: return "_timedelta()"
    case .int, .int8, .int16, .int32, .int64, .uint, .uint8, .uint16, .uint32, .uint64: return "0"
    default: return nil
    }
  }
}
