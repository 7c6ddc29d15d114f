/// Text that grows line by line, and what printers share.
struct Text {
  private(set) var lines: [String] = []

  mutating func line(_ text: String = "") {
    if text.isEmpty, lines.last == "" { return }
    lines.append(text)
  }
  /// At the end of the last line.
  mutating func append(_ text: String) { lines[lines.count - 1] += text }
  /// What comes next stands close.
  mutating func dropBlank() { while lines.last == "" { lines.removeLast() } }
  mutating func add(_ text: String) {
    for one in text.split(separator: "\n", omittingEmptySubsequences: false) { line(String(one)) }
  }
  var string: String {
    var all = lines
    while all.last == "" { all.removeLast() }
    return all.joined(separator: "\n") + "\n"
  }
}

let width = 100

/// Breaks words into lines of at most `width`.
func wrap(_ text: String, _ width: Int) -> [String] {
  var lines: [String] = []
  var current = ""
  for word in text.split(separator: " ") {
    if !current.isEmpty, current.count + 1 + word.count > width {
      lines.append(current)
      current = ""
    }
    current += (current.isEmpty ? "" : " ") + word
  }
  if !current.isEmpty || lines.isEmpty { lines.append(current) }
  return lines
}

/// `name(a, b)` as formatters break it: in line with the parenthesis, or indented by four.
func call(_ head: String, _ arguments: [String], _ tail: String, indent: String = "") -> String {
  let whole = indent + head + "(" + arguments.joined(separator: ", ") + ")" + tail
  if whole.count <= width { return whole }
  func fill(_ first: String, _ rest: String) -> String {
    var lines: [String] = []
    var current = first
    for (index, argument) in arguments.enumerated() {
      let last = index == arguments.count - 1
      let piece = argument + (last ? ")" + tail : ",")
      let isStart = current == first || current == rest
      if !isStart, current.count + 1 + piece.count > width {
        lines.append(current)
        current = rest + piece
      } else {
        current += (isStart ? "" : " ") + piece
      }
    }
    lines.append(current)
    return lines.joined(separator: "\n")
  }
  let column = String(repeating: " ", count: indent.count + head.count + 1)
  let longest = arguments.map(\.count).max() ?? 0
  if column.count + longest + tail.count + 1 <= width { return fill(indent + head + "(", column) }
  return indent + head + "(\n" + fill(indent + "    ", indent + "    ")
}

/// The first letter small, unless it begins a name or an acronym; without the full stop of a single sentence.
func phrase(_ text: String) -> String {
  var result = text
  if result.hasSuffix("."), !result.dropLast().contains(". ") { result.removeLast() }
  let letters = Array(result.prefix(2))
  if let first = letters.first, first.isUppercase,
    letters.count < 2 || letters[1].isLowercase || letters[1] == " "
  {
    result = first.lowercased() + result.dropFirst()
  }
  return result
}

/// A sentence ends with a full stop.
func sentence(_ text: String) -> String {
  guard let last = text.last else { return "" }
  return ".!?:".contains(last) ? text : text + "."
}

/// The pieces between double backticks are links: each becomes what `name` makes of it.
func replaceLinks(_ text: String, _ name: (String) -> String) -> String {
  let parts = text.split(separator: "``", omittingEmptySubsequences: false)
  guard parts.count > 2 else { return text }
  return parts.enumerated().map {
    $0.offset % 2 == 1 ? name(String($0.element)) : String($0.element)
  }.joined()
}

/// What the author calls nil, neither C nor C++ has a word for.
func withoutNil(_ text: String) -> String {
  text.replacing(/`nil`|\bnil\b/, with: "nothing").replacing(/\bNil\b/, with: "Nothing")
}

/// A text as a literal of C or C++.
func quoted(_ text: String) -> String {
  var result = "\""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""): result += "\\\""
    case UInt8(ascii: "\\"): result += "\\\\"
    case UInt8(ascii: "\n"): result += "\\n"
    case UInt8(ascii: "\t"): result += "\\t"
    case UInt8(ascii: "?"): result += "\\?"
    case 0x20..<0x7f: result.append(Character(Unicode.Scalar(byte)))
    default:
      let octal = String(byte, radix: 8)
      result += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
    }
  }
  return result + "\""
}
