/// Prints the C header.
struct CPrinter {
  let interface: Interface
  let usage: Usage
  let signatures: CSignatures
  var forms: CForms { usage.forms }
  private var text = Text()
  private var declared: Set<String> = []
  private var derived: Set<String> = []

  init(_ interface: Interface) {
    self.interface = interface
    usage = Usage(interface)
    signatures = CSignatures(interface: interface, usage: usage)
  }

  mutating func print() -> String {
    let name = capitals(interface.library)
    opening(name)
    types()
    errors()
    functions()
    results()
    ending(name)
    return text.string
  }

  // MARK: Begin and end

  private mutating func opening(_ name: String) {
    let made =
      interface.version == "0.0.0" ? interface.module : "\(interface.module) \(interface.version)"
    text.add("/**\n * @file \(interface.library).h\n *")
    if !interface.documentation.summary.isEmpty {
      for paragraph in [interface.documentation.summary] + interface.documentation.details {
        for line in wrap(linked(paragraph), width - 3) { text.line(" * " + line) }
        text.line(" *")
      }
    }
    text.add(
      """
       * Every function is for any thread. What takes time gives a future, or a stream, of the executor that
       * it is called with; see <tenon/future.h> and <tenon/stream.h>. Pointers are lent for the call only,
       * unless it says otherwise.
       *
       * Made by tenon-bindgen from \(made). Do not edit.
       */
      #ifndef \(name)_H
      #define \(name)_H

      """)
    for other in interface.imports.sorted(by: { $0.library < $1.library }) {
      text.line("#include <\(other.library).h>")
    }
    text.line("#include <tenon/record.h> /* tenon_string_t, tenon_bytes_t, TENON_STRING() */")
    text.add("#include <tenon/tenon.h>\n")
    let version = interface.version.split(separator: ".")
    if interface.version != "0.0.0", version.count == 3 {
      text.add(
        """
        #define \(name)_VERSION_MAJOR \(version[0])
        #define \(name)_VERSION_MINOR \(version[1])
        #define \(name)_VERSION_PATCH \(version[2])

        """)
    }
    constants(interface.constants)
    text.add("TENON_BEGIN_DECLS\n")
  }

  private mutating func ending(_ name: String) {
    section("Whether library and header go together")
    text.add(
      """
      /** A number for the shape of all of this; each release that only adds keeps accepting the older ones. */
      #define \(name)_ABI 0x\(hex(interface.abi))u
      /** TENON_STATUS_OK, or UNSUPPORTED: compiled for another library. Bindings call it when they load. */
      TENON_API tenon_status_t \(interface.library)_check_abi(uint32_t abi) TENON_NOEXCEPT;

      """)
    for type in interface.types {
      let symbol = "\(type.symbol)_t"
      switch type.kind {
      case .record:
        guard let last = type.fields.last else { continue }
        assertion(
          "offsetof(\(symbol), \(last.symbol)) == \(last.offset)",
          "sizeof(\(symbol)) == \(type.size)")
      case .variant, .error:
        if type.hasPayload {
          assertion(
            "offsetof(\(symbol), as) == \(type.unionOffset)", "sizeof(\(symbol)) == \(type.size)")
        }
      default: break
      }
    }
    text.add("\nTENON_END_DECLS\n\n#endif /* \(name)_H */")
  }

  private mutating func assertion(_ first: String, _ second: String) {
    let whole = "TENON_STATIC_ASSERT(\(first) && \(second));"
    text.add(
      whole.count <= width
        ? whole : "TENON_STATIC_ASSERT(\(first) &&\n                    \(second));")
  }

  private mutating func section(_ title: String) {
    text.line()
    text.line(
      "/* ---- \(title) " + String(repeating: "-", count: max(2, width - 11 - title.count)) + " */")
    text.line()
  }

  private mutating func constants(_ constants: [Constant]) {
    for constant in constants {
      let comment = constant.documentation.summary
      if !comment.isEmpty { text.line("/** \(linked(comment)) */") }
      text.line("#define \(constant.symbol) \(literal(constant))")
    }
    if !constants.isEmpty { text.line() }
  }

  private func literal(_ constant: Constant) -> String {
    switch constant.type.kind {
    case .string: quoted(constant.value)
    case .float: constant.value + "f"
    case .int64, .int:
      constant.value == "\(Int64.min)"
        ? "INT64_MIN"
        : (Int32(constant.value) != nil ? constant.value : "INT64_C(\(constant.value))")
          .parenthesizedIfNegative
    case .uint64, .uint: "UINT64_C(\(constant.value))"
    case .uint8, .uint16, .uint32: constant.value + "u"
    default: constant.value.hasPrefix("-") ? "(\(constant.value))" : constant.value
    }
  }

  // MARK: Types

  private mutating func types() {
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
      text.add("typedef struct \(type.symbol) \(type.symbol)_t;\n")
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

  private mutating func enumeration(_ name: String, _ cases: [Case], _ prefix: String) {
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
  private mutating func rows(_ rows: [(code: String, comment: String)]) {
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
  private mutating func need(_ type: TypeReference) {
    for part in type.of { need(part) }
    if let signature = type.signature {
      (signature.parameters + signature.result).forEach { need($0) }
    }
    if [.record, .variant, .error].contains(type.kind), let symbol = type.symbol,
      interface.types.contains(where: { $0.symbol == symbol }), declared.insert(symbol).inserted
    {
      text.add("typedef struct \(symbol) \(symbol)_t;\n")
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

  /// `typedef struct x {` and its end, or without the typedef if that has been given before.
  private mutating func structure(_ symbol: String, _ body: (inout CPrinter) -> Void) {
    let isNew = declared.insert(symbol).inserted
    text.line(isNew ? "typedef struct \(symbol) {" : "struct \(symbol) {")
    body(&self)
    text.add(isNew ? "} \(symbol)_t;\n" : "};\n")
  }

  private mutating func record(_ type: TypeDeclaration) {
    for field in type.fields { need(field.type) }
    let taken = usage.uses[type.symbol]?.isGiven == true
    var extra = "Fill in one with \(type.symbol)_init()."
    if taken {
      extra +=
        " One that you take is a single block: its strings and lists live as long as it does, and \(type.symbol)_free() ends all of it."
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
        return \(name);
      }

      """)
    constants(type.constants)
  }

  private func fieldComment(_ field: Field) -> String {
    let summary = ([field.documentation.summary] + field.documentation.details).filter {
      !$0.isEmpty
    }.joined(separator: " ")
    let words = phrase(linked(summary))
    if field.type.kind == .duration {
      return words.isEmpty ? "nanoseconds" : words + "; nanoseconds"
    }
    guard field.type.kind == .optional else { return words }
    let inside = field.type.element
    if inside.isScalar {
      let unit = inside.kind == .duration ? "; nanoseconds" : ""
      return (words.isEmpty ? "optional" : "optional: \(words)") + unit
    }
    let none =
      inside.isBlock && ![.list, .set, .dictionary].contains(inside.kind)
      ? "may be NULL" : ".data is NULL"
    return words.isEmpty ? "optional: \(none)" : "\(words); optional: \(none)"
  }

  private mutating func variant(_ type: TypeDeclaration) {
    for one in type.cases { for field in one.payload { need(field.type) } }
    let prefix = capitals(type.symbol)
    text.line("/** A reader meets kinds that it does not know: have a default. */")
    enumeration("\(type.symbol)_kind_t", type.cases, prefix)
    dropBlank()
    var extra: [String] = []
    if usage.uses[type.symbol]?.isGiven == true {
      extra = ["One that you take is a single block, which \(type.symbol)_free() ends."]
    }
    comment(type.documentation, extra: extra, short: true)
    structure(type.symbol) { $0.unionBody(type, "\(type.symbol)_kind_t kind;", prefix) }
    dropBlank()
    for one in type.cases { constructor(type, one, prefix) }
    text.line()
    constants(type.constants)
  }

  private mutating func dropBlank() {
    var copy = Text()
    var lines = text.lines
    while lines.last == "" { lines.removeLast() }
    for line in lines { copy.line(line) }
    text = copy
  }

  private mutating func unionBody(_ type: TypeDeclaration, _ kind: String, _ prefix: String) {
    text.line("  size_t struct_size;")
    text.line("  \(kind)")
    guard type.hasPayload else { return }
    text.line("  union {")
    for one in type.cases where !one.payload.isEmpty {
      let when = "\(prefix)_\(capitals(one.symbol))"
      if one.isBare {
        let field = one.payload[0]
        text.line("    \(forms.field(field.type).type)\(memberName(one.name)); /**< \(when) */")
      } else {
        text.line("    struct {")
        for field in one.payload {
          text.line("      \(forms.field(field.type).type)\(field.symbol);")
        }
        text.line("    } \(memberName(one.name)); /**< \(when) */")
      }
    }
    text.line("  } as;")
  }

  private mutating func constructor(_ type: TypeDeclaration, _ one: Case, _ prefix: String) {
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

  /// What C implements for a protocol of Swift's.
  private mutating func table(_ type: TypeDeclaration) {
    for function in type.functions {
      for parameter in function.parameters { need(parameter.type) }
      need(function.result)
    }
    comment(
      type.documentation,
      extra: [
        "You implement it: set it up with \(type.symbol)_init(). It is copied, and `done` is called once, last, when Swift is through with it."
      ])
    structure(type.symbol) { printer in
      printer.text.line(
        "  size_t struct_size; /**< sizeof(\(type.symbol)_t): later versions append functions */")
      printer.text.line("  void *context;")
      printer.text.line("  void (*done)(void *context); /**< or NULL */")
      for function in type.functions {
        let (returns, parameters) = printer.signatures.callback(
          function.parameters.map { ($0.name, $0.type) }, function.result,
          isAsync: function.isAsync,
          isThrowing: function.isThrowing)
        printer.functionComment(function, delivers: printer.implemented(function), indent: "  ")
        printer.text.add(
          call("\(returns)(*\(function.symbol))", parameters.map(\.text), ";", indent: "  "))
      }
    }
    let name = memberName(type.name.split(separator: ".").last.map(String.init) ?? "table")
    text.add(
      """
      static inline \(type.symbol)_t \(type.symbol)_init(void) {
        \(type.symbol)_t \(name);
        memset(&\(name), 0, sizeof \(name));
        \(name).struct_size = sizeof \(name);
        return \(name);
      }

      """)
  }

  private func implemented(_ function: Function) -> [String] {
    if function.isAsync {
      let result =
        settlement(function.result)
      return ["Settle `promise` with \(result), once, from any thread."]
    }
    if function.isThrowing {
      return [
        "Answer TENON_STATUS_OK, or TENON_STATUS_REJECTED with an error in `*error_out`, which is Swift's from then on."
      ]
    }
    return []
  }

  /// What a promise is settled with, for what C implements.
  private func settlement(_ type: TypeReference) -> String {
    let inside = type.kind == .optional ? type.element : type
    guard inside.isBlock || inside.kind == .object else { return delivery(type) }
    let made = "\(forms.blockPrefix(inside))_make_value()"
    return type.kind == .optional ? "\(made), or nothing" : made
  }

  // MARK: Errors

  private mutating func errors() {
    let errors = interface.types.filter { $0.kind == .error }
    guard !errors.isEmpty else { return }
    section("Errors")
    for type in errors {
      let prefix = capitals(type.symbol)
      for one in type.cases { for field in one.payload { need(field.type) } }
      let about =
        type.documentation.isEmpty
        ? "What calls fail with: the domain, and its codes." : linked(type.documentation.summary)
      text.line("/** \(about) */")
      text.line("#define \(prefix)_DOMAIN \(quoted(type.domain ?? ""))")
      enumeration("\(type.symbol)_code_t", type.cases, prefix)
      dropBlank()
      structure(type.symbol) { $0.unionBody(type, "\(type.symbol)_code_t code;", prefix) }
      text.line()
      text.add(
        """
        /**
         * Reads what something failed with, if it is this error.
         *
         * Ownership:  `*details_out` lives as long as the caller's reference to `error`.
         * Errors:     TENON_STATUS_UNSUPPORTED for any other error, which `*details_out` is not written for.
         */
        """)
      text.add(
        prototype(
          "\(type.symbol)_get", ["tenon_error_t *error", "const \(type.symbol)_t **details_out"]))
      text.add(
        "\n/** Makes such an error (copied), for what you implement: Swift catches its own. */")
      text.add(
        prototype(
          "\(type.symbol)_create", ["const \(type.symbol)_t *details", "tenon_error_t **error_out"])
      )
      text.line()
      constants(type.constants)
    }
  }

  // MARK: Functions

  private func prototype(
    _ name: String, _ parameters: [String], returns: String = "tenon_status_t "
  ) -> String {
    call(
      "TENON_API \(returns)\(name)", parameters.isEmpty ? ["void"] : parameters, " TENON_NOEXCEPT;")
  }

  private mutating func functions() {
    let objects = interface.types.filter { $0.kind == .object }
    guard !interface.allFunctions.isEmpty || !objects.isEmpty else { return }
    section("Functions")
    for closure in usage.closures {
      self.closure(closure.name, closure.type, closure.documentation)
    }
    for function in interface.functions { self.function(function) }
    for type in interface.types where type.kind != .interface {
      for function in type.functions { self.function(function) }
      if type.kind == .object {
        let name = memberName(type.name.split(separator: ".").last.map(String.init) ?? "object")
        text.add(prototype("\(type.symbol)_retain", ["\(type.symbol)_t *\(name)"]))
        text.add(prototype("\(type.symbol)_release", ["\(type.symbol)_t *\(name)"]))
        text.line()
      }
    }
  }

  private mutating func closure(_ name: String, _ type: TypeReference, _ documentation: String) {
    guard let signature = type.signature else { return }
    let (returns, parameters) = signatures.callback(signature)
    var about = sentence(linked(documentation))
    if about.isEmpty { about = "Called by Swift." }
    if signature.isAsync {
      let result = settlement(signature.result[0])
      about += " Settle `promise` with \(result), once, from any thread."
    } else if signature.isThrowing {
      about +=
        " Answer TENON_STATUS_OK, or TENON_STATUS_REJECTED with an error in `*error_out`, which is Swift's from then on."
    }
    about += " `done` is called once, last."
    for (index, line) in wrap(about, width - 7).enumerated() {
      let parts = wrap(about, width - 7).count
      if parts == 1 {
        text.line("/** \(line) */")
      } else {
        if index == 0 { text.line("/**") }
        text.line(" * " + line)
        if index == parts - 1 { text.line(" */") }
      }
    }
    text.line("typedef struct \(name) {")
    text.add(call("\(returns)(*call)", parameters.map(\.text), ";", indent: "  "))
    text.add("  void *context;\n  void (*done)(void *context); /**< or NULL */\n} \(name)_t;\n")
  }

  private mutating func function(_ function: Function) {
    if !function.options.isEmpty { options(function) }
    functionComment(function, delivers: [delivered(function)], indent: "")
    text.add(prototype(function.symbol, signatures.parameters(of: function).map(\.text)))
    text.line()
  }

  private mutating func options(_ function: Function) {
    let name = "\(function.symbol)_options"
    for parameter in function.options { need(optionType(parameter)) }
    text.line("/** What \(function.symbol)() can be told. Zero is what Swift has by default. */")
    text.line("typedef struct \(name) {")
    rows(
      [("  size_t struct_size;", "sizeof(\(name)_t)")]
        + function.options.map { parameter in
          let inside = parameter.type.kind == .optional ? parameter.type.element : parameter.type
          let form =
            inside.kind == .closure
            ? "\(usage.closureName(function, parameter))_t "
            : forms.field(optionType(parameter)).type
          let isShown =
            parameter.defaultValue.map { $0.count < 24 && !$0.contains("{") && !$0.contains("\"") }
            ?? false
          var words = phrase(linked(parameter.documentation))
          if isShown, inside.kind != .closure {
            words += "\(words.isEmpty ? "" : "; ")default: \(parameter.defaultValue ?? "")"
          }
          return ("  \(form)\(parameter.symbol);", words)
        })
    text.add("} \(name)_t;\n")
  }

  /// An option is one that may not be given.
  private func optionType(_ parameter: Parameter) -> TypeReference {
    parameter.type.kind == .optional
      ? parameter.type
      : TypeReference(.optional, of: [parameter.type], swift: parameter.type.swift + "?")
  }

  /// What C finds in a future, a stream, or an output.
  private func delivered(_ function: Function) -> String {
    let returns = function.documentation.returns.map { phrase(linked($0)) }
    let isPlain =
      function.result.isScalar || [.string, .bytes, .optional].contains(function.result.kind)
    let what = isPlain && returns != nil ? ": \(returns ?? "")" : ""
    guard function.isAsync else {
      switch function.result.kind {
      case .void: return ""
      case .string, .bytes: return "Gives \(delivery(function.result))\(what), to drop."
      default: return returns.map { "Gives \($0)." } ?? ""
      }
    }
    if function.result.kind == .stream {
      return "Items: \(delivery(function.result.element, isItem: true))."
    }
    if function.result.kind == .void { return "Delivers nothing." }
    return "Delivers \(delivery(function.result))\(what)."
  }

  private func delivery(_ type: TypeReference, isItem: Bool = false) -> String {
    let take = isItem ? "_take_item()" : "_take()"
    switch type.kind {
    case .void: return "nothing"
    case .optional:
      if type.element.isBlock || type.element.kind == .object {
        return "\(named(type.element)), or none: \(forms.blockPrefix(type))\(take)"
      }
      return "\(delivery(type.element)), or nothing"
    case .bool: return "a boolean"
    case .uint64, .uint, .uint8, .uint16, .uint32: return "a u64"
    case .float, .double: return "an f64"
    case .string: return "a string"
    case .bytes: return "bytes"
    case .enumeration: return "an i64, which is \(named(type))"
    case .duration: return "an i64, in nanoseconds"
    case .object, .record, .variant, .error, .list, .set, .dictionary:
      let makes = isItem && usage.uses[forms.blockPrefix(type)]?.isItem != true
      return isItem && !makes
        ? "\(forms.blockPrefix(type))_take_item()"
        : "\(named(type)): \(forms.blockPrefix(type))\(take)"
    default: return "an i64"
    }
  }

  private func named(_ type: TypeReference) -> String {
    named(type.isScalar ? String(forms.scalar(type).dropLast(2)) : forms.block(type))
  }

  private func named(_ symbol: String) -> String {
    let name = symbol + "_t"
    return ("aeiou".contains(name.first ?? "x") ? "an " : "a ") + name
  }

  // MARK: Results

  private mutating func results() {
    guard !usage.order.isEmpty else { return }
    section("Results: INVALID if it holds something else, otherwise as tenon_future_take()")
    for key in usage.order {
      guard let use = usage.uses[key] else { continue }
      let type = use.type
      let isObject = type.kind == .object
      let pointer = isObject ? "\(type.symbol ?? "")_t *" : "\(forms.block(type))_t *"
      let name = memberName(
        type.name?.split(separator: ".").last.map(String.init)
          ?? (type.kind == .dictionary ? "map" : "list"))
      if use.isTaken {
        if isOptionalSomewhere(type) { text.line("/** NULL: there is none. */") }
        text.add(prototype("\(key)_take", ["tenon_future_t *future", "\(pointer)*\(name)_out"]))
      }
      if use.isItem {
        text.line(
          "/** Moves it out of a value, such as an item of a stream, which is left holding nothing. */"
        )
        text.add(prototype("\(key)_take_item", ["tenon_value_t *item", "\(pointer)*\(name)_out"]))
      }
      if use.isMade {
        text.line(
          "/** Makes a value of it (\(isObject ? "retained" : "copied")), to send or to settle a promise with. */"
        )
        text.add(
          prototype(
            "\(key)_make_value",
            ["\(isObject ? "" : "const ")\(pointer)\(name)", "tenon_value_t *value_out"]))
      }
      if !isObject, use.isGiven {
        text.add(prototype("\(key)_free", ["\(pointer)\(name)"], returns: "void "))
      }
    }
  }

  private func isOptionalSomewhere(_ type: TypeReference) -> Bool {
    interface.allFunctions.contains {
      $0.isAsync && $0.result.kind == .optional
        && forms.blockPrefix($0.result) == forms.blockPrefix(type)
    }
  }

  // MARK: Comments

  private mutating func comment(
    _ documentation: Documentation, extra: [String] = [], short: Bool = false
  ) {
    let summary = linked(documentation.summary)
    let first =
      [summary.isEmpty ? "" : sentence(summary)]
      + (short && documentation.details.isEmpty ? extra : [])
    let line = first.filter { !$0.isEmpty }.joined(separator: " ")
    if documentation.details.isEmpty, short || extra.isEmpty {
      guard !line.isEmpty else { return }
      if line.count + 7 <= width { return text.line("/** \(line) */") }
    }
    text.line("/**")
    var paragraphs =
      documentation.details.isEmpty && short
      ? [line] : [sentence(summary)] + documentation.details.map(linked) + extra
    paragraphs.removeAll { $0.isEmpty }
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { text.line(" *") }
      for line in wrap(paragraph, width - 3) { text.line(" * " + line) }
    }
    text.line(" */")
  }

  private mutating func functionComment(_ function: Function, delivers: [String], indent: String) {
    var tags: [(String, String)] = []
    var parameters: [(String, String)] = []
    for parameter in function.parameters where !parameter.isOption {
      if !parameter.documentation.isEmpty {
        parameters.append((parameter.symbol, phrase(linked(parameter.documentation))))
      }
    }
    if !function.options.isEmpty { parameters.append(("options", "may be NULL")) }
    if let error = errorText(function), indent.isEmpty { tags.append(("Errors:", error)) }
    if let since = function.since { tags.append(("Since:", since)) }
    let summary = sentence(
      linked(function.kind == .setter ? "Sets it." : function.documentation.summary))
    let words = ([summary] + delivers).filter { !$0.isEmpty }
    if parameters.isEmpty, function.documentation.details.isEmpty,
      errorText(function) == nil || !indent.isEmpty
    {
      let line = (words + (function.since.map { ["Since: \($0)"] } ?? [])).joined(separator: " ")
      if line.isEmpty { return }
      if indent.count + line.count + 7 <= width { return text.line("\(indent)/** \(line) */") }
    }
    if words.isEmpty, parameters.allSatisfy({ $0.0 == "options" }) {
      let line = tags.map { "\($0.0) \($0.1)" }.joined(separator: " ")
      if !line.isEmpty { text.line("\(indent)/** \(line) */") }
      return
    }
    text.line("\(indent)/**")
    var paragraphs = function.documentation.details.map(linked)
    if paragraphs.isEmpty {
      paragraphs = [words.joined(separator: " ")]
    } else {
      paragraphs = [summary] + paragraphs + delivers
    }
    for (index, paragraph) in paragraphs.filter({ !$0.isEmpty }).enumerated() {
      if index > 0 { text.line("\(indent) *") }
      for line in wrap(paragraph, width - 3 - indent.count) { text.line("\(indent) * " + line) }
    }
    if !parameters.isEmpty || !tags.isEmpty, !words.isEmpty { text.line("\(indent) *") }
    let column = (parameters.map { $0.0.count + 7 } + tags.map { $0.0.count }).max() ?? 0
    for (name, words) in parameters.map({ ("@param \($0.0)", $0.1) }) + tags {
      let padding = String(repeating: " ", count: column - name.count + 2)
      for (index, line) in wrap(words, max(30, width - 3 - column - 2)).enumerated() {
        text.line(
          "\(indent) * " + (index == 0 ? name + padding : String(repeating: " ", count: column + 2))
            + line)
      }
    }
    text.line("\(indent) */")
  }

  private func errorText(_ function: Function) -> String? {
    guard function.isThrowing else { return nil }
    if let error = function.error,
      let type = interface.types.first(where: { $0.symbol == error.symbol })
    {
      return type.cases.map { "\(capitals(type.symbol))_\(capitals($0.symbol))" }.joined(
        separator: ", ") + "."
    }
    let domains = interface.types.filter { $0.kind == .error }.map {
      capitals($0.symbol) + "_DOMAIN"
    }
    return domains.isEmpty ? "any." : domains.joined(separator: ", ") + ", and others."
  }

  /// Names in the author's comments, as C has them.
  private func linked(_ text: String) -> String {
    replaceLinks(text) { link in
      let parts = link.split(separator: "/").map { $0.prefix { $0 != "(" } }.map(String.init)
      let owner = interface.types.first {
        $0.name == parts.dropLast().joined(separator: ".")
          || $0.name.hasSuffix("." + parts.dropLast().joined(separator: "."))
      }
      if let owner, let last = parts.last {
        if let one = owner.cases.first(where: { $0.name == last }) {
          return "\(capitals(owner.symbol))_\(capitals(one.symbol))"
        }
        if let function = owner.functions.first(where: { $0.name == last }) {
          return function.symbol + "()"
        }
        if let field = owner.fields.first(where: { $0.name == last }) { return field.symbol }
      }
      if let type = interface.type(named: parts.joined(separator: ".")) {
        return type.symbol + "_t"
      }
      if let function = interface.allFunctions.first(where: { $0.name == parts.last }) {
        return function.symbol + "()"
      }
      return link
    }
  }
}

extension String {
  var parenthesizedIfNegative: String { contains("-") ? "(\(self))" : self }
}

func hex(_ number: UInt32) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
