import SwiftSyntax

// What can be told of an expression or a declaration without a compiler.

let rawTypes: Set<String> = [
  "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "String",
]

func isStatic(_ modifiers: DeclModifierListSyntax) -> Bool {
  modifiers.contains { $0.name.text == "static" || $0.name.text == "class" }
}

/// Whether a property is computed, and not stored with observers.
func isComputed(_ binding: PatternBindingSyntax) -> Bool {
  guard let block = binding.accessorBlock else { return false }
  switch block.accessors {
  case .getter: return true
  case .accessors(let list):
    return list.contains { ["get", "_read", "unsafeAddress"].contains($0.accessorSpecifier.text) }
  @unknown default: return true
  }
}

/// An integer literal, with its sign.
func integer(_ expression: ExprSyntax) -> Int64? {
  if let literal = expression.as(IntegerLiteralExprSyntax.self) {
    return parseInteger(literal.literal.text)
  }
  if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "-",
    let literal = prefix.expression.as(IntegerLiteralExprSyntax.self)
  {
    return parseInteger("-" + literal.literal.text)
  }
  return nil
}

/// The number that a literal is, in any radix.
func parseInteger(_ text: String) -> Int64? {
  var digits = text.filter { $0 != "_" }
  let isNegative = digits.hasPrefix("-")
  if isNegative { digits.removeFirst() }
  let (radix, rest): (Int, Substring) =
    digits.hasPrefix("0x")
    ? (16, digits.dropFirst(2))
    : digits.hasPrefix("0b")
      ? (2, digits.dropFirst(2))
      : digits.hasPrefix("0o") ? (8, digits.dropFirst(2)) : (10, digits[...])
  return Int64((isNegative ? "-" : "") + rest, radix: radix)
}

/// The type that a literal has by itself.
func literalType(_ expression: ExprSyntax) -> TypeReference? {
  var inside = expression
  if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "-" {
    inside = prefix.expression
  }
  if inside.is(IntegerLiteralExprSyntax.self) { return TypeReference(.int, swift: "Int") }
  if inside.is(FloatLiteralExprSyntax.self) { return TypeReference(.double, swift: "Double") }
  if inside.is(BooleanLiteralExprSyntax.self) { return TypeReference(.bool, swift: "Bool") }
  if let text = inside.as(StringLiteralExprSyntax.self), text.representedLiteralValue != nil {
    return TypeReference(.string, swift: "String")
  }
  return nil
}
