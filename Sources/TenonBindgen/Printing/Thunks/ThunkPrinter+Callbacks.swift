/// What C implements, and Swift calls.
extension ThunkPrinter {
  func adapterName(_ symbol: String) -> String { "__\(symbol)_adapter" }

  func tableSizes(_ type: TypeReference) -> String {
    guard let declared = interface.types.first(where: { $0.symbol == type.symbol }) else {
      return "(24, 24)"
    }
    return "(smallest: \(declared.smallestTable), current: \(declared.tableSize))"
  }

  func swiftClosure(_ type: TypeReference) -> String {
    guard let signature = type.signature else { return type.swift }
    let effects = (signature.isAsync ? " async" : "") + (signature.isThrowing ? " throws" : "")
    return
      "@Sendable (\(signature.parameters.map(\.swift).joined(separator: ", ")))\(effects) -> \(signature.result[0].swift)"
  }

  func closure(
    _ type: TypeReference, _ callback: String, _ head: String, _ text: inout Text
  ) {
    guard let signature = type.signature else { return }
    let names = signature.parameters.indices.map { "a\($0)" }
    text.line("\(head){\(names.isEmpty ? "" : " \(names.joined(separator: ", ")) in")")
    calling(
      callback, offset: 0, Array(zip(names, signature.parameters)), signature.result[0],
      isAsync: signature.isAsync,
      isThrowing: signature.isThrowing, &text)
    text.line("    }")
  }

  mutating func adapter(_ type: TypeDeclaration) {
    let name = adapterName(type.symbol)
    at(type.location, "final class \(name): \(type.name) {")
    text.line("  let callback: TenonExport.Callback")
    text.line("  init(_ callback: TenonExport.Callback) { self.callback = callback }")
    for (index, function) in type.functions.enumerated() {
      guard function.kind == .method else {
        if function.kind == .getter { property(function, index, of: type) }
        continue
      }
      let parameters = function.parameters.enumerated().map { index, parameter in
        "\(parameter.label.map { labeled($0) } ?? "_") a\(index): \(parameter.type.swift)"
      }
      let effects = (function.isAsync ? " async" : "") + (function.isThrowing ? " throws" : "")
      let result = function.result.kind == .void ? "" : " -> \(function.result.swift)"
      text.line(
        "  \(function.isAsync ? "nonisolated(nonsending) " : "")func \(escaped(function.name))(\(parameters.joined(separator: ", ")))\(effects)\(result) {"
      )
      var body = Text()
      calling(
        "callback", offset: 24 + index * 8,
        function.parameters.enumerated().map { ("a\($0)", $1.type) }, function.result,
        isAsync: function.isAsync, isThrowing: function.isThrowing, &body)
      for line in body.lines { text.line(line) }
      text.line("  }")
    }
    text.add("}\n")
  }

  private mutating func property(_ getter: Function, _ index: Int, of type: TypeDeclaration) {
    let effects = (getter.isAsync ? " async" : "") + (getter.isThrowing ? " throws" : "")
    text.line("  var \(escaped(getter.name)): \(getter.result.swift) {")
    text.line("    get\(effects) {")
    var body = Text()
    calling(
      "callback", offset: 24 + index * 8, [], getter.result, isAsync: getter.isAsync,
      isThrowing: getter.isThrowing, &body)
    body.line("    }")
    let setter = type.functions.firstIndex { $0.kind == .setter && $0.name == getter.name }
    if let setter {
      body.line("    set(a0) {")
      calling(
        "callback", offset: 24 + setter * 8, [("a0", getter.result)], .void, isAsync: false,
        isThrowing: false, isWaitedFor: true, &body)
      body.line("    }")
    }
    for line in body.lines { text.line(line) }
    text.line("  }")
  }

  /// The body of a Swift function that calls one of C's.
  ///
  /// - Parameter isWaitedFor: Of a function without a result: who reads a property that was set sees that.
  func calling(
    _ callback: String, offset: Int, _ parameters: [(name: String, type: TypeReference)],
    _ result: TypeReference,
    isAsync: Bool, isThrowing: Bool, isWaitedFor: Bool = false, _ text: inout Text
  ) {
    var types = ["UnsafeMutableRawPointer?"]
    var arguments = ["context"]
    var lends: [String] = []
    for (name, type) in parameters {
      types += cTypes(type)
      let (lend, passed) = lending(name, type)
      if let lend { lends.append(lend) }
      arguments += passed
    }
    let isVoid = result.kind == .void
    let try_ = isThrowing && !isAsync ? "try " : ""
    func nested(_ indent: String, _ lines: [String], _ prefix: String = "") {
      var indent = indent
      for (index, lend) in lends.enumerated() {
        text.line("\(indent)\(index == 0 ? prefix : "return ")\(try_)\(lend)")
        indent += "  "
      }
      for line in lines { text.line(indent + line) }
      for _ in lends {
        indent = String(indent.dropLast(2))
        text.line(indent + "}")
      }
    }
    if isAsync {
      types.append("OpaquePointer?")
      let function = "(@convention(c) (\(types.joined(separator: ", "))) -> Void).self"
      text.line(
        "      \(isVoid ? (isThrowing ? "try await" : "try? await") : "return try await") \(callback).wait { [\(callback)] context, promise in"
      )
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { return false }")
      nested("        ", ["fn(\((arguments + ["promise"]).joined(separator: ", ")))"])
      text.line("        return true")
      text.line("      }")
      return
    }
    if isThrowing {
      let isDirect = result.isScalar
      if !isVoid {
        types.append(
          isDirect
            ? "UnsafeMutablePointer<\(cScalar(result))>?" : "UnsafeMutablePointer<tenon_value_t>?")
      }
      types.append("UnsafeMutablePointer<OpaquePointer?>?")
      let function = "(@convention(c) (\(types.joined(separator: ", "))) -> tenon_status_t).self"
      text.line("      return try \(callback).call { context in")
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { throw CancellationError() }"
      )
      if !isVoid {
        text.line(
          "        var result: \(isDirect ? cScalar(result) : "tenon_value_t") = \(isDirect ? cZero(result) : "tenon_value_none()")"
        )
      }
      text.line("        var error: OpaquePointer?")
      let passed = arguments + (isVoid ? [] : ["&result"]) + ["&error"]
      nested(
        "        ",
        [
          "\(lends.isEmpty ? "" : "")try TenonExport.check(fn(\(passed.joined(separator: ", "))), error)"
        ])
      if !isVoid {
        if !isDirect {
          text.line("        return try TenonExport.answer(&result)")
        } else if result.isConvertedScalar {
          text.line("        return try TenonExport.answer(scalar: result)")
        } else {
          text.line("        return result")
        }
      }
      text.line("      }")
      return
    }
    let returns = isVoid ? "Void" : cScalar(result)
    let function = "(@convention(c) (\(types.joined(separator: ", "))) -> \(returns)).self"
    if isVoid {
      text.line(
        isWaitedFor
          ? "      \(callback).call { context in"
          : "      \(callback).send { [\(callback)] context in")
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { return }")
      nested("        ", ["fn(\(arguments.joined(separator: ", ")))"])
      text.line("      }")
    } else {
      text.line("      return \(callback).call { context in")
      let zero =
        result.isConvertedScalar
        ? "TenonExport.total(\(cZero(result)))" : cZero(result)
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { return \(zero) }"
      )
      let call = "fn(\(arguments.joined(separator: ", ")))"
      nested(
        "        ",
        [result.isConvertedScalar ? "return TenonExport.total(\(call))" : "return \(call)"],
        "return ")
      text.line("      }")
    }
  }

  /// What C's type is at first.
  private func cZero(_ type: TypeReference) -> String {
    switch type.kind {
    case .bool: "false"
    case .uuid: "tenon_uuid_t()"
    default: "0"
    }
  }

  /// How a value is lent to C: a call that has it in memory for a while, and what is passed.
  func lending(_ name: String, _ type: TypeReference) -> (String?, [String]) {
    switch type.kind {
    case .string, .url: ("TenonExport.lend(\(name)) { m\(name) in", ["m\(name).text"])
    case .bytes, .list, .set, .dictionary:
      ("TenonExport.lend(\(name)) { m\(name) in", ["m\(name).pointer", "m\(name).count"])
    case .record, .variant, .error:
      ("TenonExport.lend(\(name)) { m\(name) in", ["m\(name).pointer"])
    case .object: ("TenonExport.lend(object: \(name)) { m\(name) in", ["m\(name)"])
    case .optional:
      type.element.isScalar
        ? (
          "TenonExport.lend(\(name)) { m\(name) in",
          ["m\(name).optional(\(forms.scalarAlignment(type.element)))"]
        )
        : lending(name, type.element)
    case _ where type.isConvertedScalar: (nil, ["\(name).exportedScalar"])
    default: (nil, [name])
    }
  }
}
