/// What C calls.
extension CPrinter {
  func prototype(
    _ name: String, _ parameters: [String], returns: String = "tenon_status_t "
  ) -> String {
    call(
      "TENON_API \(returns)\(name)", parameters.isEmpty ? ["void"] : parameters, " TENON_NOEXCEPT;")
  }

  mutating func functions() {
    let objects = interface.types.filter { $0.kind == .object }
    guard !interface.allFunctions.isEmpty || !objects.isEmpty else { return }
    section("Functions")
    for closure in usage.closures {
      self.closure(closure.name, closure.type, closure.documentation)
    }
    for function in interface.functions { self.function(function) }
    for type in interface.types where type.kind != .interface {
      for function in type.functions { self.function(function) }
      if type.kind == .object {
        let name = memberName(type.name.split(separator: ".").last.map(String.init) ?? "object")
        text.add(prototype("\(type.symbol)_retain", ["\(type.symbol)_t *\(name)"]))
        text.add(prototype("\(type.symbol)_release", ["\(type.symbol)_t *\(name)"]))
        text.line()
      }
    }
  }

  mutating func function(_ function: Function) {
    if !function.options.isEmpty { options(function) }
    functionComment(function, delivers: [delivered(function)], indent: "")
    text.add(prototype(function.symbol, signatures.parameters(of: function).map(\.text)))
    text.line()
  }

  mutating func options(_ function: Function) {
    let name = "\(function.symbol)_options"
    for parameter in function.options { need(optionType(parameter)) }
    text.line("/** What \(function.symbol)() can be told. Zero is what Swift has by default. */")
    text.line("typedef struct \(name) {")
    rows(
      [("  size_t struct_size;", "sizeof(\(name)_t)")]
        + function.options.map { parameter in
          let closure = parameter.type.closure
          let form =
            closure.map { "\($0.symbol ?? "")_t " } ?? forms.field(optionType(parameter)).type
          var words = phrase(linked(parameter.documentation))
          if closure == nil, let shown = shownDefault(parameter) {
            words += "\(words.isEmpty ? "" : "; ")default: \(shown)"
          }
          return ("  \(form)\(parameter.symbol);", words)
        })
    text.add("} \(name)_t;\n")
  }

  /// What Swift has for an option that is not given; nil: nothing, or more than a line can say.
  private func shownDefault(_ parameter: Parameter) -> String? {
    guard let value = parameter.defaultValue, isShort(value) else { return nil }
    let type = optionType(parameter)
    guard let literal = LiteralDefault(value, of: type, in: interface) else { return value }
    return shown(literal, type)
  }

  /// An option is one that may not be given.
  func optionType(_ parameter: Parameter) -> TypeReference {
    parameter.type.kind == .optional
      ? parameter.type
      : TypeReference(.optional, of: [parameter.type], swift: parameter.type.swift + "?")
  }

  /// What C finds in a future, a stream, or an output.
  func delivered(_ function: Function) -> String {
    let returns = function.documentation.returns.map { phrase(linked($0)) }
    let what = returns.map { ": \($0)" } ?? ""
    guard function.isAsync else {
      switch function.result.kind {
      case .void: return ""
      case .string, .url, .bytes: return "Gives \(delivery(function.result))\(what), to drop."
      default: return returns.map { "Gives \($0)." } ?? ""
      }
    }
    if function.result.kind == .stream {
      let items = "Items: \(delivery(function.result.element, isItem: true))."
      return returns.map { "Gives \($0). \(items)" } ?? items
    }
    if function.result.kind == .void { return "Delivers nothing." }
    let delivery = delivery(function.result)
    // What takes it comes before what it is.
    let words = returns == nil ? delivery : delivery.replacing(": ", with: ", with ")
    return "Delivers \(words)\(what)."
  }

  func delivery(_ type: TypeReference, isItem: Bool = false) -> String {
    let take = isItem ? "_take_item()" : "_take()"
    switch type.kind {
    case .void: return "nothing"
    case .optional:
      if type.element.isBlock || type.element.kind == .object {
        return "\(named(type.element)), or none: \(forms.blockPrefix(type))\(take)"
      }
      return "\(delivery(type.element)), or nothing"
    case .bool: return "a boolean"
    case .uint64, .uint, .uint8, .uint16, .uint32: return "a u64"
    case .float, .double: return "an f64"
    case .string: return "a string"
    case .bytes: return "bytes"
    case .enumeration: return "an i64, which is \(named(type))"
    case .duration: return "an i64, in nanoseconds"
    case .date: return "an i64, in nanoseconds since 1970"
    case .uuid: return "16 bytes"
    case .url: return "a string, which is a URL"
    case .object, .record, .variant, .error, .list, .set, .dictionary:
      let makes = isItem && usage.uses[forms.blockPrefix(type)]?.isItem != true
      return isItem && !makes
        ? "\(forms.blockPrefix(type))_take_item()"
        : "\(named(type)): \(forms.blockPrefix(type))\(take)"
    default: return "an i64"
    }
  }

  func named(_ type: TypeReference) -> String {
    named(type.isScalar ? String(forms.scalar(type).dropLast(2)) : forms.block(type))
  }

  func named(_ symbol: String) -> String {
    let name = symbol + "_t"
    return ("aeiou".contains(name.first ?? "x") ? "an " : "a ") + name
  }
}
