/// Functions and classes.
extension DeclarationPrinter {
  func parameterName(_ parameter: Parameter) -> String {
    let name = JavaScriptNames.member(parameter.name)
    return typeScriptWords.contains(name) ? name + "_" : name
  }

  private func errorTypes(_ function: Function) -> [String] {
    guard function.isThrowing,
      let error = function.error.flatMap({ interface.declaration(of: $0) })?.type
    else { return [] }
    let cases = error.cases.map { JavaScriptNames.member($0.name) }.joined(separator: ", ")
    return ["@throws {\(JavaScriptNames.type(error.name))} \(cases)"]
  }

  mutating func documented(_ function: Function, _ indent: String) {
    var extra: [String] = []
    for parameter in function.parameters where parameter.defaultValue == nil {
      guard !parameter.documentation.isEmpty else { continue }
      extra.append("@param \(parameterName(parameter)) \(phrase(linked(parameter.documentation)))")
    }
    if let returns = function.documentation.returns {
      extra.append("@returns \(phrase(linked(returns)))")
    }
    extra += errorTypes(function)
    comment(function.documentation, indent, extra: extra)
  }

  /// Arguments by position, and then those that have defaults, in an object.
  private func signature(
    _ function: Function, _ indent: String, receiver: TypeDeclaration? = nil,
    isConstructor: Bool = false
  ) -> String {
    let numbers = function.usesNumbers
    var parameters: [String] = []
    if let receiver {
      parameters.append("\(names.receiverName(receiver)): \(JavaScriptNames.type(receiver.name))")
    }
    let positional = function.parameters.filter { $0.defaultValue == nil }
    for (index, parameter) in positional.enumerated() {
      // What may be left out at the end is optional.
      let canMiss = positional[index...].allSatisfy { $0.type.kind == .optional }
      let kind = canMiss ? parameter.type.element : parameter.type
      parameters.append(
        "\(parameterName(parameter))\(canMiss ? "?" : ""): \(type(kind, numbers, .argument))")
    }
    let options = function.parameters.filter { $0.defaultValue != nil }
    let last = positional.contains { parameterName($0) == "options" } ? "callOptions" : "options"
    if !options.isEmpty {
      let members = options.map { option in
        let inside = option.type.kind == .optional ? option.type.element : option.type
        return "\(JavaScriptNames.member(option.name))?: \(type(inside, numbers, .argument))"
      }
      let isShort =
        options.allSatisfy { $0.documentation.isEmpty }
        && (parameters + members).joined().count + indent.count < 50
      let object =
        isShort ? "{ \(members.joined(separator: "; ")) }" : self.object(options, members, indent)
      parameters.append("\(last)?: \(function.isAsync ? "CallOptions & " : "")\(object)")
    } else if function.isAsync {
      parameters.append("\(last)?: CallOptions")
    }
    let isLong = parameters.contains { $0.contains("\n") }
    let list =
      isLong
      ? "(\n" + parameters.map { "\(indent)  \($0),\n" }.joined() + "\(indent))"
      : "(\(parameters.joined(separator: ", ")))"
    if isConstructor { return list }
    if function.result.kind == .stream {
      return "\(list): AsyncIterableIterator<\(type(function.result.element, numbers, .result))>"
    }
    let result = type(function.result, numbers, .result)
    return "\(list): \(function.isAsync ? "Promise<\(result)>" : result)"
  }

  /// An object type with a line, and a comment, for each member.
  private func object(_ options: [Parameter], _ members: [String], _ indent: String) -> String {
    let rows = zip(options, members).map { option, member in
      let words = sentence(linked(option.documentation))
      return (words.isEmpty ? "" : "\(indent)    /** \(words) */\n") + "\(indent)    \(member);\n"
    }
    return "{\n\(rows.joined())\(indent)  }"
  }

  mutating func free(_ function: Function) {
    documented(function, "")
    let receiver = names.receiver(of: function)
    text.add(
      "export function \(names.function(function))\(signature(function, "", receiver: receiver));\n"
    )
  }

  mutating func classDeclaration(_ type: TypeDeclaration) {
    comment(type.documentation, "")
    let name = JavaScriptNames.type(type.name)
    let base = type.superclass.map { " extends \(JavaScriptNames.type($0))" } ?? ""
    text.line("export class \(name)\(base) implements AsyncDisposable {")
    let constructor = names.constructor(of: type)
    if let constructor {
      documented(constructor, "  ")
      text.line("  constructor\(signature(constructor, "  ", isConstructor: true));")
    } else {
      let isInherited = interface.types.contains { $0.superclass == type.name }
      text.line(
        "  \(isInherited || type.superclass != nil ? "protected" : "private") constructor();")
    }
    for constant in type.constants {
      comment(constant.documentation, "  ")
      text.line(
        "  static readonly \(JavaScriptNames.member(constant.name)): \(constantType(constant));")
    }
    let setters = Set(type.functions.filter { $0.kind == .setter }.map(\.name))
    for function in type.functions where function.symbol != constructor?.symbol {
      member(function, hasSetter: setters.contains(function.name))
    }
    text.add("  [Symbol.asyncDispose](): Promise<void>;\n}\n")
  }

  private mutating func member(_ function: Function, hasSetter: Bool) {
    let name = names.function(function)
    let isStatic = function.isStatic || function.kind == .initializer
    switch function.kind {
    case .setter where !function.isAsync: return
    case .getter where !function.isAsync:
      documented(function, "  ")
      let result = type(function.result, function.usesNumbers, .result)
      text.line(
        "  \(isStatic ? "static " : "")\(hasSetter ? "" : "readonly ")\(name): \(result);")
    default:
      documented(function, "  ")
      text.line("  \(isStatic ? "static " : "")\(name)\(signature(function, "  "));")
    }
  }

  // MARK: Types where they are used

  enum Place { case argument, result, field }

  /// In a union, or before `[]`.
  func grouped(_ type: String) -> String {
    type.contains(" | ") || type.contains("=>") ? "(\(type))" : type
  }

  func type(_ type: TypeReference, _ usesNumbers: Bool, _ place: Place) -> String {
    func inner(_ type: TypeReference) -> String { self.type(type, usesNumbers, place) }
    let isResult = place == .result
    switch type.kind {
    case .void: return "void"
    case .bool: return "boolean"
    case .int64, .uint64: return usesNumbers ? "number" : "bigint"
    case .int8, .int16, .int32, .int, .uint8, .uint16, .uint32, .uint, .float, .double, .duration:
      return "number"
    case .string, .uuid, .url: return "string"
    case .bytes: return "Uint8Array"
    case .date: return "Date"
    case .optional: return "\(grouped(inner(type.element))) | undefined"
    case .list where type.element.kind == .double:
      return isResult ? "Float64Array" : "Float64Array | readonly number[]"
    case .list:
      let element = grouped(inner(type.element))
      let isList = element.hasPrefix("readonly ")
      return "\(isResult ? "" : "readonly ")\(isList ? "(\(element))" : element)[]"
    case .set:
      return isResult
        ? "Set<\(inner(type.element))>"
        : "ReadonlySet<\(inner(type.element))>"
    case .dictionary where type.of[0].kind == .string:
      return isResult
        ? "Record<string, \(inner(type.of[1]))>" : "Readonly<Record<string, \(inner(type.of[1]))>>"
    case .dictionary:
      let of = type.of.map(inner).joined(separator: ", ")
      return isResult ? "Map<\(of)>" : "ReadonlyMap<\(of)>"
    case .closure: return closure(type, usesNumbers)
    case .stream:
      let item = inner(type.element)
      return isResult
        ? "AsyncIterableIterator<\(item)>" : "AsyncIterable<\(item)> | Iterable<\(item)>"
    case .record, .enumeration, .variant, .error, .object, .interface:
      return foreign[type] ?? JavaScriptNames.type(type.name ?? "unknown")
    }
  }

  private func closure(_ type: TypeReference, _ usesNumbers: Bool) -> String {
    guard let signature = type.signature else { return "() => void" }
    var parameters = zip(signature.names, signature.parameters).enumerated().map { index, pair in
      let name =
        pair.0.isEmpty ? "value\(signature.names.count > 1 ? "\(index)" : "")" : camelCase(pair.0)
      return
        "\(typeScriptWords.contains(name) ? name + "_" : name): \(self.type(pair.1, usesNumbers, .result))"
    }
    if signature.isAsync { parameters.append("options: { signal: AbortSignal }") }
    let result = self.type(signature.result[0], usesNumbers, .argument)
    let returns = signature.isAsync ? "Promise<\(result)> | \(grouped(result))" : result
    return "(\(parameters.joined(separator: ", "))) => \(returns)"
  }
}

/// What a parameter, or what a module exports, cannot be called.
let typeScriptWords: Set<String> = [
  "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger",
  "default",
  "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for",
  "function",
  "if", "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "package",
  "private", "protected", "public", "return", "static", "super", "switch", "this", "throw", "true",
  "try", "typeof", "var", "void", "while", "with", "yield",
]
