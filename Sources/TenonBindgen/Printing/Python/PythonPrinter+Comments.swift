/// The author's comments as docstrings.
extension PythonPrinter {
  /// Links become names, and `nil` is None.
  func python(_ text: String) -> String {
    let linked = replaceLinks(text) { link in
      let parts = link.split(separator: "/").map { $0.prefix { $0 != "(" } }
      guard let first = parts.first else { return link }
      let type = interface.types.first { $0.name == first }
      guard let type else { return pythonName(String(first)) }
      guard parts.count > 1, let last = parts.last else { return pythonClass(type.name) }
      if type.cases.contains(where: { $0.name == last }) {
        let isNumber = type.kind == .enumeration
        return pythonClass(type.name) + "."
          + (isNumber ? snakeCase(String(last)).uppercased() : pythonClass(String(last)))
      }
      return pythonClass(type.name) + "." + pythonName(String(last))
    }
    let words = linked.split(separator: " ", omittingEmptySubsequences: false).map { word in
      let bare = word.filter { $0 != "`" && $0 != "," && $0 != ";" && $0 != "." && $0 != ":" }
      return bare == "nil" ? word.replacing("`", with: "").replacing("nil", with: "None") : word
    }
    return words.joined(separator: " ").replacing("\\", with: "\\\\")
      .replacing("\"\"\"", with: "'''")
  }

  /// The text below a field or a constant.
  mutating func documented(_ documentation: Documentation, _ indent: String) {
    guard !documentation.isEmpty else { return }
    docstring([sentence(python(documentation.summary))] + documentation.details.map(python), indent)
  }

  mutating func docstring(_ paragraphs: [String], _ indent: String) {
    let all = paragraphs.filter { !$0.isEmpty }
    guard let first = all.first else { return }
    // What ends in a quote would end the text.
    let one = first.hasSuffix("\"") ? first + " " : first
    if all.count == 1, indent.count + one.count + 6 <= width, !one.contains("\n") {
      return text.line("\(indent)\"\"\"\(one)\"\"\"")
    }
    var lines: [String] = []
    for (index, paragraph) in all.enumerated() {
      if index > 0 { lines.append("") }
      for line in paragraph.split(separator: "\n", omittingEmptySubsequences: false) {
        let inset = String(line.prefix { $0 == " " })
        for part in wrap(String(line), width - indent.count - inset.count) {
          lines.append(inset + part)
        }
      }
    }
    text.line("\(indent)\"\"\"\(lines[0])")
    for line in lines.dropFirst() { text.line(line.isEmpty ? "" : indent + line) }
    text.line("\(indent)\"\"\"")
  }

  /// In Google's form, which editors read.
  mutating func docstring(of function: Function, _ indent: String) {
    let documentation = function.documentation
    var paragraphs = [sentence(python(documentation.summary))]
    paragraphs += documentation.details.map(python)
    let arguments = function.parameters.filter { !$0.documentation.isEmpty }.map {
      "    \(argumentName($0)): \(sentence(python($0.documentation)))"
    }
    if !arguments.isEmpty { paragraphs.append((["Args:"] + arguments).joined(separator: "\n")) }
    if let returns = documentation.returns {
      paragraphs.append("Returns:\n    \(sentence(python(returns)))")
    }
    if let raises = raises(function) { paragraphs.append("Raises:\n    \(raises)") }
    docstring(paragraphs, indent)
  }

  private func raises(_ function: Function) -> String? {
    if let error = function.error, let (type, _) = interface.declaration(of: error) {
      let cases = type.cases.map { pythonClass($0.name) }.joined(separator: ", ")
      return "\(types.text(error, .taken)): \(cases)."
    }
    return function.documentation.throwing.map { sentence(python($0)) }
  }
}
