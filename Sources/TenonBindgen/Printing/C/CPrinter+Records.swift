/// Structs, and unions with a kind.
extension CPrinter {
  mutating func record(_ type: TypeDeclaration) {
    for field in type.fields { need(field.type) }
    let taken = usage.uses[type.symbol]?.isGiven == true
    var extra = "Fill in one with \(type.symbol)_init()."
    if taken {
      let parts = interface.holdsObjects(type) ? "strings, lists and objects" : "strings and lists"
      extra +=
        " One that you take is a single block: its \(parts) live as long as it does, and \(type.symbol)_free() ends all of it."
      if interface.holdsObjects(type) { extra += " Retain an object that you keep for longer." }
    }
    comment(type.documentation, extra: [extra])
    structure(type.symbol) { printer in
      printer.rows(
        [("  size_t struct_size;", "sizeof(\(type.symbol)_t): later versions append fields")]
          + type.fields.map { field in
            (
              "  \(printer.forms.field(field.type).type)\(field.symbol);",
              printer.fieldComment(field)
            )
          })
    }
    let name = memberName(type.name.split(separator: ".").last.map(String.init) ?? "record")
    text.add(
      """
      static inline \(type.symbol)_t \(type.symbol)_init(void) {
        \(type.symbol)_t \(name);
        memset(&\(name), 0, sizeof \(name));
        \(name).struct_size = sizeof \(name);
      """)
    for field in type.fields { start("\(name).\(field.symbol)", field) }
    text.add("  return \(name);\n}\n")
    constants(type.constants)
  }

  /// Gives a field its default, if that is more than zero.
  mutating func start(_ place: String, _ field: Field) {
    guard let value = field.defaultValue,
      let literal = LiteralDefault(value, of: field.type, in: interface)
    else { return }
    let inside = field.type.kind == .optional ? field.type.element : field.type
    let isFlagged = field.type.kind == .optional && inside.isScalar && value != "nil"
    let written: String
    switch literal {
    case .zero: return
    case .boolean(let value): written = "\(value)"
    case .number(let number):
      written = number + (inside.kind == .float && Int64(number) == nil ? "f" : "")
    case .nanoseconds(let count): written = "\(count)"
    case .enumerationCase(let one):
      written = "\(capitals(inside.symbol ?? ""))_\(capitals(one.symbol))"
    case .text(let text): written = "TENON_STRING(\(text))"
    }
    if isFlagged {
      text.line("  \(place).is_some = true;")
    } else if ["0", "0.0", "false"].contains(written) {
      return
    }
    text.line("  \(place)\(isFlagged ? ".value" : "") = \(written);")
  }

  func fieldComment(_ field: Field) -> String {
    let comment = comment(of: field)
    guard let value = field.defaultValue, value != "nil" else { return comment }
    let shown = isShort(value) ? value : "Swift's default"
    let note: String
    if let literal = LiteralDefault(value, of: field.type, in: interface) {
      guard let shown = self.shown(literal, field.type) else { return comment }
      note = "default: \(shown)"
    } else if [.record, .variant].contains(field.type.kind) {
      note = "NULL: \(shown)"
    } else {
      note = "zero here, not \(shown)"
    }
    return comment.isEmpty ? note : "\(comment); \(note)"
  }

  /// A default as readers of C know it; nil: zero, which is what they expect.
  func shown(_ literal: LiteralDefault, _ type: TypeReference) -> String? {
    let inside = type.kind == .optional ? type.element : type
    switch literal {
    case .zero: return nil
    case .boolean(let value): return value || type.kind == .optional ? "\(value)" : nil
    case .number(let number): return Double(number) != 0 || type.kind == .optional ? number : nil
    case .nanoseconds(let count):
      let units: [(Int64, String)] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")]
      guard count != 0 || type.kind == .optional else { return nil }
      let unit = units.first { count % $0.0 == 0 } ?? (1, "ns")
      return "\(count / unit.0) \(unit.1)"
    case .enumerationCase(let one):
      return "\(capitals(inside.symbol ?? ""))_\(capitals(one.symbol))"
    case .text(let text): return text
    }
  }

  func comment(of field: Field) -> String {
    let summary = ([field.documentation.summary] + field.documentation.details).filter {
      !$0.isEmpty
    }.joined(separator: " ")
    let words = phrase(linked(summary))
    if let unit = unit(field.type) { return words.isEmpty ? unit : "\(words); \(unit)" }
    guard field.type.kind == .optional else { return words }
    let inside = field.type.element
    if inside.isScalar {
      let unit = unit(inside).map { "; \($0)" } ?? ""
      return (words.isEmpty ? "optional" : "optional: \(words)") + unit
    }
    let none =
      [.record, .variant, .error, .object].contains(inside.kind)
      ? "may be NULL" : ".data is NULL"
    return words.isEmpty ? "optional: \(none)" : "\(words); optional: \(none)"
  }

  private func unit(_ type: TypeReference) -> String? {
    switch type.kind {
    case .duration: "nanoseconds"
    case .date: "nanoseconds since 1970"
    default: nil
    }
  }

  mutating func variant(_ type: TypeDeclaration) {
    for one in type.cases { for field in one.payload { need(field.type) } }
    let prefix = capitals(type.symbol)
    text.line("/** A reader meets kinds that it does not know: have a default. */")
    enumeration("\(type.symbol)_kind_t", type.cases, prefix)
    text.dropBlank()
    var extra: [String] = []
    if usage.uses[type.symbol]?.isGiven == true {
      extra = ["One that you take is a single block, which \(type.symbol)_free() ends."]
    }
    comment(type.documentation, extra: extra, short: true)
    structure(type.symbol) { $0.unionBody(type, "\(type.symbol)_kind_t kind;", prefix) }
    text.dropBlank()
    for one in type.cases { constructor(type, one, prefix) }
    text.line()
    constants(type.constants)
  }

  mutating func unionBody(_ type: TypeDeclaration, _ kind: String, _ prefix: String) {
    text.line("  size_t struct_size;")
    text.line("  \(kind)")
    guard type.hasPayload else { return }
    text.line("  union {")
    rows(
      type.cases.filter { !$0.payload.isEmpty }.map { one in
        let when = "\(prefix)_\(capitals(one.symbol))"
        let members = one.payload.map { forms.field($0.type).type }
        if one.isBare { return ("    \(members[0])\(memberName(one.name));", when) }
        let fields = zip(members, one.payload).map { "      \($0)\($1.symbol);\n" }.joined()
        return ("    struct {\n\(fields)    } \(memberName(one.name));", when)
      })
    text.line("  } as;")
  }

  mutating func constructor(_ type: TypeDeclaration, _ one: Case, _ prefix: String) {
    let name = memberName(type.name.split(separator: ".").last.map(String.init) ?? "value")
    var parameters = one.payload.map { (forms.field($0.type).type, $0.symbol, $0.symbol) }
    for index in parameters.indices where parameters[index].1 == name { parameters[index].1 += "_" }
    text.add(
      call(
        "static inline \(type.symbol)_t \(type.symbol)_\(one.symbol)",
        parameters.isEmpty ? ["void"] : parameters.map { $0.0 + $0.1 }, " {"))
    text.add(
      """
        \(type.symbol)_t \(name);
        memset(&\(name), 0, sizeof \(name));
        \(name).struct_size = sizeof \(name);
        \(name).kind = \(prefix)_\(capitals(one.symbol));
      """)
    for (_, parameter, field) in parameters {
      let place = one.isBare ? memberName(one.name) : "\(memberName(one.name)).\(field)"
      text.line("  \(name).as.\(place) = \(parameter);")
    }
    text.add("  return \(name);\n}")
  }
}
