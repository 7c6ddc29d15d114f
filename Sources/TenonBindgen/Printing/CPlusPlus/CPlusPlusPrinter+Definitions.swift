/// What the functions do.
extension CPlusPlusPrinter {
  mutating func definitions() {
    text.line("namespace \(library) {")
    text.line()
    for type in interface.types
    where type.kind == .record && usage.uses[type.symbol]?.isGiven == true {
      viewBodies(type)
    }
    text.line("namespace detail {")
    text.line()
    for type in interface.types where type.kind == .error { errorBodies(type) }
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
    for type in interface.types where type.kind == .error {
      let name = types.short(type)
      text.add(
        "inline \(name)::\(name)(variant what) : tenon::error(detail::\(name)_made(what)), details(std::move(what)) {}\n"
      )
    }
    for function in interface.allFunctions { define(function) }
    text.line("} // namespace \(library)")
  }

  mutating func errorBodies(_ type: TypeDeclaration) {
    let name = types.short(type)
    text.add(
      """
      inline tenon::error \(name)_made(const \(name)::variant &what) {
        tenon::detail::record::lender lender;
        tenon_error_t *error = nullptr;
        tenon::detail::require(\(type.symbol)_create(tenon::detail::record::lent<\(type.symbol)_t>(lender, what), &error));
        return tenon::error::adopt(error);
      }

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

  mutating func define(_ function: Function) {
    let hidden = hidden(function).union(function.parameters.map(parameterName))
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
    list += parameters(function).map {
      parameterText($0, parameterName($0), hidden, withDefault: false)
    }
    // Inside of the namespace, but not of the class, only functions hide types.
    let scope = isMember ? types.short(owner!) + "::" : ""
    let returned = resultType(function, hidden: types.allNames)
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

  func output(_ function: Function) -> (
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
    case .string, .url, .bytes:
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
        type.kind == .enumeration
          ? "\(name)(out)"
          : type.isConvertedScalar ? "tenon::detail::record::read<\(name)>(out)" : "out"
      )
    }
  }

  mutating func options(
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
        closure(inside, name, &before)
        before.line("  if (has_\(name))\n    options.\(parameter.symbol) = \(name)_c;")
        after.line("  if (has_\(name))\n    static_cast<void>(\(name)_owner.release());")
      case .interface:
        before.line("  const bool has_\(name) = static_cast<bool>(\(name));")
        before.line(
          "  auto \(name)_owner = std::make_unique<\(outer(inside))>(std::move(\(name)));")
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
}
