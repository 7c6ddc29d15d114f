/// What C calls.
extension ThunkPrinter {
  /// What a thunk takes from C, as Swift writes it.
  func cTypes(_ type: TypeReference) -> [String] {
    switch type.kind {
    case .string, .url: ["UnsafePointer<CChar>?"]
    case .bytes, .list, .set, .dictionary: ["UnsafeRawPointer?", "Int"]
    case .record, .variant, .error, .closure, .interface: ["UnsafeRawPointer?"]
    case .object, .stream: ["OpaquePointer?"]
    case .optional: type.element.isScalar ? ["UnsafeRawPointer?"] : cTypes(type.element)
    default: [cScalar(type)]
    }
  }

  func cScalar(_ type: TypeReference) -> String {
    switch type.kind {
    case .enumeration: "Int32"
    case .duration, .date: "Int64"
    case .uuid: "tenon_uuid_t"
    default: type.swift
    }
  }

  mutating func function(_ function: Function) {
    let owner = interface.owner(of: function)
    var signature: [String] = []
    var reading = Text()
    let needsLent = function.parameters.contains {
      let inside = $0.type.kind == .optional ? $0.type.element : $0.type
      return [.closure, .interface, .stream].contains(inside.kind)
    }
    var receiver = ""
    var held: TypeDeclaration?
    if !function.isStatic, let owner {
      receiver = "s."
      switch owner.kind {
      case .object:
        signature.append("_ p: OpaquePointer?")
        if function.isAsync {
          reading.line("    let s: \(owner.name) = try TenonExport.object(p)")
        } else {
          held = owner
        }
      case .enumeration:
        signature.append("_ p: Int32")
        reading.line("    let s: \(owner.name) = try TenonExport.parameter(p)")
      default:
        signature.append("_ p: UnsafeRawPointer?")
        reading.line("    let s: \(owner.name) = try TenonExport.parameter(record: p)")
      }
    } else if let owner {
      receiver = owner.name + "."
    }
    if function.isAsync { signature.append("_ executor: OpaquePointer?") }
    var arguments: [String] = []
    var late = Text()
    for (index, parameter) in function.parameters.enumerated() where !parameter.isOption {
      let types = cTypes(parameter.type)
      let names = types.count == 2 ? ["p\(index)", "n\(index)"] : ["p\(index)"]
      for (name, type) in zip(names, types) { signature.append("_ \(name): \(type)") }
      let isKept = [.closure, .interface, .stream].contains(
        (parameter.type.kind == .optional ? parameter.type.element : parameter.type).kind)
      if isKept {
        read(parameter, index, into: &late)
      } else {
        read(parameter, index, into: &reading)
      }
    }
    if !function.options.isEmpty {
      signature.append("_ options: UnsafeRawPointer?")
      readOptions(function, &reading, &late)
    }
    for line in late.lines { reading.line(line) }
    arguments = function.parameters.enumerated().map { index, parameter in
      (parameter.label.map { labeled($0) + ": " } ?? "") + "v\(index)"
    }
    let isVoid = function.result.kind == .void
    if function.isAsync {
      signature.append("_ out: UnsafeMutablePointer<OpaquePointer?>?")
    } else {
      if !isVoid { signature.append("_ out: UnsafeMutableRawPointer?") }
      if function.isThrowing {
        signature.append("_ failure: UnsafeMutablePointer<OpaquePointer?>?")
      }
    }
    text.line("@c(\(function.symbol)) public func __\(function.symbol)(")
    text.line("  \(signature.joined(separator: ", "))")
    text.line(") -> tenon_status_t {")
    if let held {
      // Before the object is held: so there is one end less after it.
      if !isVoid { text.line("  guard out != nil else { return TENON_STATUS_INVALID }") }
      text.line(
        "  return TenonExport.withObject(p, __\(held.symbol)_class) { (s: \(held.name)) in")
    }
    if needsLent {
      text.line("  let lent = TenonExport.Lent(\(function.isAsync ? "executor" : ""))")
    }
    let reads = reading.lines.contains { $0.contains("try ") }
    if reads { text.line("  do throws(TenonExport.Refusal) {") }
    for line in reading.lines { text.line(line) }
    let expression = self.expression(function, receiver, arguments)
    body(function, expression, needsLent)
    if reads {
      text.line("  } catch { return \(needsLent ? "lent.refuse(error)" : "error.status") }")
    }
    if held != nil { text.line("  }") }
    text.add("}\n")
  }

  func expression(_ function: Function, _ receiver: String, _ arguments: [String]) -> String {
    switch function.kind {
    case .initializer: "\(receiver.dropLast())(\(arguments.joined(separator: ", ")))"
    case .getter: receiver + escaped(function.name)
    case .setter: receiver + escaped(function.name) + " = v0"
    default: receiver + escaped(function.name) + "(\(arguments.joined(separator: ", ")))"
    }
  }

  mutating func body(_ function: Function, _ expression: String, _ needsLent: Bool) {
    let isVoid = function.result.kind == .void
    let marks = (function.isThrowing ? "try " : "") + (function.isAwaited ? "await " : "")
    let (open, close) = needsLent ? ("return lent.settle(", ")") : ("return ", "")
    let line = function.location
    let name = (interface.owner(of: function).map { $0.name + "." } ?? "") + function.name
    if function.result.kind == .stream {
      text.line("    \(open)TenonExport.start(executor, stream: out, name: \"\(name)\") { sink in")
      at(line, "      let elements = \(marks)\(expression)")
      text.line("      try await TenonExport.send(elements, to: sink)")
      text.line("    }\(close)")
    } else if function.isAsync, function.isConcurrent {
      text.line("    \(open)TenonExport.start(executor, out, name: \"\(name)\") {")
      if isVoid {
        at(line, "      try await TenonExport.concurrently { \(marks)\(expression) }")
      } else {
        at(
          line,
          "      TenonExport.Delivered(try await TenonExport.concurrently { \(marks)\(expression) })"
        )
      }
      text.line("    }\(close)")
    } else if function.isAsync {
      text.line("    \(open)TenonExport.start(executor, out, name: \"\(name)\") {")
      at(
        line,
        isVoid
          ? "      \(marks)\(expression)"
          : "      return TenonExport.Delivered(\(marks)\(expression))")
      text.line("    }\(close)")
    } else if isVoid, !function.isThrowing {
      at(line, "    \(expression)")
      text.line("    \(open)TENON_STATUS_OK\(close)")
    } else {
      let head =
        function.isThrowing
        ? (isVoid ? "complete(failure: failure)" : "complete(out, failure: failure)")
        : "complete(out)"
      text.line("    \(open)TenonExport.\(head) {")
      at(line, isVoid ? "      \(marks)\(expression)" : "      return \(marks)\(expression)")
      text.line("    }\(close)")
    }
  }
}
