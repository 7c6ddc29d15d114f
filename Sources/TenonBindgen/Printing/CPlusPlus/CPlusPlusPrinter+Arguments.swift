extension CPlusPlusPrinter {
  /// An argument of C's function, and what comes before the call.
  mutating func argument(
    _ function: Function, _ parameter: Parameter, _ before: inout Text, _ after: inout Text
  ) -> [String] {
    let name = parameterName(parameter)
    let type = parameter.type
    let record = "tenon::detail::record::"
    switch type.kind {
    case .string, .url: return ["\(record)text(\(name))"]
    case .bytes: return ["\(name).data()", "\(name).size()"]
    case .list, .set, .dictionary:
      before.line(
        "  const auto \(name)_c = \(record)list<\(forms.block(type))_t>(lender, \(name));")
      return ["\(name)_c.data", "\(name)_c.count"]
    case .record, .variant, .error:
      return ["\(record)lent<\(type.symbol ?? "")_t>(lender, \(name))"]
    case .object: return ["\(name).handle()"]
    case .enumeration: return ["static_cast<\(type.symbol ?? "")_t>(\(name))"]
    case _ where type.isConvertedScalar:
      return ["\(record)plain<\(forms.scalar(type).trimmed)>(\(name))"]
    case .stream:
      after.line("  static_cast<void>(\(name).release());")
      return ["\(name).handle()"]
    case .closure:
      closure(type, name, &before)
      after.line("  static_cast<void>(\(name)_owner.release());")
      return ["&\(name)_c"]
    case .interface:
      before.line(
        "  auto \(name)_owner = std::make_unique<\(outer(type))>(std::move(\(name)));")
      before.line(
        "  const auto \(name)_c = detail::\(forms.local(type.symbol ?? ""))_table(\(name)_owner.get());"
      )
      after.line("  static_cast<void>(\(name)_owner.release());")
      return ["&\(name)_c"]
    case .optional:
      let inside = type.element
      switch inside.kind {
      case .string, .url: return ["\(record)text(\(name))"]
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
        closure(inside, name, &before)
        after.line("  if (has_\(name))\n    static_cast<void>(\(name)_owner.release());")
        return ["has_\(name) ? &\(name)_c : nullptr"]
      case .interface:
        before.line("  const bool has_\(name) = static_cast<bool>(\(name));")
        before.line(
          "  auto \(name)_owner = std::make_unique<\(outer(inside))>(std::move(\(name)));")
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
}
