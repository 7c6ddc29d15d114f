/// Enums and structs.
extension CPlusPlusPrinter {
  mutating func enumeration(_ type: TypeDeclaration) {
    documented(type.documentation)
    let cases = type.cases.map { "\(memberName($0.name)) = \($0.number)" }
    let whole =
      "enum class \(types.short(type)) : std::int32_t { \(cases.joined(separator: ", ")) };"
    if whole.count <= width, !type.cases.contains(where: { !$0.documentation.isEmpty }) {
      text.line(whole)
    } else {
      text.line("enum class \(types.short(type)) : std::int32_t {")
      rows(
        zip(type.cases, cases).map { one, code in
          ("  \(code),", phrase(linked(one.documentation.summary)))
        })
      text.line("};")
    }
    text.line()
  }

  /// Lines with comments after them, in line with each other.
  mutating func rows(_ rows: [(code: String, comment: String)]) {
    func fits(_ row: (code: String, comment: String), _ column: Int) -> Bool {
      !row.comment.isEmpty && column + row.comment.count + 6 <= width
    }
    let column = rows.filter { fits($0, $0.code.count) }.map(\.code.count).max() ?? 0
    for row in rows {
      if row.comment.isEmpty {
        text.line(row.code)
      } else if fits(row, max(column, row.code.count)) {
        let space = String(repeating: " ", count: max(0, column - row.code.count))
        text.line("\(row.code)\(space) ///< \(row.comment)")
      } else {
        for line in wrap(row.comment, width - 6) { text.line("  /// \(line)") }
        text.line(row.code)
      }
    }
  }

  func initial(_ type: TypeReference, _ hidden: Set<String>) -> String {
    switch type.kind {
    case .bool: return " = false"
    case .float, .double: return " = 0"
    case .duration, .date, .uuid: return "{}"
    case .enumeration:
      let first = interface.types.first { $0.symbol == type.symbol }?.cases.first
      return first.map { " = \(types.name(type, hidden: hidden))::\(memberName($0.name))" } ?? "{}"
    default: return type.isScalar ? " = 0" : "{}"
    }
  }

  /// What a field is before it is filled in: its default in Swift, or zero.
  func initial(_ field: Field, _ hidden: Set<String>) -> String {
    guard let value = field.defaultValue,
      let literal = LiteralDefault(value, of: field.type, in: interface)
    else { return initial(field.type, hidden) }
    let written = written(literal, field.type, hidden)
    return written == "{}" ? initial(field.type, hidden) : " = \(written)"
  }

  mutating func record(_ type: TypeDeclaration) {
    documented(type.documentation)
    let name = types.short(type)
    let hidden = Set(type.fields.map(\.symbol) + type.functions.map { methodName($0) })
    text.line("struct \(name) {")
    constants(type.constants, "  ")
    rows(
      type.fields.map { field in
        var summary = phrase(linked(field.documentation.summary))
        if let value = field.defaultValue,
          LiteralDefault(value, of: field.type, in: interface) == nil
        {
          summary += summary.isEmpty ? "" : "; "
          summary += "not \(isShort(value) ? value : "the default"), which Swift begins with"
        }
        let name = types.name(field.type, hidden: hidden)
        return ("  \(name) \(field.symbol)\(initial(field, hidden));", summary)
      })
    for function in type.functions {
      declaration(function, indent: "  ", suffix: function.isStatic ? "" : " const")
    }
    if !interface.holdsObjects(type) {
      text.line("  friend bool operator==(const \(name) &, const \(name) &) = default;")
    }
    text.line("};")
    text.line()
    view(type)
  }

  mutating func alternatives(_ type: TypeDeclaration, indent: String) {
    for one in type.cases {
      let comment = phrase(linked(one.documentation.summary))
      let tail = comment.isEmpty ? "" : " ///< \(comment)"
      let hidden = Set(type.cases.map { caseName($0, of: type) } + one.payload.map(\.symbol))
      let fields = one.payload.map { field in
        let start = isRecursive(type) && !field.type.isScalar ? "" : initial(field.type, hidden)
        return
          "\(types.name(field.type, hidden: hidden)) \(one.isBare ? "value" : field.symbol)\(start);"
      }
      let name = caseName(one, of: type)
      let ending = isRecursive(type) ? ";" : " = default;"
      let equal = "friend bool operator==(const \(name) &, const \(name) &)\(ending)"
      text.line("\(indent)struct \(name) {\(tail)")
      for field in fields { text.line("\(indent)  \(field)") }
      let isComparable =
        isRecursive(type)
        ? !interface.holdsObjects(type)
        : !one.payload.contains { interface.holdsObjects($0.type) }
      if isComparable {
        text.line("\(indent)  \(equal)")
      }
      text.line("\(indent)};")
    }
  }

  mutating func variant(_ type: TypeDeclaration) {
    documented(type.documentation)
    let base = union(type)
    text.line("namespace \(types.short(type)) {")
    if isRecursive(type) {
      text.line("struct any;")
      alternatives(type, indent: "")
      text.line("struct any : \(base) {")
      text.line("  using variant::variant;")
      text.line("};")
      for one in type.cases where !interface.holdsObjects(type) {
        let name = caseName(one, of: type)
        let equal = one.payload.map { field in
          let member = one.isBare ? "value" : field.symbol
          return "left.\(member) == right.\(member)"
        }
        let names = equal.isEmpty ? ("", "") : ("left", "right")
        text.line(
          "inline bool operator==(const \(name) &\(names.0), const \(name) &\(names.1)) {")
        text.line("  return \(equal.isEmpty ? "true" : equal.joined(separator: " && "));")
        text.line("}")
      }
    } else {
      alternatives(type, indent: "")
      text.line("using any = \(base);")
    }
    text.line("} // namespace \(types.short(type))")
    text.line()
  }

  /// Whether a type holds itself, in a list or a map.
  func isRecursive(_ type: TypeDeclaration) -> Bool {
    type.cases.flatMap(\.payload).contains { field in
      interface.reaches(field.type) { $0.symbol == type.symbol }
    }
  }
}
