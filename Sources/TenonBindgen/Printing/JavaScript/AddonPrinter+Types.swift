/// Tables of types: what they are, and how they stand in C's structs.
extension AddonPrinter {
  /// The name of a type's table, which is printed if it is not there yet.
  mutating func table(_ type: TypeReference, _ usesNumbers: Bool) -> String {
    let name = "type_" + stem(type, usesNumbers)
    guard known.insert(name).inserted else { return name }
    types.line("static const tenon_node_type_t \(name);")
    let of = type.of.map { "&" + table($0, usesNumbers) }
    let form = layout(type)
    let element = of.first ?? "NULL"
    let value = of.count > 1 ? of[1] : "NULL"
    let about = about(type, usesNumbers)
    let makeValue = makeValue(type)
    types.line(
      "static const tenon_node_type_t \(name) = {TENON_NODE_TYPE_\(kind(type)), \(isNumber(type, usesNumbers)), \(form.size), \(form.alignment),"
    )
    types.line("    \(element), \(value), \(about), \(makeValue)};")
    return name
  }

  private func stem(_ type: TypeReference, _ usesNumbers: Bool) -> String {
    switch type.kind {
    case .int: "int"
    case .uint: "uint"
    case .int64, .uint64: type.kind.rawValue + (usesNumbers ? "_number" : "")
    case .optional: "optional_" + stem(type.element, usesNumbers)
    case .list, .set, .stream: "\(type.kind.rawValue)_\(stem(type.element, usesNumbers))"
    case .dictionary:
      "map_\(stem(type.of[0], usesNumbers))_to_\(stem(type.of[1], usesNumbers))"
    case .closure:
      (type.symbol ?? "") + (usesNumbers && type.hasLongIntegers ? "_number" : "")
    case .record, .enumeration, .variant, .error, .object, .interface:
      type.symbol ?? type.kind.rawValue
    default: type.kind.rawValue
    }
  }

  private func kind(_ type: TypeReference) -> String {
    switch type.kind {
    case .int: "INT64"
    case .uint: "UINT64"
    case .url: "STRING"
    case .error: "VARIANT"
    case .closure, .interface: "CALLBACK"
    default: type.kind.rawValue.uppercased()
    }
  }

  private func isNumber(_ type: TypeReference, _ usesNumbers: Bool) -> String {
    switch type.kind {
    case .int, .uint: "true"
    case .int64, .uint64: usesNumbers ? "true" : "false"
    default: "false"
    }
  }

  private func layout(_ type: TypeReference) -> (size: Int, alignment: Int) {
    let inside = type.kind == .optional ? type.element : type
    switch inside.kind {
    case .void: return (0, 1)
    case .closure: return (24, 8)
    case .stream: return (8, 8)
    default:
      let form = forms.field(type)
      return (form.size, form.alignment)
    }
  }

  private mutating func about(_ type: TypeReference, _ usesNumbers: Bool) -> String {
    let symbol = type.symbol ?? ""
    if type.kind == .closure { return closure(type, usesNumbers) }
    guard type.name != nil else { return "NULL" }
    if let own = interface.types.first(where: { $0.symbol == symbol }) { declared(own) }
    let (kind, name) = declaredTable(type.kind, symbol)
    foreign(kind, name)
    return "&" + name
  }

  private func declaredTable(_ kind: TypeReference.Kind, _ symbol: String) -> (String, String) {
    switch kind {
    case .record: ("record", "record_\(symbol)")
    case .object: ("class", "class_\(symbol)")
    case .interface: ("callback", "callback_\(symbol)")
    default: ("cases", "cases_\(symbol)")
    }
  }

  /// The table of a type that this module declares; of a class see classTable().
  mutating func declared(_ type: TypeDeclaration) {
    switch type.kind {
    case .record: record(type)
    case .enumeration, .variant, .error: caseTable(type)
    case .object: forwardClass(type.symbol)
    case .interface: interfaceTable(type)
    }
  }

  /// Of blocks that JavaScript gives as values: what its callbacks answer, and items of its streams.
  private mutating func makeValue(_ type: TypeReference) -> String {
    guard type.isBlock, type.kind != .optional else { return "NULL" }
    let prefix = forms.blockPrefix(type)
    guard usage.uses[prefix]?.isMade == true else { return "NULL" }
    if known.insert("make \(prefix)").inserted {
      types.add(
        """
        static tenon_status_t make_\(prefix)(const void *block, tenon_value_t *value_out) {
          return \(prefix)_make_value(block, value_out);
        }
        """)
    }
    return "make_\(prefix)"
  }

  // MARK: Declared types

  private mutating func fields(
    _ fields: [(name: String, field: Field)], _ owner: String, _ usesNumbers: Bool
  ) -> String {
    if fields.isEmpty { return "NULL" }
    let rows = fields.map { name, field in
      "    {\(quoted(name)), &\(table(field.type, usesNumbers)), \(field.offset), \(field.defaultValue != nil)},"
    }
    types.line("static const tenon_node_field_t fields_\(owner)[] = {")
    for row in rows { types.line(row) }
    types.line("};")
    return "fields_\(owner)"
  }

  private mutating func record(_ type: TypeDeclaration) {
    guard known.insert("record \(type.symbol)").inserted else { return }
    foreign("record", "record_\(type.symbol)")
    let fields = self.fields(
      type.fields.map { (JavaScriptNames.member($0.name), $0) }, type.symbol, type.usesNumbers)
    var initializer = "NULL"
    if type.fields.contains(where: { $0.defaultValue != nil }) {
      initializer = "init_\(type.symbol)"
      types.add(
        """
        static void init_\(type.symbol)(void *record) {
          \(type.symbol)_t made = \(type.symbol)_init();
          memcpy(record, &made, sizeof made);
        }
        """)
    }
    types.line(
      "const tenon_node_record_t record_\(type.symbol) = {\"\(article(type))\", sizeof(\(type.symbol)_t), \(type.fields.count), \(fields), \(initializer)};"
    )
  }

  mutating func caseTable(_ type: TypeDeclaration) {
    guard known.insert("cases \(type.symbol)").inserted else { return }
    foreign("cases", "cases_\(type.symbol)")
    let rows = type.cases.map { one in
      let fields = self.fields(
        one.payload.map { (JavaScriptNames.field($0, of: one, in: type), $0) },
        "\(type.symbol)_\(one.symbol)", type.usesNumbers)
      return
        "    {\(quoted(JavaScriptNames.member(one.name))), \(one.number), \(one.payload.count), \(fields)},"
    }
    types.line("static const tenon_node_case_t case_list_\(type.symbol)[] = {")
    for row in rows { types.line(row) }
    types.line("};")
    let size = type.kind == .enumeration ? "4" : "sizeof(\(type.symbol)_t)"
    types.line(
      "const tenon_node_cases_t cases_\(type.symbol) = {\"\(article(type))\", \(size), \(type.cases.count), case_list_\(type.symbol)};"
    )
  }

  /// For a TypeError: a Document.
  private func article(_ type: TypeDeclaration) -> String {
    let name = JavaScriptNames.type(type.name)
    return ("AEIOU".contains(name.first ?? "x") ? "an " : "a ") + name
  }
}
