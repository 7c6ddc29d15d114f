private let swiftKeywords: Set<String> = [
  "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
  "deinit", "do", "else", "enum",
  "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in",
  "init", "inout",
  "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public",
  "repeat", "rethrows",
  "return", "self", "Self", "static", "struct", "subscript", "super", "switch", "throw", "throws",
  "true", "try",
  "typealias", "var", "where", "while",
]

/// A name as Swift takes it.
func escaped(_ name: String) -> String { swiftKeywords.contains(name) ? "`\(name)`" : name }

/// A label as Swift takes it: nearly all words are allowed there.
func labeled(_ name: String) -> String {
  ["inout", "var", "let"].contains(name) ? "`\(name)`" : name
}
