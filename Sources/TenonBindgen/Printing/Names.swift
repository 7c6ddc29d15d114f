// Names follow each language's habits.

/// `invalidID` is `invalid_id`, `HTTPClient` is `http_client`.
func snakeCase(_ name: String) -> String {
  var result = ""
  let letters = Array(name)
  for (index, letter) in letters.enumerated() {
    guard letter.isUppercase else {
      result.append(letter == "." ? "_" : letter)
      continue
    }
    let before = index > 0 ? letters[index - 1] : "_"
    let isNextLower = index + 1 < letters.count && letters[index + 1].isLowercase
    let endsAcronym = before.isUppercase && isNextLower
    if before != "_", before != ".", !before.isUppercase || endsAcronym { result.append("_") }
    result.append(letter.lowercased())
  }
  return result
}

/// What neither C nor C++ takes as a name.
let reservedWords: Set<String> = [
  "alignas", "alignof", "and", "and_eq", "asm", "atomic_cancel", "atomic_commit", "atomic_noexcept",
  "auto",
  "bitand", "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t",
  "class",
  "co_await", "co_return", "co_yield", "compl", "concept", "const", "const_cast", "consteval",
  "constexpr",
  "constinit", "continue", "contract_assert", "decltype", "default", "delete", "do", "double",
  "dynamic_cast",
  "else", "enum", "errno", "explicit", "export", "extern", "false", "float", "for", "friend",
  "goto", "if",
  "inline", "int", "linux", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq",
  "nullptr",
  "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
  "requires",
  "restrict", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast",
  "stdin",
  "stderr", "stdout", "struct", "switch", "template", "this", "thread_local", "throw", "true",
  "try", "typedef",
  "typeid", "typename", "typeof", "typeof_unqual", "union", "unix", "unsigned", "using", "virtual",
  "void",
  "volatile", "wchar_t", "while", "xor", "xor_eq",
]

/// A parameter's or a field's name in C.
func memberName(_ swift: String) -> String {
  let name = snakeCase(swift.filter { $0 != "`" })
  return reservedWords.contains(name) ? name + "_" : name
}

/// The same in capitals: for constants.
func capitals(_ symbol: String) -> String { symbol.uppercased() }

/// Whether C can have it as a name: ASCII letters, digits and underscores.
func isIdentifier(_ name: String) -> Bool {
  guard let first = name.first, first.isASCII, first.isLetter || first == "_" else { return false }
  return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
}
