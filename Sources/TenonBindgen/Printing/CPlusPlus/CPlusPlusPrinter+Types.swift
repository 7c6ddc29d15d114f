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
      for (one, code) in zip(type.cases, cases) {
        let comment = phrase(linked(one.documentation.summary))
        text.line("  \(code),\(comment.isEmpty ? "" : " ///< \(comment)")")
      }
      text.line("};")
    }
    text.line()
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
    for field in type.fields {
      var summary = phrase(linked(field.documentation.summary))
      if let value = field.defaultValue, LiteralDefault(value, of: field.type, in: interface) == nil
      {
        summary += summary.isEmpty ? "" : "; "
        summary += "not \(isShort(value) ? value : "the default"), which Swift begins with"
      }
      let code =
        "  \(types.name(field.type, hidden: hidden)) \(field.symbol)\(initial(field, hidden));"
      if summary.isEmpty {
        text.line(code)
      } else if code.count + summary.count + 6 <= width {
        text.line("\(code) ///< \(summary)")
      } else {
        for line in wrap(summary, width - 6) { text.line("  /// \(line)") }
        text.line(code)
      }
    }
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

  /// A record without a copy.
  mutating func view(_ type: TypeDeclaration) {
    guard usage.uses[type.symbol]?.isGiven == true else { return }
    let name = types.short(type)
    text.line("/// The same without a copy: the library's own block, read in place.")
    text.line("class \(name)_view {")
    text.line("public:")
    for field in type.fields {
      let path = "block_->\(field.symbol)"
      switch field.type.kind {
      case .string, .url:
        text.line(
          "  std::string_view \(field.symbol)() const noexcept { return {\(path).data, \(path).size}; }"
        )
      case .bytes:
        text.line("  std::span<const std::byte> \(field.symbol)() const noexcept {")
        text.line("    return std::as_bytes(std::span(\(path).data, \(path).size));\n  }")
      case .list where field.type.element.isScalar && field.type.element.kind != .enumeration:
        let element = types.name(field.type.element)
        if field.type.element.isConvertedScalar { continue }
        text.line("  std::span<const \(element)> \(field.symbol)() const noexcept {")
        text.line("    return {\(path).data, \(path).count};\n  }")
      case .enumeration:
        text.line(
          "  \(interface.library)::\(types.name(field.type)) \(field.symbol)() const noexcept {")
        text.line(
          "    return static_cast<\(interface.library)::\(types.name(field.type))>(\(path));\n  }")
      case _ where field.type.isConvertedScalar:
        let type = types.name(field.type)
        text.line("  \(type) \(field.symbol)() const noexcept {")
        text.line("    return tenon::detail::record::read<\(type)>(\(path));\n  }")
      default:
        if field.type.isScalar {
          text.line(
            "  \(types.name(field.type)) \(field.symbol)() const noexcept { return \(path); }")
        }
      }
    }
    text.add(
      """
        /// C's struct.
        const \(type.symbol)_t &raw() const noexcept { return *block_; }
        \(name) copy() const;

        /// Takes over a block from C.
        explicit \(name)_view(\(type.symbol)_t *block) noexcept : block_(block) {}

      private:
        struct ender {
          void operator()(\(type.symbol)_t *block) const noexcept { \(type.symbol)_free(block); }
        };
        std::unique_ptr<\(type.symbol)_t, ender> block_;
      };

      """)
  }

  mutating func alternatives(_ type: TypeDeclaration, indent: String) {
    for one in type.cases {
      let comment = phrase(linked(one.documentation.summary))
      let tail = comment.isEmpty ? "" : " ///< \(comment)"
      let hidden = Set(type.cases.map { memberName($0.name) } + one.payload.map(\.symbol))
      let fields = one.payload.map { field in
        let start = isRecursive(type) && !field.type.isScalar ? "" : initial(field.type, hidden)
        return
          "\(types.name(field.type, hidden: hidden)) \(one.isBare ? "value" : field.symbol)\(start);"
      }
      let name = memberName(one.name)
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
        let name = memberName(one.name)
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
