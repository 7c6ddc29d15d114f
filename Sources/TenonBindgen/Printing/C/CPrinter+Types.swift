/// Enums, and what types are made of.
extension CPrinter {
  mutating func types() {
    guard !interface.types.isEmpty || !usage.closures.isEmpty || !usage.order.isEmpty else {
      return
    }
    section("Types")
    for type in interface.types where type.kind == .object {
      var extra = "Reference counted: what you take or retain, you release."
      if let parent = type.superclass.flatMap({ interface.type(named: $0) }) {
        extra += " It is \(named(parent.symbol)), too: cast it."
      }
      comment(type.documentation, extra: [extra], short: true)
      text.add("typedef struct \(tag(type.symbol)) \(type.symbol)_t;\n")
      declared.insert(type.symbol)
      constants(type.constants)
    }
    for type in interface.types where type.kind == .enumeration {
      comment(type.documentation, short: true)
      enumeration("\(type.symbol)_t", type.cases, capitals(type.symbol))
      constants(type.constants)
    }
    for type in interface.types {
      if type.kind == .record { record(type) }
      if type.kind == .variant { variant(type) }
    }
    for key in usage.order {
      if let type = usage.uses[key]?.type { need(type) }
    }
    for function in interface.allFunctions {
      for parameter in function.parameters { need(parameter.type) }
      need(function.result)
    }
    for type in interface.types where type.kind == .interface { table(type) }
  }

  mutating func enumeration(_ name: String, _ cases: [Case], _ prefix: String) {
    text.line("TENON_ENUM(int32_t, \(name)){")
    rows(
      cases.map {
        (
          "    \(prefix)_\(capitals($0.symbol)) = \($0.number),",
          phrase(linked($0.documentation.summary))
        )
      })
    text.add("};\n")
  }

  /// Lines with comments after them, in line with each other.
  mutating func rows(_ rows: [(code: String, comment: String)]) {
    let longest =
      rows.filter { !$0.comment.isEmpty }.map { $0.code.split(separator: "\n").last?.count ?? 0 }
      .max() ?? 0
    for (code, comment) in rows {
      guard !comment.isEmpty else {
        text.add(code)
        continue
      }
      let last = code.split(separator: "\n").last?.count ?? 0
      let padded = code + String(repeating: " ", count: longest - last)
      if longest + comment.count + 10 <= width {
        text.add("\(padded) /**< \(comment) */")
      } else {
        let indent = code.prefix { $0 == " " }
        for (index, line) in wrap(comment, width - indent.count - 8).enumerated() {
          let parts = wrap(comment, width - indent.count - 8)
          let start = index == 0 ? (parts.count == 1 ? "/** " : "/** ") : "    "
          text.line("\(indent)\(start)\(line)\(index == parts.count - 1 ? " */" : "")")
        }
        text.add(code)
      }
    }
  }

  /// Declares what a type is made of, if that has not been done.
  mutating func need(_ type: TypeReference) {
    for part in type.of { need(part) }
    if let signature = type.signature {
      (signature.parameters + signature.result).forEach { need($0) }
    }
    if [.record, .variant, .error].contains(type.kind), let symbol = type.symbol,
      interface.types.contains(where: { $0.symbol == symbol }), declared.insert(symbol).inserted
    {
      text.add("typedef struct \(tag(symbol)) \(symbol)_t;\n")
    }
    for one in forms.derived(type) where derived.insert(one.name).inserted {
      switch one.kind {
      case .list:
        let element = one.parts[0].type
        let data = element.hasSuffix("*") ? "\(element)const *" : "const \(element)*"
        text.add(
          "typedef struct \(one.name) {\n  \(data)data;\n  size_t count;\n} \(one.name)_t;\n")
      case .optional:
        text.add(
          "typedef struct \(one.name) {\n  bool is_some;\n  \(one.parts[0].type)value;\n} \(one.name)_t;\n"
        )
      case .map:
        let entry = one.name.replacingSuffix("_map", "_entry")
        text.add(
          """
          typedef struct \(entry) {
            \(one.parts[0].type)key;
            \(one.parts[1].type)value;
          } \(entry)_t;
          /** In any order; a key that comes twice counts as it comes last. */
          typedef struct \(one.name) {
            const \(entry)_t *data;
            size_t count;
          } \(one.name)_t;

          """)
      }
    }
  }

  /// C++ has a namespace of the library's name, which no struct can have, too.
  func tag(_ symbol: String) -> String { symbol == interface.library ? symbol + "_t" : symbol }

  /// `typedef struct x {` and its end, or without the typedef if that has been given before.
  mutating func structure(_ symbol: String, _ body: (inout CPrinter) -> Void) {
    let isNew = declared.insert(symbol).inserted
    text.line(isNew ? "typedef struct \(tag(symbol)) {" : "struct \(tag(symbol)) {")
    body(&self)
    text.add(isNew ? "} \(symbol)_t;\n" : "};\n")
  }
}
