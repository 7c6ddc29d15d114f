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

  /// Whether the author has names that hide builtins.
  let hidesBuiltins: Bool

  init(_ interface: Interface) {
    var names: [String] = interface.functions.map { pythonName($0.name) }
    for type in interface.types {
      names += type.functions.map { pythonName($0.name) } + type.fields.map { pythonName($0.name) }
      names += type.cases.flatMap(\.payload).map { pythonName($0.name) }
    }
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
      return pythonClass(type.name ?? "")
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
    guard let text else { return nil }
    let inside = type.kind == .optional ? type.element : type
    if text == "nil" { return "None" }
    switch inside.kind {
    case .bool: return text == "true" ? "True" : text == "false" ? "False" : nil
    case .string:
      guard text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2, !text.hasPrefix("\"\"\""),
        !text.contains("\\")
      else { return nil }
      return pythonText(String(text.dropFirst().dropLast()))
    case .enumeration:
      guard text.hasPrefix("."), text.dropFirst().allSatisfy({ $0.isLetter || $0.isNumber }) else {
        return nil
      }
      return "\(pythonClass(inside.name ?? "")).\(snakeCase(String(text.dropFirst())).uppercased())"
    case .list, .set: return text == "[]" && inside.kind == .list ? "()" : nil
    case .float, .double: return isNumber(text) ? text : nil
    default:
      return inside.isScalar && inside.kind != .duration && isNumber(text) ? text : nil
    }
  }

  private func isNumber(_ text: String) -> Bool {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    return digits.first?.isNumber == true
      && digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_" || $0 == "e") }
  }

  /// What a field is if nobody says; nil: it has to be said.
  func fieldDefault(_ field: Field) -> String? {
    if let value = defaultValue(field.defaultValue, field.type), value != "()" { return value }
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
