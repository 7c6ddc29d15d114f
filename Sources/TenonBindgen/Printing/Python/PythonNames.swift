/// What Python does not take as a name.
private let pythonKeywords: Set<String> = [
  "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
  "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
  "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
  "yield", "self", "cls",
]

/// A function's, a parameter's or a field's name in Python.
func pythonName(_ name: String) -> String {
  let snake = snakeCase(name.filter { $0 != "`" })
  return pythonKeywords.contains(snake) ? snake + "_" : snake
}

/// A field's of a case: what has no label is a value, or the first of several. What an exception has by itself is named after its case,
/// too: `sqlite_code`.
func pythonName(_ field: Field, of one: Case, in type: TypeDeclaration) -> String {
  if field.name.isEmpty {
    let isNumbered = field.symbol.hasPrefix("value") && field.symbol.last?.isNumber == true
    return isNumbered ? field.symbol : "value"
  }
  let name = pythonName(field.name)
  if type.kind != .error || !isTaken(name, field) { return name }
  return pythonName(one.name) + "_" + name
}

private func isTaken(_ name: String, _ field: Field) -> Bool {
  // A text is the exception's message.
  if name == "message" { return field.type.kind != .string }
  return ["domain", "code", "args", "add_note", "with_traceback"].contains(name)
}

/// A class's: what is nested in Swift has the names of both.
func pythonClass(_ name: String) -> String {
  let plain = name.filter { $0 != "." && $0 != "`" }
  let upper = plain.prefix(1).uppercased() + plain.dropFirst()
  return pythonKeywords.contains(upper) ? upper + "_" : upper
}

/// A text as a literal of Python's.
func pythonText(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    default:
      if scalar.value < 0x20 || scalar.value == 0x7f {
        let hex = String(scalar.value, radix: 16)
        result += "\\x" + String(repeating: "0", count: 2 - hex.count) + hex
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
  return result + "\""
}

/// Builtins that types are written with, and that the author may have names of.
let pythonBuiltins: Set<String> = [
  "bool", "int", "float", "str", "bytes", "list", "dict", "set", "tuple", "object", "property",
  "staticmethod", "classmethod", "type", "bytearray", "memoryview",
]
