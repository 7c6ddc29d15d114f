/// The author's comments, as C writes them.
extension CPrinter {
  mutating func comment(
    _ documentation: Documentation, extra: [String] = [], short: Bool = false
  ) {
    let summary = linked(documentation.summary)
    let first =
      [summary.isEmpty ? "" : sentence(summary)]
      + (short && documentation.details.isEmpty ? extra : [])
    let line = first.filter { !$0.isEmpty }.joined(separator: " ")
    if documentation.details.isEmpty, short || extra.isEmpty {
      guard !line.isEmpty else { return }
      if line.count + 7 <= width { return text.line("/** \(line) */") }
    }
    text.line("/**")
    var paragraphs =
      documentation.details.isEmpty && short
      ? [line] : [sentence(summary)] + documentation.details.map(linked) + extra
    paragraphs.removeAll { $0.isEmpty }
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { text.line(" *") }
      for line in wrap(paragraph, width - 3) { text.line(" * " + line) }
    }
    text.line(" */")
  }

  mutating func functionComment(_ function: Function, delivers: [String], indent: String) {
    var tags: [(String, String)] = []
    var parameters: [(String, String)] = []
    for parameter in function.parameters where !parameter.isOption {
      if !parameter.documentation.isEmpty {
        parameters.append((parameter.symbol, phrase(linked(parameter.documentation))))
      }
    }
    if !function.options.isEmpty { parameters.append(("options", "may be NULL")) }
    if let error = errorText(function), indent.isEmpty { tags.append(("Errors:", error)) }
    if let since = function.since { tags.append(("Since:", since)) }
    let summary = sentence(
      linked(function.kind == .setter ? "Sets it." : function.documentation.summary))
    let words = ([summary] + delivers).filter { !$0.isEmpty }
    if parameters.isEmpty, function.documentation.details.isEmpty,
      errorText(function) == nil || !indent.isEmpty
    {
      let line = (words + (function.since.map { ["Since: \($0)"] } ?? [])).joined(separator: " ")
      if line.isEmpty { return }
      if indent.count + line.count + 7 <= width { return text.line("\(indent)/** \(line) */") }
    }
    if words.isEmpty, parameters.allSatisfy({ $0.0 == "options" }) {
      let line = tags.map { "\($0.0) \($0.1)" }.joined(separator: " ")
      if !line.isEmpty { text.line("\(indent)/** \(line) */") }
      return
    }
    text.line("\(indent)/**")
    var paragraphs = function.documentation.details.map(linked)
    if paragraphs.isEmpty {
      paragraphs = [words.joined(separator: " ")]
    } else {
      paragraphs = [summary] + paragraphs + delivers
    }
    for (index, paragraph) in paragraphs.filter({ !$0.isEmpty }).enumerated() {
      if index > 0 { text.line("\(indent) *") }
      for line in wrap(paragraph, width - 3 - indent.count) { text.line("\(indent) * " + line) }
    }
    if !parameters.isEmpty || !tags.isEmpty, !words.isEmpty { text.line("\(indent) *") }
    let column = (parameters.map { $0.0.count + 7 } + tags.map { $0.0.count }).max() ?? 0
    for (name, words) in parameters.map({ ("@param \($0.0)", $0.1) }) + tags {
      let padding = String(repeating: " ", count: column - name.count + 2)
      for (index, line) in wrap(words, max(30, width - 3 - column - 2)).enumerated() {
        text.line(
          "\(indent) * " + (index == 0 ? name + padding : String(repeating: " ", count: column + 2))
            + line)
      }
    }
    text.line("\(indent) */")
  }

  func errorText(_ function: Function) -> String? {
    guard function.isThrowing else { return nil }
    if let error = function.error,
      let type = interface.types.first(where: { $0.symbol == error.symbol })
    {
      return type.cases.map { "\(capitals(type.symbol))_\(capitals($0.symbol))" }.joined(
        separator: ", ") + "."
    }
    let domains = interface.types.filter { $0.kind == .error }.map {
      capitals($0.symbol) + "_DOMAIN"
    }
    return domains.isEmpty ? "any." : domains.joined(separator: ", ") + ", and others."
  }

  /// Names in the author's comments, as C has them.
  func linked(_ text: String) -> String {
    replaceLinks(withoutNil(text).replacing("throws ``", with: "fails with ``")) { link in
      let parts = link.split(separator: "/").map { $0.prefix { $0 != "(" } }.map(String.init)
      let owner = interface.types.first {
        $0.name == parts.dropLast().joined(separator: ".")
          || $0.name.hasSuffix("." + parts.dropLast().joined(separator: "."))
      }
      if let owner, let last = parts.last {
        if let one = owner.cases.first(where: { $0.name == last }) {
          return "\(capitals(owner.symbol))_\(capitals(one.symbol))"
        }
        if let function = owner.functions.first(where: { $0.name == last }) {
          return function.symbol + "()"
        }
        if let field = owner.fields.first(where: { $0.name == last }) { return field.symbol }
      }
      if let type = interface.type(named: parts.joined(separator: ".")) {
        return type.symbol + "_t"
      }
      if let function = interface.allFunctions.first(where: { $0.name == parts.last }) {
        return function.symbol + "()"
      }
      return link
    }
  }
}
