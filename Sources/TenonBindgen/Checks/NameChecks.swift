/// Finds names that two things would have in C.
func checkNames(_ interface: Interface, _ diagnostics: Diagnostics) {
  var known: [String: String] = [:]
  let usage = Usage(interface)
  let forms = usage.forms
  let nowhere = Location(file: "", line: 0, column: 0)

  @discardableResult
  func claim(_ symbol: String, _ what: String, _ location: Location) -> Bool {
    if let other = known[symbol] {
      diagnostics.error(
        location,
        "\(what) and \(other) would both be called \(symbol) in C; give one of them a name: @Export(\"…\")"
      )
      return false
    }
    known[symbol] = what
    return true
  }

  claim(
    "\(interface.library)_check_abi", "the check of the header",
    nowhere)
  for name in ["H", "HPP", "ABI", "VERSION_MAJOR", "VERSION_MINOR", "VERSION_PATCH"] {
    claim("\(capitals(interface.library))_\(name)", "a macro of the header", nowhere)
  }
  // They were there before the type that takes their name.
  for closure in usage.closures { claim("\(closure.name)_t", "the struct of a closure", nowhere) }
  for type in interface.types {
    guard claim("\(type.symbol)_t", type.name, type.location) else { continue }
    var made: [String] = []
    switch type.kind {
    case .object: made = ["retain", "release"]
    case .record: made = ["init"]
    case .interface: made = ["init"]
    case .error: made = ["get", "create", "code_t"]
    case .variant: made = ["kind_t"]
    case .enumeration: break
    }
    for name in made {
      claim("\(type.symbol)_\(name)", "what is made for \(type.name)", type.location)
    }
    if let use = usage.uses[type.symbol] {
      if use.isTaken {
        claim("\(type.symbol)_take", "what is made for \(type.name)", type.location)
      }
      if use.isItem {
        claim("\(type.symbol)_take_item", "what is made for \(type.name)", type.location)
      }
      if use.isMade {
        claim("\(type.symbol)_make_value", "what is made for \(type.name)", type.location)
      }
      if type.kind != .object {
        claim("\(type.symbol)_free", "what is made for \(type.name)", type.location)
      }
    }
    for one in type.cases {
      claim(
        "\(capitals(type.symbol))_\(capitals(one.symbol))", "\(type.name).\(one.name)", one.location
      )
      if type.kind == .variant {
        claim("\(type.symbol)_\(one.symbol)", "\(type.name).\(one.name)", one.location)
      }
    }
    var members: Set<String> = type.kind == .record ? ["struct_size"] : []
    for field in type.fields where !members.insert(field.symbol).inserted {
      diagnostics.error(
        field.location,
        "\(field.name) would be \(field.symbol) in C, which \(type.name) has already; call it something else"
      )
    }
    for one in type.cases {
      var members: Set<String> = []
      for field in one.payload where !members.insert(field.symbol).inserted {
        diagnostics.error(
          field.location,
          "two values of \(one.name) would be called \(field.symbol) in C; label them")
      }
      // Some have other names there than in C.
      var areClear = members.count == one.payload.count
      for (language, names) in [
        ("JavaScript", one.payload.map { JavaScriptNames.field($0, of: one, in: type) }),
        ("Python", one.payload.map { pythonName($0, of: one, in: type) }),
      ] where areClear {
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
          areClear = false
          diagnostics.error(
            one.payload[index].location,
            "two values of \(one.name) would be called \(name) in \(language); call one something else"
          )
        }
      }
    }
    for constant in type.constants {
      claim(constant.symbol, "\(type.name).\(constant.name)", constant.location)
    }
    if type.kind == .interface {
      var names: Set<String> = ["struct_size", "context", "done"]
      for function in type.functions where !names.insert(function.symbol).inserted {
        diagnostics.error(
          function.location,
          "\(function.name) would be a second \(function.symbol) in C; call it something else")
      }
      continue
    }
    for function in type.functions {
      claim(function.symbol, "\(type.name).\(function.name)", function.location)
    }
  }
  for constant in interface.constants { claim(constant.symbol, constant.name, constant.location) }
  for function in interface.functions { claim(function.symbol, function.name, function.location) }
  for function in interface.allFunctions where !function.options.isEmpty {
    claim("\(function.symbol)_options_t", "the options of \(function.name)", function.location)
  }
  var derived: Set<String> = []
  func claimDerived(_ type: TypeReference, _ location: Location) {
    for one in forms.derived(type) where derived.insert(one.name).inserted {
      claim("\(one.name)_t", "the \(type.swift) here", location)
    }
  }
  for type in interface.types {
    for field in type.fields { claimDerived(field.type, field.location) }
    for one in type.cases { for field in one.payload { claimDerived(field.type, field.location) } }
  }
  for function in interface.allFunctions { claimDerived(function.result, function.location) }
}
