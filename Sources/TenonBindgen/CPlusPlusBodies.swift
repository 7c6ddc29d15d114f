// The part of the C++ header that nobody reads: fields, traits, and what the functions do.

extension CPlusPlusPrinter {
  private var library: String { interface.library }

  private func qualified(_ type: TypeDeclaration) -> String { "\(library)::\(types.short(type))" }

  /// The name from outside of the namespace.
  private func outer(_ type: TypeReference) -> String {
    types.name(type, hidden: Set(interface.types.map(types.short)))
  }

  private func errorOf() -> TypeDeclaration? { interface.types.first { $0.kind == .error } }

  // MARK: Fields

  mutating func fields() {
    text.line("namespace tenon::detail::record {")
    text.line()
    for type in ordered() {
      let suffix = type.kind == .variant ? "::any" : type.kind == .error ? "::variant" : ""
      text.line("template <> struct field<\(qualified(type))\(suffix)>;")
    }
    text.line()
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

  private mutating func structure(
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

  private mutating func variantField(
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
          "      \(one.payload.isEmpty ? "" : "auto &made = ")out.emplace<\(scope)\(memberName(one.name))>();"
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
          "    if (\(isUsed ? "const auto *some = " : "")std::get_if<\(scope)\(memberName(one.name))>(&from)\(isUsed ? "" : "")) {"
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

  // MARK: Traits

  mutating func traits() {
    text.line("namespace tenon::detail {")
    text.line()
    for key in usage.order {
      guard let use = usage.uses[key], use.isItem || use.isMade else { continue }
      let name = outer(use.type)
      if use.type.kind == .object {
        let handle = "\(use.type.symbol ?? "")_t"
        guard interface.types.contains(where: { $0.symbol == use.type.symbol }) else { continue }
        text.line("template <> struct traits<\(name)> {")
        if use.isItem {
          text.line("  using in = record::object_traits<\(name), \(handle), \(key)_take_item>;")
          text.line(
            "  static bool holds(const tenon_value_t &value) noexcept { return in::holds(value); }")
          text.line("  static \(name) take(const tenon_value_t &value) { return in::take(value); }")
        } else {
          text.line("  static bool holds(const tenon_value_t &) noexcept { return false; }")
          text.line("  static \(name) take(const tenon_value_t &) { raise(TENON_STATUS_INVALID); }")
        }
        if use.isMade {
          text.add(
            """
              static tenon_value_t make(const \(name) &from) {
                tenon_value_t value;
                detail::require(\(key)_make_value(from.handle(), &value));
                return value;
              }
            """)
        }
        text.line("};")
        text.line()
        continue
      }
      let block = forms.block(use.type) + "_t"
      if [.list, .set, .dictionary].contains(use.type.kind) {
        guard use.isItem else { continue }
        text.line("namespace record {")
        text.line(
          "using \(key)_in = block_traits<\(name), \(block), \(key)_take_item, \(key)_free>;")
        text.line("inline const taker<\(name)> \(key)_taker{\(key)_in::holds, \(key)_in::take};")
        text.line("} // namespace record")
        text.line()
        continue
      }
      text.line("template <> struct traits<\(name)> {")
      if use.isItem {
        text.line(
          "  using in = record::block_traits<\(name), \(block), \(key)_take_item, \(key)_free>;")
        text.line(
          "  static bool holds(const tenon_value_t &value) noexcept { return in::holds(value); }")
        text.line("  static \(name) take(const tenon_value_t &value) { return in::take(value); }")
      } else {
        text.line("  static bool holds(const tenon_value_t &) noexcept { return false; }")
        text.line("  static \(name) take(const tenon_value_t &) { raise(TENON_STATUS_INVALID); }")
      }
      if use.isMade {
        text.line("  static tenon_value_t make(const \(name) &from) {")
        text.line("    return record::made<\(name), \(block), \(key)_make_value>(from);\n  }")
      }
      text.line("};")
      text.line()
      if let own = interface.types.first(where: { $0.symbol == use.type.symbol }),
        own.kind == .record, use.isItem
      {
        text.line("template <> struct traits<\(name)_view> :")
        text.line("    record::object_traits<\(name)_view, \(block), \(key)_take_item> {};")
        text.line()
      }
    }
    text.line("} // namespace tenon::detail")
    text.line()
  }

  // MARK: Definitions

  mutating func definitions() {
    text.line("namespace \(library) {")
    text.line()
    for type in interface.types
    where type.kind == .record && usage.uses[type.symbol]?.isGiven == true {
      let name = types.short(type)
      text.add(
        """
        inline \(name) \(name)_view::copy() const {
          \(name) out;
          tenon::detail::record::field<\(name)>::read_struct(*block_, out);
          return out;
        }

        """)
    }
    for type in interface.types where type.kind == .error { errorBodies(type) }
    text.line("namespace detail {")
    text.line()
    text.add(
      """
      /// What Swift gets of an error that C++ code has failed with: its own, if it is one.
      inline tenon_error_t *translated(tenon_error_t *failure) noexcept {
        if (const std::exception_ptr exception = tenon::detail::exception_inside(failure)) {
          try {
            std::rethrow_exception(exception);
      """)
    for type in interface.types where type.kind == .error {
      text.line("    } catch (const \(types.short(type)) &own) {")
      text.line("      if (own.handle() && tenon_error_retain(own.handle()) == TENON_STATUS_OK) {")
      text.line("        tenon_error_release(failure);\n        return own.handle();\n      }")
    }
    text.add(
      """
          } catch (...) {
          }
        }
        return failure;
      }

      inline tenon_status_t failed(tenon_error_t **error_out) noexcept {
        *error_out = translated(tenon::detail::error_of(std::current_exception()));
        return TENON_STATUS_REJECTED;
      }

      """)
    for type in interface.types where type.kind == .interface { tableMaker(type) }
    text.line("} // namespace detail")
    text.line()
    for function in interface.allFunctions { define(function) }
    text.line("} // namespace \(library)")
  }

  private mutating func errorBodies(_ type: TypeDeclaration) {
    let name = types.short(type)
    text.add(
      """
      inline tenon::error \(name)_made(const \(name)::variant &what) {
        tenon::detail::record::lender lender;
        tenon_error_t *error = nullptr;
        tenon::detail::require(\(type.symbol)_create(tenon::detail::record::lent<\(type.symbol)_t>(lender, what), &error));
        return tenon::error::adopt(error);
      }

      inline \(name)::\(name)(variant what) : tenon::error(\(name)_made(what)), details(std::move(what)) {}

      inline const tenon::detail::error_domain \(name)_domain{
          \(capitals(type.symbol))_DOMAIN, [](const tenon::error &why) {
            const \(type.symbol)_t *details = nullptr;
            if (\(type.symbol)_get(why.handle(), &details) != TENON_STATUS_OK)
              return;
            \(name)::variant what;
            tenon::detail::record::field<\(name)::variant>::read_struct(*details, what);
            tenon::detail::raise(\(name)(why, std::move(what)));
          }};

      """)
  }

  /// An argument of C's function, and what comes before the call.
  private mutating func argument(
    _ function: Function, _ parameter: Parameter, _ before: inout Text, _ after: inout Text
  ) -> [String] {
    let name = parameterName(parameter)
    let type = parameter.type
    let record = "tenon::detail::record::"
    switch type.kind {
    case .string: return ["\(record)text(\(name))"]
    case .bytes: return ["\(name).data()", "\(name).size()"]
    case .list, .set, .dictionary:
      before.line(
        "  const auto \(name)_c = \(record)list<\(forms.block(type))_t>(lender, \(name));")
      return ["\(name)_c.data", "\(name)_c.count"]
    case .record, .variant, .error:
      return ["\(record)lent<\(type.symbol ?? "")_t>(lender, \(name))"]
    case .object: return ["\(name).handle()"]
    case .enumeration: return ["static_cast<\(type.symbol ?? "")_t>(\(name))"]
    case .duration: return ["\(name).count()"]
    case .stream:
      after.line("  static_cast<void>(\(name).release());")
      return ["\(name).handle()"]
    case .closure:
      closure(usage.closureName(function, parameter), type, name, "\(name)_c", &before)
      after.line("  static_cast<void>(\(name)_owner.release());")
      return ["&\(name)_c"]
    case .interface:
      before.line(
        "  auto \(name)_owner = std::make_unique<\(types.name(type))>(std::move(\(name)));")
      before.line(
        "  const auto \(name)_c = detail::\(forms.local(type.symbol ?? ""))_table(\(name)_owner.get());"
      )
      after.line("  static_cast<void>(\(name)_owner.release());")
      return ["&\(name)_c"]
    case .optional:
      let inside = type.element
      switch inside.kind {
      case .string: return ["\(record)text(\(name))"]
      case .bytes:
        return [
          "\(name) ? (\(name)->empty() ? static_cast<const void *>(\"\") : \(name)->data()) : nullptr",
          "\(name) ? \(name)->size() : 0",
        ]
      case .list, .set, .dictionary:
        before.line(
          "  const auto \(name)_c = \(name) ? \(record)list<\(forms.block(inside))_t>(lender, *\(name)) : \(forms.block(inside))_t{};"
        )
        return ["\(name)_c.data", "\(name)_c.count"]
      case .record, .variant, .error:
        return ["\(record)lent<\(inside.symbol ?? "")_t>(lender, \(name))"]
      case .object: return ["\(name) ? \(name)->handle() : nullptr"]
      case .closure:
        before.line("  const bool has_\(name) = static_cast<bool>(\(name));")
        closure(usage.closureName(function, parameter), inside, name, "\(name)_c", &before)
        after.line("  if (has_\(name))\n    static_cast<void>(\(name)_owner.release());")
        return ["has_\(name) ? &\(name)_c : nullptr"]
      case .interface:
        before.line("  const bool has_\(name) = static_cast<bool>(\(name));")
        before.line(
          "  auto \(name)_owner = std::make_unique<\(types.name(inside))>(std::move(\(name)));")
        before.line(
          "  const auto \(name)_c = detail::\(forms.local(inside.symbol ?? ""))_table(\(name)_owner.get());"
        )
        after.line("  if (has_\(name))\n    static_cast<void>(\(name)_owner.release());")
        return ["has_\(name) ? &\(name)_c : nullptr"]
      default: return ["\(record)number<\(forms.scalar(inside))>(lender, \(name))"]
      }
    default: return [name]
    }
  }

  private mutating func define(_ function: Function) {
    let hidden = hidden(function)
    let owner = interface.owner(of: function)
    let isMember = owner.map { [.object, .record].contains($0.kind) } ?? false
    var before = Text()
    var after = Text()
    var arguments: [String] = []
    if !function.isStatic, let owner {
      switch owner.kind {
      case .object: arguments.append("handle()")
      case .record:
        arguments.append("tenon::detail::record::lent<\(owner.symbol)_t>(lender, *this)")
      case .enumeration: arguments.append("static_cast<\(owner.symbol)_t>(self)")
      default: arguments.append("tenon::detail::record::lent<\(owner.symbol)_t>(lender, self)")
      }
    }
    if function.isAsync { arguments.append("executor") }
    for parameter in function.parameters where !parameter.isOption {
      arguments += argument(function, parameter, &before, &after)
    }
    if !function.options.isEmpty {
      options(function, hidden, &before, &after)
      arguments.append("&options")
    }
    var list = receiverParameter(function)
    if function.isAsync { list.append("tenon_executor_t *executor") }
    list += parameters(function).map { parameterText($0, hidden, withDefault: false) }
    // Inside of the namespace, but not of the class, only functions hide types.
    let scope = isMember ? types.short(owner!) + "::" : ""
    let returned = resultType(function, hidden: Set(interface.types.map(types.short)))
    text.add(
      call(
        "inline \(returned) \(scope)\(methodName(function))", list,
        (isMember && !function.isStatic ? " const" : "") + " {"))
    let isThrowing = function.isThrowing && !function.isAsync
    let out = output(function)
    let all = arguments + (out.map { ["&\($0.name)"] } ?? []) + (isThrowing ? ["&error"] : [])
    let needsLender = (before.lines + arguments).contains { $0.contains("lender") }
    if needsLender { text.line("  tenon::detail::record::lender lender;") }
    for line in before.lines { text.line(line) }
    if let out { text.line("  \(out.declaration)") }
    if isThrowing { text.line("  tenon_error_t *error = nullptr;") }
    let made = call(function.symbol, all, "")
    if isThrowing {
      text.line("  const tenon_status_t status = \(made);")
      text.line("  tenon::detail::record::require(status, error);")
    } else {
      text.line("  tenon::detail::require(\(made));")
    }
    for line in after.lines { text.line(line) }
    if let out { text.line("  return \(out.returned);") }
    text.add("}\n")
  }

  private func output(_ function: Function) -> (
    name: String, declaration: String, returned: String
  )? {
    let type = function.result
    let name = outer(type)
    if type.kind == .stream {
      return ("out", "tenon_stream_t *out = nullptr;", "\(name)::adopt(out)")
    }
    if function.isAsync {
      return ("out", "tenon_future_t *out = nullptr;", "tenon::future<\(name)>::adopt(out)")
    }
    let inside = type.kind == .optional ? type.element : type
    switch inside.kind {
    case .void: return nil
    case .string, .bytes:
      return ("out", "tenon_value_t out = tenon_value_none();", "tenon::detail::load<\(name)>(out)")
    case .object:
      let made =
        type.kind == .optional ? "out ? \(name)(std::in_place, out) : std::nullopt" : "\(name)(out)"
      return ("out", "\(inside.symbol ?? "")_t *out = nullptr;", made)
    case .record, .variant, .error, .list, .set, .dictionary:
      let value =
        "tenon::detail::record::moved<\(outer(inside))>(out, \(forms.blockPrefix(inside))_free)"
      return (
        "out", "\(forms.block(inside))_t *out = nullptr;",
        type.kind == .optional ? "out ? \(name)(\(value)) : std::nullopt" : value
      )
    default:
      if type.kind == .optional {
        return (
          "out", "\(forms.field(type).type)out{};", "tenon::detail::record::read<\(name)>(out)"
        )
      }
      return (
        "out", "\(forms.scalar(type)) out{};",
        [.enumeration, .duration].contains(type.kind) ? "\(name)(out)" : "out"
      )
    }
  }

  private mutating func options(
    _ function: Function, _ hidden: Set<String>, _ before: inout Text, _ after: inout Text
  ) {
    before.line("  \(function.symbol)_options_t options{};")
    before.line("  options.struct_size = sizeof options;")
    for parameter in function.options {
      let name = parameterName(parameter)
      let inside = parameter.type.kind == .optional ? parameter.type.element : parameter.type
      switch inside.kind {
      case .closure:
        before.line("  const bool has_\(name) = static_cast<bool>(\(name));")
        closure(usage.closureName(function, parameter), inside, name, "\(name)_c", &before)
        before.line("  if (has_\(name))\n    options.\(parameter.symbol) = \(name)_c;")
        after.line("  if (has_\(name))\n    static_cast<void>(\(name)_owner.release());")
      case .interface:
        before.line("  const bool has_\(name) = static_cast<bool>(\(name));")
        before.line(
          "  auto \(name)_owner = std::make_unique<\(types.name(inside))>(std::move(\(name)));")
        before.line(
          "  const auto \(name)_c = detail::\(forms.local(inside.symbol ?? ""))_table(\(name)_owner.get());"
        )
        before.line("  if (has_\(name))\n    options.\(parameter.symbol) = &\(name)_c;")
        after.line("  if (has_\(name))\n    static_cast<void>(\(name)_owner.release());")
      case .object:
        before.line("  if (\(name))\n    options.\(parameter.symbol) = \(name)->handle();")
      default:
        let type = "std::optional<\(outer(inside))>"
        before.line("  const \(type) \(name)_option(\(name));")
        before.line(
          "  tenon::detail::record::field<\(type)>::lend(lender, \(name)_option, options.\(parameter.symbol));"
        )
      }
    }
  }

  // MARK: What C++ implements

  /// A C struct that calls a std::function, which `NAME_owner` keeps until the call has succeeded.
  private mutating func closure(
    _ structure: String, _ type: TypeReference, _ name: String, _ made: String, _ text: inout Text
  ) {
    guard let signature = type.signature else { return }
    let function = types.name(type, hidden: Set(interface.types.map(types.short)))
    let (returns, parameters) = signatures.callback(signature)
    text.line("  using \(name)_type = \(function);")
    text.line("  auto \(name)_owner = std::make_unique<\(name)_type>(std::move(\(name)));")
    text.line("  const \(structure)_t \(made){")
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

  private mutating func tableMaker(_ type: TypeDeclaration) {
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

  private func trampoline(
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
    } else if result.kind == .duration {
      text.line("\(indent)return \(made).count();")
    } else {
      text.line("\(indent)return \(made);")
    }
  }

  /// A C++ value of what C has got.
  private func received(_ name: String, _ type: TypeReference) -> String {
    let record = "tenon::detail::record::"
    switch type.kind {
    case .string: return "\(record)read_text(\(name))"
    case .bytes:
      return
        "\(record)read<\(outer(type))>(tenon_bytes_t{static_cast<const std::uint8_t *>(\(name)), \(name)_size})"
    case .list, .set, .dictionary:
      return "\(record)read<\(outer(type))>(\(forms.block(type))_t{\(name), \(name)_count})"
    case .record, .variant, .error: return "\(record)read<\(outer(type))>(\(name))"
    case .object:
      return "(static_cast<void>(\(type.symbol ?? "")_retain(\(name))), \(outer(type))(\(name)))"
    case .enumeration, .duration: return "\(outer(type))(\(name))"
    case .optional:
      let inside = type.element
      switch inside.kind {
      case .string: return "\(record)read_optional_text(\(name))"
      case .record, .variant, .error: return "\(record)read<\(outer(type))>(\(name))"
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
