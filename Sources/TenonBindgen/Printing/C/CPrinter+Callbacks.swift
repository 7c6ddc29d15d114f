/// What C implements.
extension CPrinter {
  /// What C implements for a protocol of Swift's.
  mutating func table(_ type: TypeDeclaration) {
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

  func implemented(_ function: Function) -> [String] {
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
  func settlement(_ type: TypeReference) -> String {
    let inside = type.kind == .optional ? type.element : type
    guard inside.isBlock || inside.kind == .object else { return delivery(type) }
    let made = "\(forms.blockPrefix(inside))_make_value()"
    return type.kind == .optional ? "\(made), or nothing" : made
  }

  mutating func closure(_ name: String, _ type: TypeReference, _ documentation: String) {
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
}
