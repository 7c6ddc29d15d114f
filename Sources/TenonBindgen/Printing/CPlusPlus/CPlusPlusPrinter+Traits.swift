/// What makes futures and streams of these types work.
extension CPlusPlusPrinter {
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
}
