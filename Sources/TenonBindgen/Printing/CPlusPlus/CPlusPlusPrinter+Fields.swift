/// How structs are read and lent: nothing for users from here on.
extension CPlusPlusPrinter {
  var library: String { interface.library }

  func qualified(_ type: TypeDeclaration) -> String { "\(types.space)::\(types.short(type))" }

  /// The name from outside of the namespace.
  func outer(_ type: TypeReference) -> String {
    types.name(type, hidden: types.allNames)
  }

  mutating func fields() {
    text.line("namespace tenon::detail::record {")
    text.line()
    for type in ordered() {
      let suffix = type.kind == .variant ? "::any" : type.kind == .error ? "::variant" : ""
      text.line("template <> struct field<\(qualified(type))\(suffix)>;")
    }
    text.line()
    for type in objects {
      let name = qualified(type)
      text.line("template <>")
      text.line(
        "struct field<\(name)> : object_field<\(name), \(type.symbol)_t, \(type.symbol)_retain> {};"
      )
      text.line()
    }
    for type in ordered() {
      switch type.kind {
      case .record:
        structure(qualified(type), type) { printer in
          for field in type.fields {
            printer.text.line(
              "    field<\(printer.outer(field.type))>::read(c.\(field.symbol), out.\(field.symbol));"
            )
          }
        } lend: { printer in
          for field in type.fields {
            printer.text.line(
              "    field<\(printer.outer(field.type))>::lend(lender, from.\(field.symbol), c.\(field.symbol));"
            )
          }
        }
      case .variant: variantField("\(qualified(type))::any", "\(qualified(type))::", type, "kind")
      case .error: variantField("\(qualified(type))::variant", "\(qualified(type))::", type, "code")
      default: break
      }
    }
    text.line("} // namespace tenon::detail::record")
    text.line()
  }

  mutating func structure(
    _ name: String, _ type: TypeDeclaration, read: (inout CPlusPlusPrinter) -> Void,
    lend: (inout CPlusPlusPrinter) -> Void
  ) {
    text.line("template <>")
    text.line("struct field<\(name)> : structure<field<\(name)>, \(name), \(type.symbol)_t> {")
    text.line("  static void read_struct(const \(type.symbol)_t &c, \(name) &out) {")
    read(&self)
    text.line("  }")
    text.line(
      "  static void lend_struct([[maybe_unused]] lender &lender, const \(name) &from, \(type.symbol)_t &c) {"
    )
    text.line("    c.struct_size = sizeof c;")
    lend(&self)
    text.line("  }")
    text.line("};")
    text.line()
  }

  mutating func variantField(
    _ name: String, _ scope: String, _ type: TypeDeclaration, _ tag: String
  ) {
    func place(_ one: Case, _ field: Field) -> String {
      one.isBare ? "c.as.\(memberName(one.name))" : "c.as.\(memberName(one.name)).\(field.symbol)"
    }
    func member(_ one: Case, _ field: Field) -> String { one.isBare ? "value" : field.symbol }
    structure(name, type) { printer in
      printer.text.line("    switch (static_cast<std::int32_t>(c.\(tag))) {")
      for one in type.cases {
        printer.text.line("    case \(one.number): {")
        printer.text.line(
          "      \(one.payload.isEmpty ? "" : "auto &made = ")out.emplace<\(scope)\(printer.caseName(one, of: type))>();"
        )
        for field in one.payload {
          printer.text.line(
            "      field<\(printer.outer(field.type))>::read(\(place(one, field)), made.\(member(one, field)));"
          )
        }
        printer.text.line("      break;\n    }")
      }
      printer.text.line("    default: raise(TENON_STATUS_UNSUPPORTED);\n    }")
    } lend: { printer in
      for (index, one) in type.cases.enumerated() {
        let isUsed = !one.payload.isEmpty
        printer.text.line(
          "    if (\(isUsed ? "const auto *some = " : "")std::get_if<\(scope)\(printer.caseName(one, of: type))>(&from)\(isUsed ? "" : "")) {"
        )
        printer.text.line("      c.\(tag) = static_cast<decltype(c.\(tag))>(\(one.number));")
        for field in one.payload {
          printer.text.line(
            "      field<\(printer.outer(field.type))>::lend(lender, some->\(member(one, field)), \(place(one, field)));"
          )
        }
        printer.text.line("    }")
        _ = index
      }
    }
  }
}
