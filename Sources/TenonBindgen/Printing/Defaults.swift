/// A default value that every language can have: what is a literal in Swift.
enum LiteralDefault {
  /// nil, or empty.
  case zero
  case boolean(Bool)
  /// As C has it.
  case number(String)
  case nanoseconds(Int64)
  case enumerationCase(Case)
  case text(String)

  /// nil: only Swift knows it.
  init?(_ value: String, of type: TypeReference, in interface: Interface) {
    switch type.kind {
    case .optional:
      if value == "nil" {
        self = .zero
      } else if let inside = LiteralDefault(value, of: type.element, in: interface) {
        self = inside
      } else {
        return nil
      }
    case .bool:
      guard ["true", "false"].contains(value) else { return nil }
      self = .boolean(value == "true")
    case .list, .set, .bytes, .dictionary:
      guard value == "[]" || value == "[:]" else { return nil }
      self = .zero
    case .duration:
      guard let nanoseconds = LiteralDefault.nanoseconds(in: value) else { return nil }
      self = .nanoseconds(nanoseconds)
    case .enumeration:
      let parts = value.split(separator: ".").map(String.init)
      guard let last = parts.last, parts.dropLast().allSatisfy({ $0.first?.isLetter ?? false }),
        let owner = interface.types.first(where: { $0.symbol == type.symbol }),
        let one = owner.cases.first(where: { $0.name == last })
      else { return nil }
      self = .enumerationCase(one)
    case .string:
      guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\""),
        !value.dropFirst().dropLast().contains(where: { "\"\\\n".contains($0) }),
        !value.contains("??")
      else { return nil }
      self = .text(value)
    default:
      guard type.isScalar else { return nil }
      // C has no literal for the least number.
      if let number = parseInteger(value), number != .min {
        self = .number("\(number)")
      } else if [.float, .double].contains(type.kind),
        let number = Double(value.filter { $0 != "_" }), number.isFinite
      {
        self = .number("\(number)")
      } else {
        return nil
      }
    }
  }

  /// Such as `.seconds(30)`.
  private static func nanoseconds(in value: String) -> Int64? {
    let text = value.hasPrefix("Duration.") ? String(value.dropFirst(8)) : value
    if text == ".zero" { return 0 }
    let units = [
      (".seconds(", 1e9), (".milliseconds(", 1e6), (".microseconds(", 1e3), (".nanoseconds(", 1),
    ]
    for (prefix, scale) in units where text.hasPrefix(prefix) && text.hasSuffix(")") {
      let number = text.dropFirst(prefix.count).dropLast().filter { $0 != "_" }
      return Double(number).flatMap { Int64(exactly: ($0 * scale).rounded()) }
    }
    return nil
  }
}

/// Whether a default is fit for a comment.
func isShort(_ value: String) -> Bool {
  value.count < 24 && !value.contains(where: { "{}\n".contains($0) }) && !value.contains("*/")
}
