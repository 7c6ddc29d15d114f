/// What JavaScript implements: functions that Swift calls, which hand their arguments to the runtime.
extension AddonPrinter {
  /// The name of a closure's table, which is printed if it is not there yet.
  mutating func closure(_ type: TypeReference, _ usesNumbers: Bool) -> String {
    guard let signature = type.signature, let symbol = type.symbol else { return "NULL" }
    let name = symbol + (usesNumbers && type.hasLongIntegers ? "_number" : "")
    guard known.insert("closure \(name)").inserted else { return "&callback_\(name)" }
    let label = symbol.hasPrefix(interface.library + "_") ? camelCase(forms.local(symbol)) : symbol
    implemented(
      name, label, Array(zip(signature.names, signature.parameters)), signature.result[0],
      isAsync: signature.isAsync, isThrowing: signature.isThrowing, usesNumbers: usesNumbers)
    types.add(
      """
      static const tenon_node_function_type_t *const list_\(name)[] = {&call_type_\(name)};
      static const tenon_node_callback_t callback_\(name) = {"a function", false, 1, list_\(name)};

      """)
    return "&callback_\(name)"
  }

  mutating func interfaceTable(_ type: TypeDeclaration) {
    guard known.insert("interface \(type.symbol)").inserted else { return }
    foreign("callback", "callback_\(type.symbol)")
    for function in type.functions {
      implemented(
        "\(type.symbol)_\(function.symbol)", JavaScriptNames.member(function.name),
        function.parameters.map { ($0.name, $0.type) }, function.result, isAsync: function.isAsync,
        isThrowing: function.isThrowing, usesNumbers: type.usesNumbers, access: access(function))
    }
    types.line("static const tenon_node_function_type_t *const list_\(type.symbol)[] = {")
    for function in type.functions {
      types.line("    &call_type_\(type.symbol)_\(function.symbol),")
    }
    types.line("    NULL};")
    types.line(
      "const tenon_node_callback_t callback_\(type.symbol) = {\"an object that implements \(JavaScriptNames.type(type.name))\", true, \(type.functions.count), list_\(type.symbol)};"
    )
  }

  /// What is async is a method in JavaScript.
  private func access(_ function: Function) -> String {
    switch function.kind {
    case .getter where !function.isAsync: "TENON_NODE_ACCESS_GET"
    case .setter: "TENON_NODE_ACCESS_SET"
    default: "TENON_NODE_ACCESS_CALL"
    }
  }

  /// One function, and its table.
  private mutating func implemented(
    _ name: String, _ label: String, _ parameters: [(String, TypeReference)],
    _ result: TypeReference,
    isAsync: Bool, isThrowing: Bool, usesNumbers: Bool, access: String = "TENON_NODE_ACCESS_CALL"
  ) {
    let (returns, all) = signatures.callback(
      parameters, result, isAsync: isAsync, isThrowing: isThrowing)
    // An optional number comes by its address: what is there is a number.
    let tables = parameters.map { _, type in
      table(type.kind == .optional && type.element.isScalar ? type.element : type, usesNumbers)
    }
    let resultTable = table(result, usesNumbers)
    var lines: [String] = []
    var arguments: [String] = []
    var rest = all.dropFirst()
    for (_, type) in parameters {
      guard let first = rest.popFirst() else { break }
      let inside = type.kind == .optional ? type.element : type
      switch inside.kind {
      case .string, .url:
        lines.append(
          "tenon_string_t text_\(first.name) = {\(first.name), \(first.name) ? strlen(\(first.name)) : 0};"
        )
        arguments.append("\(first.name) ? &text_\(first.name) : NULL")
      case .bytes, .list, .set, .dictionary:
        guard let count = rest.popFirst() else { break }
        lines.append(
          "struct { const void *data; size_t count; } list_\(first.name) = {\(first.name), \(count.name)};"
        )
        arguments.append("&list_\(first.name)")
      default:
        arguments.append(type.kind == .optional && inside.isScalar ? first.name : "&\(first.name)")
      }
    }
    lines.append(
      "const void *const arguments[] = {\((arguments + ["NULL"]).joined(separator: ", "))};")
    let call = "(context, &call_type_\(name), arguments"
    if isAsync {
      lines.append("tenon_node_callback_start\(call), promise);")
    } else if isThrowing {
      lines.append(
        "return tenon_node_callback_ask\(call), \(result.kind == .void ? "NULL" : "result_out"), error_out);"
      )
    } else if access == "TENON_NODE_ACCESS_SET" {
      lines.append("tenon_node_callback_ask\(call), NULL, NULL);")
    } else if result.kind == .void {
      lines.append("tenon_node_callback_send\(call));")
    } else {
      lines.append("\(forms.scalar(result)) result = {0};")
      lines.append("tenon_node_callback_ask\(call), &result, NULL);")
      lines.append("return result;")
    }
    types.line("static const tenon_node_function_type_t call_type_\(name);")
    types.line("static \(returns)call_\(name)(\(all.map(\.text).joined(separator: ", "))) {")
    for line in lines { types.line("  " + line) }
    types.line("}")
    types.line("static const tenon_node_type_t *const parameters_of_\(name)[] = {")
    for table in tables { types.line("    &\(table),") }
    types.line("    NULL};")
    types.line(
      "static const tenon_node_function_type_t call_type_\(name) = {\(quoted(label)), (void (*)(void))call_\(name), \(parameters.count), parameters_of_\(name), &\(resultTable), \(isAsync), \(isThrowing), \(access)};"
    )
  }
}
