/// What C++ implements: C functions that call it.
extension CPlusPlusPrinter {
  /// A C struct that calls a std::function, which `NAME_owner` keeps until the call has succeeded.
  mutating func closure(_ type: TypeReference, _ name: String, _ text: inout Text) {
    guard let signature = type.signature else { return }
    let function = types.name(type, hidden: types.allNames)
    let (returns, parameters) = signatures.callback(signature)
    text.line("  using \(name)_type = \(function);")
    text.line("  auto \(name)_owner = std::make_unique<\(name)_type>(std::move(\(name)));")
    text.line("  const \(type.symbol ?? "")_t \(name)_c{")
    text.line(
      "      [](\(parameters.map(\.text).joined(separator: ", "))) noexcept -> \(returns.trimmed) {"
    )
    trampoline(
      "(*static_cast<\(name)_type *>(context))", Array(zip(signature.names, signature.parameters)),
      signature.result[0],
      isAsync: signature.isAsync, isThrowing: signature.isThrowing, "        ", &text)
    text.line("      },")
    text.line(
      "      \(name)_owner.get(), [](void *context) { delete static_cast<\(name)_type *>(context); }};"
    )
  }

  mutating func tableMaker(_ type: TypeDeclaration) {
    let name = types.short(type)
    var out = Text()
    out.line(
      "inline \(type.symbol)_t \(forms.local(type.symbol))_table(std::shared_ptr<\(name)> *implementation) {"
    )
    out.line("  \(type.symbol)_t table = \(type.symbol)_init();")
    out.line("  table.context = implementation;")
    out.line(
      "  table.done = [](void *context) { delete static_cast<std::shared_ptr<\(name)> *>(context); };"
    )
    for function in type.functions {
      let (returns, parameters) = signatures.callback(
        function.parameters.map { ($0.name, $0.type) }, function.result, isAsync: function.isAsync,
        isThrowing: function.isThrowing)
      out.line(
        "  table.\(function.symbol) = [](\(parameters.map(\.text).joined(separator: ", "))) noexcept -> \(returns.trimmed) {"
      )
      trampoline(
        "(*static_cast<std::shared_ptr<\(name)> *>(context))->\(function.symbol)",
        function.parameters.map { ($0.name, $0.type) },
        function.result, isAsync: function.isAsync, isThrowing: function.isThrowing, "    ", &out)
      out.line("  };")
    }
    out.add("  return table;\n}\n")
    for line in out.lines { text.line(line) }
  }

  func trampoline(
    _ callee: String, _ parameters: [(String, TypeReference)], _ result: TypeReference,
    isAsync: Bool, isThrowing: Bool,
    _ indent: String, _ text: inout Text
  ) {
    let arguments = parameters.map { received(memberName($0.0), $0.1) }.joined(separator: ", ")
    let made = "\(callee)(\(arguments))"
    let name = outer(result)
    if isAsync {
      text.add(
        """
        \(indent)try {
        \(indent)  tenon::detail::record::forwarding::start(\(made).release(), promise, detail::translated);
        \(indent)} catch (...) {
        \(indent)  tenon_error_t *error = nullptr;
        \(indent)  detail::failed(&error);
        \(indent)  static_cast<void>(tenon::detail::reject(promise, error));
        \(indent)  tenon_error_release(error);
        \(indent)}
        """)
      return
    }
    if isThrowing {
      text.line("\(indent)try {")
      switch result.kind {
      case .void: text.line("\(indent)  \(made);")
      case _ where result.isScalar:
        text.line("\(indent)  tenon::detail::record::lender lender;")
        text.line(
          "\(indent)  tenon::detail::record::field<\(name)>::lend(lender, \(made), *result_out);")
      default: text.line("\(indent)  *result_out = tenon::detail::traits<\(name)>::make(\(made));")
      }
      text.line("\(indent)  return TENON_STATUS_OK;")
      text.line(
        "\(indent)} catch (const tenon::cancelled &) {\n\(indent)  return TENON_STATUS_CANCELLED;")
      text.line(
        "\(indent)} catch (...) {\n\(indent)  return detail::failed(error_out);\n\(indent)}")
      return
    }
    if result.kind == .void {
      text.line("\(indent)\(made);")
    } else if result.isConvertedScalar {
      text.line(
        "\(indent)return tenon::detail::record::plain<\(forms.scalar(result).trimmed)>(\(made));")
    } else {
      text.line("\(indent)return \(made);")
    }
  }

  /// A C++ value of what C has got.
  func received(_ name: String, _ type: TypeReference) -> String {
    let record = "tenon::detail::record::"
    switch type.kind {
    case .string, .url: return "\(record)read_text(\(name))"
    case .bytes:
      return
        "\(record)read<\(outer(type))>(tenon_bytes_t{static_cast<const std::uint8_t *>(\(name)), \(name)_size})"
    case .list, .set, .dictionary:
      return "\(record)read<\(outer(type))>(\(forms.block(type))_t{\(name), \(name)_count})"
    case .record, .variant, .error: return "\(record)read<\(outer(type))>(\(name))"
    case .object:
      return "(static_cast<void>(\(type.symbol ?? "")_retain(\(name))), \(outer(type))(\(name)))"
    case .enumeration: return "\(outer(type))(\(name))"
    case _ where type.isConvertedScalar: return "\(record)read<\(outer(type))>(\(name))"
    case .optional:
      let inside = type.element
      switch inside.kind {
      case .string, .url: return "\(record)read_optional_text(\(name))"
      case .record, .variant, .error, .object: return "\(record)read<\(outer(type))>(\(name))"
      case .bytes:
        return
          "\(record)read<\(outer(type))>(tenon_bytes_t{static_cast<const std::uint8_t *>(\(name)), \(name)_size})"
      case .list, .set, .dictionary:
        return "\(record)read<\(outer(type))>(\(forms.block(inside))_t{\(name), \(name)_count})"
      default: return "\(record)read_number<\(outer(inside))>(\(name))"
      }
    default: return name
    }
  }
}
