/// What JavaScript calls: a table for the runtime, which reads the arguments, and the call itself.
extension AddonPrinter {
  mutating func function(
    _ function: Function, in type: TypeDeclaration?, isConstructor: Bool = false
  ) {
    let symbol = function.symbol
    let layout = OptionsLayout(function, forms)
    var rows: [String] = []
    // A record's method is a function that takes the record first.
    let receiver = names.receiver(of: function)
    if let receiver {
      let own = TypeReference(
        TypeReference.Kind(rawValue: receiver.kind.rawValue) ?? .record, name: receiver.name,
        symbol: receiver.symbol, swift: receiver.name)
      rows.append(
        "    {\(quoted(names.receiverName(receiver))), &\(table(own, receiver.usesNumbers)), false, -1},"
      )
    }
    for parameter in function.parameters {
      let offset = layout.offsets[parameter.name].flatMap { parameter.isOption ? $0 : nil }
      var kind = parameter.type
      if offset != nil, kind.kind != .optional, kind.kind != .closure {
        kind = TypeReference(.optional, of: [kind], swift: kind.swift + "?")
      }
      rows.append(
        "    {\(quoted(JavaScriptNames.member(parameter.name))), &\(table(kind, function.usesNumbers)), \(parameter.defaultValue != nil), \(offset ?? -1)},"
      )
    }
    let result = table(function.result, function.usesNumbers)
    let count = rows.count
    body.line("static napi_value js_\(symbol)(napi_env env, napi_callback_info info);")
    body.line("static const tenon_node_parameter_t parameters_\(symbol)[] = {")
    for row in rows { body.line(row) }
    body.line("    {0}};")
    let size = function.options.isEmpty ? 0 : layout.size
    let own = type.map { "&class_\($0.symbol)" } ?? "NULL"
    body.line(
      "static const tenon_node_function_t function_\(symbol) = {\(quoted(name(function, isConstructor, type))), js_\(symbol), \(count), parameters_\(symbol), \(size), &\(result), \(own), TENON_NODE_\(kind(function, type, isConstructor)), \(function.isAsync)};"
    )
    body.line("static napi_value js_\(symbol)(napi_env env, napi_callback_info info) {")
    for line in call(function, type, hasReceiver: receiver != nil) { body.line("  " + line) }
    body.line("}\n")
  }

  private func name(_ function: Function, _ isConstructor: Bool, _ type: TypeDeclaration?) -> String
  {
    isConstructor ? JavaScriptNames.type(type?.name ?? "") : names.function(function)
  }

  private func kind(_ function: Function, _ type: TypeDeclaration?, _ isConstructor: Bool) -> String
  {
    guard type != nil else { return "FUNCTION" }
    if isConstructor { return "CONSTRUCTOR" }
    if function.kind == .initializer { return "STATIC" }
    if function.isAsync { return function.isStatic ? "STATIC" : "METHOD" }
    switch function.kind {
    case .getter: return function.isStatic ? "STATIC_GETTER" : "GETTER"
    case .setter: return "SETTER"
    default: return function.isStatic ? "STATIC" : "METHOD"
    }
  }

  private func call(_ function: Function, _ type: TypeDeclaration?, hasReceiver: Bool) -> [String] {
    var lines = [
      "tenon_node_call_t call;",
      "if (!tenon_node_call_begin(&call, env, info, &function_\(function.symbol)))",
      "  return call.result;",
    ]
    var arguments: [String] = []
    let shift = hasReceiver ? 1 : 0
    for parameter in signatures.parameters(of: function) {
      switch parameter.role {
      case .executor: arguments.append("call.executor")
      case .options: arguments.append("call.options")
      case .errorOut: arguments.append("&error")
      case .out: arguments.append("&result")
      default:
        guard let own = parameter.parameter,
          let index = function.parameters.firstIndex(where: { $0.name == own.name })
        else {
          arguments.append(
            hasReceiver
              ? "*(\(parameter.type)*)call.slots[0]"
              : "(\(parameter.type.dropLast(1).trimming()) *)call.self")
          continue
        }
        arguments.append(argument(parameter, own.type, "call.slots[\(index + shift)]"))
      }
    }
    let joined = arguments.joined(separator: ", ")
    if function.isAsync {
      let isStream = function.result.kind == .stream
      lines.append("\(isStream ? "tenon_stream_t" : "tenon_future_t") *result = NULL;")
      lines.append("tenon_status_t status = \(function.symbol)(\(joined));")
      lines.append(
        "return tenon_node_call_\(isStream ? "stream" : "future")(&call, status, result);")
      return lines
    }
    let error = function.isThrowing ? "error" : "NULL"
    if function.isThrowing { lines.append("tenon_error_t *error = NULL;") }
    let result = function.result
    guard result.kind != .void else {
      lines.append("tenon_status_t status = \(function.symbol)(\(joined));")
      lines.append("return tenon_node_call_result(&call, status, NULL, \(error));")
      return lines
    }
    let output = signatures.output(result)
    lines.append("\(output.dropLast()) result = {0};")
    lines.append("tenon_status_t status = \(function.symbol)(\(joined));")
    let inside = result.kind == .optional ? result.element : result
    switch inside.kind {
    case .string, .url, .bytes:
      lines.append("return tenon_node_call_value(&call, status, &result, \(error));")
    case .object:
      lines.append(
        "return tenon_node_call_object(&call, status, (tenon_object_t *)result, \(error));")
    case .record, .variant, .error, .list, .set, .dictionary:
      let isPointer = [.record, .variant, .error].contains(inside.kind)
      lines.append(
        "napi_value js = tenon_node_call_result(&call, status, \(isPointer ? "&result" : "result"), \(error));"
      )
      lines.append("if (result)")
      lines.append("  \(forms.blockPrefix(result))_free(result);")
      lines.append("return js;")
    default:
      lines.append("return tenon_node_call_result(&call, status, &result, \(error));")
    }
    return lines
  }

  /// A C argument, from where the runtime has put it.
  private func argument(_ parameter: CParameter, _ type: TypeReference, _ slot: String) -> String {
    let inside = type.kind == .optional ? type.element : type
    switch parameter.role {
    case .data: return "(const void *)((const tenon_bytes_t *)\(slot))->data"
    case .count: return "((const tenon_bytes_t *)\(slot))->size"
    case .text: return "((const tenon_string_t *)\(slot))->data"
    case .pointer(optional: true) where inside.kind == .string || inside.kind == .url:
      return "((const tenon_string_t *)\(slot))->data"
    case .pointer(optional: true) where inside.isScalar:
      return "tenon_node_optional(\(slot), \(forms.scalarAlignment(inside)))"
    case .pointer(optional: true) where inside.kind == .closure:
      return "*(void **)\(slot) ? \(slot) : NULL"
    case .callback where inside.kind == .closure: return slot
    default: return "*(\(parameter.type)*)\(slot)"
    }
  }
}

extension Substring {
  /// Without spaces at its end.
  fileprivate func trimming() -> String {
    var text = String(self)
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
