/// How types and functions look in C: what tenon._core goes by.
extension PythonPrinter {
  mutating func describe() {
    let file = isRoot ? "" : ", \(pythonText(root.library))"
    text.line(
      "_library = _binding.library(__file__, \(pythonText(interface.library)), 0x\(hex(interface.abi))\(file))"
    )
    let declared = interface.types
    for type in declared {
      let name = "_t_\(forms.local(type.symbol))"
      descriptions[type.symbol] = name
      let kind = type.kind.rawValue
      text.line(
        "\(name) = _binding.Type(_library, \(pythonText(kind)), \(pythonClass(type.name)), ())")
    }
    for type in declared { lay(type) }
    for (name, type, _) in usage.closures { implement(closure: name, type) }
    for function in interface.allFunctions { describe(function) }
    madeBy()
  }

  // MARK: Types

  /// The name of a description, which is made where it is asked for first.
  private mutating func description(_ type: TypeReference) -> String {
    switch type.kind {
    case .void: return "\"v\""
    case .bool: return "\"?\""
    case .int8: return "\"b\""
    case .int16: return "\"h\""
    case .int32: return "\"i\""
    case .int64, .int: return "\"q\""
    case .uint8: return "\"B\""
    case .uint16: return "\"H\""
    case .uint32: return "\"I\""
    case .uint64, .uint: return "\"Q\""
    case .float: return "\"f\""
    case .double: return "\"d\""
    case .duration: return "\"t\""
    case .date: return "\"D\""
    case .uuid: return "\"u\""
    case .string, .url: return "\"s\""
    case .bytes: return "\"y\""
    case .closure: return descriptions["closure " + (type.symbol ?? "")] ?? "\"v\""
    case .optional, .list, .set, .dictionary, .stream:
      if let known = descriptions[type.swift] { return known }
      let of = type.of.map { description($0) }
      if type.kind == .optional, type.element.kind == .closure {
        let name = "_c\(descriptions.count)"
        text.line("\(name) = _binding.Type(_library, \"optional\", None, (\(of[0]),))")
        return name
      }
      let name = "_c\(descriptions.count)"
      descriptions[type.swift] = name
      let kind = type.kind == .dictionary ? "dict" : type.kind.rawValue
      let parts = of.count == 1 ? of[0] + "," : of.joined(separator: ", ")
      text.line("\(name) = _binding.Type(_library, \"\(kind)\", None, (\(parts)))")
      return name
    default: return descriptions[type.symbol ?? ""] ?? "\"v\""
    }
  }

  private mutating func lay(_ type: TypeDeclaration) {
    let name = "_t_\(forms.local(type.symbol))"
    switch type.kind {
    case .record:
      let parts = self.parts(type.fields, type.fields.map { pythonName($0.name) })
      text.line("\(name).lay(\(type.size), (\(parts)))")
    case .variant, .error:
      var cases: [String] = []
      for one in type.cases {
        let cls = "\(pythonClass(type.name)).\(pythonClass(one.name))"
        cases.append("(\(one.number), \(cls), (\(parts(one.payload, names(one, type))))),")
      }
      text.line("\(name).choose(\(type.size), (")
      for one in cases { text.line("    \(one)") }
      text.line("))")
      guard type.kind == .error else { return }
      text.line(
        "\(name).thrown(\(pythonText(type.domain ?? "")), \"\(type.symbol)_get\", \"\(type.symbol)_create\")"
      )
    case .interface:
      var methods: [String] = []
      for function in type.functions {
        methods.append(
          method(
            requirementName(function), "\(type.symbol)_\(function.symbol)",
            function.parameters.map { ($0.symbol, $0.type) }, function.result,
            function.isAsync, function.isThrowing, access: access(function)))
      }
      text.line("\(name).implement((")
      for one in methods { text.line("    \(one),") }
      text.line("))")
    case .object, .enumeration: break
    }
  }

  private mutating func parts(_ fields: [Field], _ names: [String]) -> String {
    var result = ""
    for (field, name) in zip(fields, names) {
      let type = description(field.type)
      result += "(\"\(name)\", \(type), \(field.offset)), "
    }
    return String(result.dropLast(result.isEmpty ? 0 : 1))
  }

  /// What is async is a method in Python.
  private func access(_ function: Function) -> String {
    switch function.kind {
    case .getter where !function.isAsync: "get"
    case .setter: "set"
    default: "call"
    }
  }

  private mutating func method(
    _ name: String, _ symbol: String, _ parameters: [(String, TypeReference)],
    _ result: TypeReference, _ isAsync: Bool, _ isThrowing: Bool, access: String = "call"
  ) -> String {
    var given = ""
    for (name, type) in parameters { given += "(\"\(name)\", \(description(type)), 0), " }
    let flags = "\(isAsync ? "True" : "False"), \(isThrowing ? "True" : "False")"
    return
      "(\"\(name)\", \"\(symbol)_call_packed\", (\(given.dropLast(given.isEmpty ? 0 : 1))), \(description(result)), \(flags), \"\(access)\")"
  }

  private mutating func implement(closure name: String, _ type: TypeReference) {
    guard let signature = type.signature else { return }
    let variable = "_t_\(forms.local(name))_call"
    descriptions["closure " + name] = variable
    let method = self.method(
      "__call__", name, Array(zip(signature.names, signature.parameters)), signature.result[0],
      signature.isAsync, signature.isThrowing)
    text.line("\(variable) = _binding.Type(_library, \"closure\", None, ())")
    text.line("\(variable).implement((\(method),))")
  }

  /// What makes values of them: for what callbacks and streams of Python's give.
  private mutating func madeBy() {
    for key in usage.order {
      guard let use = usage.uses[key], use.isMade else { continue }
      let name = description(use.type)
      text.line("\(name).made_by(\"\(key)_make_value\")")
    }
  }

  // MARK: Functions

  private mutating func describe(_ function: Function) {
    let owner = interface.owner(of: function)
    let isMethod = owner != nil && !function.isStatic
    let layout = OptionsLayout(function, forms)
    var parameters = isMethod ? "(\"self\", \(descriptions[owner?.symbol ?? ""] ?? ""), 0), " : ""
    for parameter in function.parameters {
      let type = description(parameter.type)
      let offset = parameter.isOption ? layout.offsets[parameter.name] ?? 0 : 0
      parameters += "(\"\(argumentName(parameter))\", \(type), \(offset)), "
    }
    var flags = isMethod ? "m" : ""
    if function.result.kind == .stream {
      flags += "s"
    } else if function.isAsync {
      flags += "a"
    } else if function.isThrowing {
      flags += "t"
    }
    let result = function.result.kind == .stream ? function.result.element : function.result
    let inside = result.kind == .optional ? result.element : result
    let frees = !function.isAsync && inside.isBlock
    let release = frees ? "\"\(forms.blockPrefix(inside))_free\"" : "None"
    let size = function.options.isEmpty ? 0 : layout.size
    let given = parameters.isEmpty ? "()" : "(\(parameters.dropLast()))"
    let shown =
      function.kind == .initializer && isConstructor(function, of: owner)
      ? pythonClass(owner?.name ?? "") : name(of: function, in: owner)
    let name = privateName(function)
    let delivers = description(result)
    text.line("\(name) = _binding.Function(")
    text.line("    _library, \"\(shown)\", \"\(function.symbol)_packed\", \"\(flags)\",")
    let tail = "\(size), \(delivers), \(release)"
    text.line("    \(given), \(tail)")
    text.line(")")
  }
}
