import SwiftSyntax

/// Reads what a declaration's comment says: a summary, parameters, what it returns and throws.
func readDocumentation(_ trivia: Trivia) -> Documentation {
  var lines: [String] = []
  for piece in trivia.pieces {
    switch piece {
    case .docLineComment(let text):
      lines.append(String(text.dropFirst(3)))
    case .docBlockComment(let text):
      lines += blockLines(text)
    case .newlines(let count) where count > 1 && !lines.isEmpty: lines = []
    case .lineComment, .blockComment: break
    default: break
    }
  }
  return parse(lines.map { $0.hasPrefix(" ") ? String($0.dropFirst()) : $0 })
}

private func blockLines(_ text: String) -> [String] {
  text.dropFirst(3).dropLast(2).split(separator: "\n", omittingEmptySubsequences: false).map {
    line in
    var rest = line.drop { $0 == " " || $0 == "\t" }
    if rest.first == "*" { rest = rest.dropFirst() }
    return String(rest)
  }
}

private func parse(_ lines: [String]) -> Documentation {
  enum Place { case text, parameter(String), parameters, returns, throwing, other }
  var result = Documentation()
  var paragraphs: [String] = []
  var place = Place.text
  var isNewParagraph = true

  func append(_ text: String) {
    switch place {
    case .text:
      if isNewParagraph || paragraphs.isEmpty {
        paragraphs.append(text)
      } else {
        paragraphs[paragraphs.count - 1] += " " + text
      }
    case .parameter(let name):
      let before = result.parameters[name] ?? ""
      result.parameters[name] = before.isEmpty ? text : before + " " + text
    case .returns:
      result.returns = result.returns.map { $0.isEmpty ? text : $0 + " " + text } ?? text
    case .throwing:
      result.throwing = result.throwing.map { $0.isEmpty ? text : $0 + " " + text } ?? text
    case .parameters, .other: break
    }
    isNewParagraph = false
  }

  for line in lines {
    let text = line.trimmed
    if text.isEmpty {
      isNewParagraph = true
      if case .text = place {} else { place = .text }
      continue
    }
    guard text.hasPrefix("- ") || text.hasPrefix("* ") else {
      append(text)
      continue
    }
    let item = String(text.dropFirst(2)).trimmed
    let (head, rest) = splitAtColon(item)
    switch head.lowercased() {
    case "parameters": place = .parameters
    case "returns":
      place = .returns
      result.returns = ""
      append(rest)
    case "throws":
      place = .throwing
      result.throwing = ""
      append(rest)
    case "note", "warning", "important", "attention", "remark", "precondition", "postcondition",
      "complexity":
      place = .text
      isNewParagraph = true
      append("\(head.prefix(1).uppercased() + head.dropFirst()): \(rest)")
    case "seealso", "author", "version", "since": place = .other
    default:
      if head.lowercased().hasPrefix("parameter ") {
        let name = String(head.dropFirst("parameter ".count)).trimmed
        place = .parameter(name)
        append(rest)
      } else if case .parameters = place, !rest.isEmpty || item.contains(":") {
        place = .parameter(head)
        append(rest)
      } else if case .parameter = place, line.hasPrefix("  "), item.contains(":") {
        place = .parameter(head)
        append(rest)
      } else {
        isNewParagraph = true
        if case .text = place {} else { place = .text }
        append("- " + item)
      }
    }
  }
  result.summary = paragraphs.first ?? ""
  result.details = Array(paragraphs.dropFirst())
  if result.returns == "" { result.returns = nil }
  if result.throwing == "" { result.throwing = nil }
  return result
}

private func splitAtColon(_ text: String) -> (String, String) {
  guard let colon = text.firstIndex(of: ":") else { return (text, "") }
  return (String(text[..<colon]).trimmed, String(text[text.index(after: colon)...]).trimmed)
}

extension String {
  var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return String(rest)
  }
}
