// What C functions take: shared by the C header, the C++ header and the walk over bad input.

/// One parameter of a C function.
struct CParameter {
  /// With the space or the star before the name.
  var type: String
  var name: String
  /// What it is, for whoever calls it in a table.
  var role: Role
  var parameter: Parameter?

  enum Role {
    case object(String), executor, value, text, data, count, pointer(optional: Bool), callback,
      options
    case stream, out, errorOut, context, promise
  }

  var text: String { type + name }
}

struct CSignatures {
  let interface: Interface
  let usage: Usage
  var forms: CForms { usage.forms }

  /// The parameters of a function that C calls.
  func parameters(of function: Function) -> [CParameter] {
    var result: [CParameter] = []
    if let own = receiver(of: function) { result.append(own) }
    if function.isAsync {
      result.append(CParameter(type: "tenon_executor_t *", name: "executor", role: .executor))
    }
    for parameter in function.parameters where !parameter.isOption {
      result += parameters(parameter.type, parameter.symbol, parameter)
    }
    if !function.options.isEmpty {
      result.append(
        CParameter(type: "const \(function.symbol)_options_t *", name: "options", role: .options))
    }
    result += outputs(of: function)
    var names: Set<String> = []
    for index in result.indices {
      while !names.insert(result[index].name).inserted { result[index].name += "_" }
    }
    return result
  }

  func receiver(of function: Function) -> CParameter? {
    guard !function.isStatic, let owner = interface.owner(of: function) else { return nil }
    let name = memberName(owner.name.split(separator: ".").last.map(String.init) ?? "object")
    switch owner.kind {
    case .object:
      return CParameter(type: "\(owner.symbol)_t *", name: name, role: .object(owner.symbol))
    case .enumeration: return CParameter(type: "\(owner.symbol)_t ", name: name, role: .value)
    default:
      return CParameter(
        type: "const \(owner.symbol)_t *", name: name, role: .pointer(optional: false))
    }
  }

  /// How a value is given: one C parameter, or data and a count.
  func parameters(_ type: TypeReference, _ name: String, _ parameter: Parameter?) -> [CParameter] {
    func one(_ text: String, _ role: CParameter.Role, _ suffix: String = "") -> CParameter {
      CParameter(type: text, name: name + suffix, role: role, parameter: parameter)
    }
    switch type.kind {
    case .string, .url: return [one("const char *", .text)]
    case .bytes: return [one("const void *", .data), one("size_t ", .count, "_size")]
    case .list, .set:
      let element = forms.field(type.element).type
      let data = element.hasSuffix("*") ? "\(element)const *" : "const \(element)*"
      return [one(data, .data), one("size_t ", .count, "_count")]
    case .dictionary:
      return [
        one("const \(forms.block(type).replacingSuffix("_map", "_entry"))_t *", .data),
        one("size_t ", .count, "_count"),
      ]
    case .record, .variant, .error:
      return [one("const \(type.symbol ?? "")_t *", .pointer(optional: false))]
    case .object: return [one("\(type.symbol ?? "")_t *", .object(type.symbol ?? ""))]
    case .interface: return [one("const \(type.symbol ?? "")_t *", .callback)]
    case .closure: return [one("const \(type.symbol ?? "")_t *", .callback)]
    case .stream: return [one("tenon_stream_t *", .stream)]
    case .optional:
      if type.element.isScalar {
        return [one("const \(forms.scalar(type.element)) *", .pointer(optional: true))]
      }
      var inner = parameters(type.element, name, parameter)
      if case .pointer = inner[0].role { inner[0].role = .pointer(optional: true) }
      if case .object = inner[0].role { inner[0].role = .pointer(optional: true) }
      if case .text = inner[0].role { inner[0].role = .pointer(optional: true) }
      if case .callback = inner[0].role { inner[0].role = .pointer(optional: true) }
      return inner
    default: return [one(forms.scalar(type) + " ", .value)]
    }
  }

  private func outputs(of function: Function) -> [CParameter] {
    let name = outputName(function) + "_out"
    if function.isAsync {
      let type = function.result.kind == .stream ? "tenon_stream_t **" : "tenon_future_t **"
      return [CParameter(type: type, name: name, role: .out)]
    }
    var result: [CParameter] = []
    if function.result.kind != .void {
      result.append(CParameter(type: output(function.result), name: name, role: .out))
    }
    if function.isThrowing {
      result.append(CParameter(type: "tenon_error_t **", name: "error_out", role: .errorOut))
    }
    return result
  }

  /// Where a result goes that is there when the call returns.
  func output(_ type: TypeReference) -> String {
    switch type.kind {
    case .string, .url, .bytes: return "tenon_value_t *"
    case .object: return "\(type.symbol ?? "")_t **"
    case .optional where type.element.isScalar: return forms.field(type).type + "*"
    case .optional: return output(type.element)
    default: return type.isBlock ? "\(forms.block(type))_t **" : forms.scalar(type) + " *"
    }
  }

  /// What a result is called.
  func outputName(_ function: Function) -> String {
    if function.result.kind == .void { return "done" }
    if function.kind == .getter { return memberName(function.name) }
    let type = function.result.kind == .stream ? function.result.element : function.result
    let inside = type.kind == .optional ? type.element : type
    let isPlural = function.result.kind == .stream || [.list, .set].contains(inside.kind)
    let one = [.list, .set].contains(inside.kind) ? inside.element : inside
    if let name = one.name?.split(separator: ".").last {
      let snake = snakeCase(String(name))
      return isPlural ? plural(snake) : snake
    }
    if let words = function.documentation.returns?.split(whereSeparator: { !$0.isLetter }),
      (1...3).contains(words.count),
      let last = words.last
    {
      return memberName(last.lowercased())
    }
    if function.parameters.isEmpty, function.result.kind != .stream, function.kind == .method {
      return memberName(function.name)
    }
    return isPlural ? "items" : "result"
  }

  func plural(_ name: String) -> String {
    if name.hasSuffix("y"), !name.hasSuffix("ay"), !name.hasSuffix("ey"), !name.hasSuffix("oy") {
      return name.dropLast() + "ies"
    }
    return ["s", "x", "ch", "sh"].contains { name.hasSuffix($0) } ? name + "es" : name + "s"
  }

  // MARK: What C implements

  /// The type of a function that Swift calls: what it returns, and its parameters.
  func callback(
    _ parameters: [(String, TypeReference)], _ result: TypeReference, isAsync: Bool,
    isThrowing: Bool
  ) -> (returns: String, parameters: [CParameter]) {
    var all = [CParameter(type: "void *", name: "context", role: .context)]
    for (name, type) in parameters { all += self.parameters(type, memberName(name), nil) }
    if isAsync {
      all.append(CParameter(type: "tenon_promise_t *", name: "promise", role: .promise))
      return ("void ", all)
    }
    if isThrowing {
      if result.kind != .void {
        all.append(
          CParameter(
            type: result.isScalar ? forms.scalar(result) + " *" : "tenon_value_t *",
            name: "result_out", role: .out))
      }
      all.append(CParameter(type: "tenon_error_t **", name: "error_out", role: .errorOut))
      return ("tenon_status_t ", all)
    }
    return (result.kind == .void ? "void " : forms.scalar(result) + " ", all)
  }

  func callback(_ signature: Signature) -> (returns: String, parameters: [CParameter]) {
    callback(
      Array(zip(signature.names, signature.parameters)), signature.result[0],
      isAsync: signature.isAsync,
      isThrowing: signature.isThrowing)
  }
}

extension String {
  func replacingSuffix(_ suffix: String, _ other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + other : self
  }
}
