extension Lock {
  /// Finds what breaks a release, and tells the interface what older callers have.
  func check(_ interface: inout Interface, _ diagnostics: Diagnostics) {
    let anywhere = Location(
      file: interface.types.first?.location.file ?? interface.functions.first?.location.file
        ?? library, line: 1,
      column: 1)
    for locked in types {
      guard let index = interface.types.firstIndex(where: { $0.name == locked.name }) else {
        diagnostics.error(
          anywhere,
          "\(locked.name) was released in \(locked.since) and is gone; put it back, or release another library"
        )
        continue
      }
      check(&interface.types[index], locked, diagnostics)
    }
    for index in interface.types.indices where interface.types[index].since == nil {
      interface.types[index].since = interface.version
    }
    for locked in functions
    where !interface.allFunctions.contains(where: { $0.symbol == locked.symbol }) {
      diagnostics.error(
        anywhere,
        "\(locked.symbol)() was released in \(locked.since) and is gone; put it back, or release another library"
      )
    }
    let version = interface.version
    interface.forEachFunction { check(&$0, version, diagnostics) }
    for locked in constants {
      guard let constant = interface.allConstants.first(where: { $0.symbol == locked.name }) else {
        diagnostics.error(
          anywhere, "\(locked.name) was released in \(locked.since) and is gone; put it back")
        continue
      }
      let type = constant.type.swift
      if !locked.shape.hasPrefix(type + " =") {
        diagnostics.error(
          constant.location,
          "\(constant.name) was of another type in \(locked.since); add a constant with another name"
        )
      }
    }
  }

  private func check(
    _ type: inout TypeDeclaration, _ locked: LockedType, _ diagnostics: Diagnostics
  ) {
    type.since = locked.since
    guard type.kind.rawValue == locked.kind else {
      diagnostics.error(
        type.location,
        "\(type.name) was released as \(locked.kind) in \(locked.since); add a type with another name"
      )
      return
    }
    guard type.symbol == locked.symbol else {
      diagnostics.error(
        type.location,
        "\(type.name) was released as \(locked.symbol) in \(locked.since); write @Export(\"…\") so that it keeps the name"
      )
      return
    }
    type.smallestSize = locked.smallestSize
    checkFields(type, locked, diagnostics)
    checkCases(type, locked, diagnostics)
    type.functions = arranged(type, locked)
    for (index, old) in locked.requirements.enumerated() {
      if let getter = type.functions.first(where: { $0.kind == .getter && old.sets($0) }),
        !type.functions.contains(where: { $0.symbol == old.name })
      {
        diagnostics.error(
          getter.location,
          "\(getter.name) could be set in \(old.since); put set back, or release another library")
        break
      }
      guard index < type.functions.count else {
        diagnostics.error(
          type.location, "\(type.name) required \(old.name) in \(old.since); put it back, last")
        break
      }
      let new = type.functions[index]
      if new.symbol != old.name {
        diagnostics.error(
          new.location,
          "\(old.name) stood here in \(old.since); keep the order, and add new functions at the end"
        )
        break
      }
      if describe(new) != old.shape {
        diagnostics.error(
          new.location,
          "\(new.name) was \(old.shape) in \(old.since); add another function at the end")
      }
    }
  }

  /// What a protocol requires, in the order of its table: a set that has been added to a released property comes after what
  /// was released, and stays there.
  private func arranged(_ type: TypeDeclaration, _ locked: LockedType) -> [Function] {
    guard type.kind == .interface else { return type.functions }
    func place(_ function: Function) -> Int? {
      locked.requirements.firstIndex { $0.name == function.symbol }
    }
    let moving = type.functions.filter { function in
      function.kind == .setter
        && locked.requirements.contains { old in
          type.functions.contains {
            $0.kind == .getter && $0.name == function.name && $0.symbol == old.name
          }
        }
    }
    var functions = type.functions.filter { one in !moving.contains { $0.symbol == one.symbol } }
    for setter in moving.sorted(by: { place($0) ?? .max < place($1) ?? .max }) {
      functions.insert(setter, at: min(place(setter) ?? .max, functions.count))
    }
    return functions
  }

  private func checkFields(
    _ type: TypeDeclaration, _ locked: LockedType, _ diagnostics: Diagnostics
  ) {
    for (index, old) in locked.fields.enumerated() {
      guard let place = type.fields.firstIndex(where: { $0.name == old.name }) else {
        diagnostics.error(
          type.location,
          "\(old.name) was a field of \(type.name) in \(old.since) and is gone; put it back, as field \(index + 1)"
        )
        return
      }
      let field = type.fields[place]
      if place != index {
        let wrong = index < type.fields.count ? type.fields[index] : field
        diagnostics.error(
          wrong.location,
          "\(old.name) was field \(index + 1) of \(type.name) in \(old.since); keep the order, and add new fields at the end"
        )
        return
      }
      if field.type.swift != old.shape {
        diagnostics.error(
          field.location,
          "\(field.name) was \(old.shape) in \(old.since); a field keeps its type: add another one at the end"
        )
      }
    }
    for field in type.fields.dropFirst(locked.fields.count)
    where field.defaultValue == nil
      && [.record, .variant, .error, .enumeration, .object, .url].contains(field.type.kind)
    {
      diagnostics.error(
        field.location,
        "older callers do not have \(field.name); give it a default, or make it optional")
    }
  }

  private func checkCases(_ type: TypeDeclaration, _ locked: LockedType, _ diagnostics: Diagnostics)
  {
    for old in locked.cases {
      guard let one = type.cases.first(where: { $0.name == old.name }) else {
        diagnostics.error(
          type.location,
          "\(type.name).\(old.name) was released in \(old.since) and is gone; put it back")
        continue
      }
      if let number = locked.numbers[old.name], number != one.number {
        diagnostics.error(
          one.location,
          "\(one.name) was \(number) in \(old.since); a case keeps its number: write = \(number)")
      }
      if payload(one) != old.shape {
        diagnostics.error(
          one.location,
          "\(one.name) had \(old.shape.isEmpty ? "no payload" : "(\(old.shape))") in \(old.since); add another case"
        )
      }
    }
  }

  private func check(_ function: inout Function, _ version: String, _ diagnostics: Diagnostics) {
    guard let old = functions.first(where: { $0.symbol == function.symbol }) else {
      function.since = version
      return
    }
    function.since = old.since
    function.firstOptions = old.firstOptions
    let options = function.options.map { "\($0.symbol): \($0.type.swift)" }
    if describe(function) != old.shape || options.isEmpty != old.options.isEmpty {
      diagnostics.error(
        function.location,
        "\(function.name) was \(old.shape) in \(old.since); a released function keeps its shape: add another one"
      )
    } else if Array(options.prefix(old.options.count)) != old.options {
      diagnostics.error(
        function.location,
        "the options of \(function.name) were \(old.options.joined(separator: ", ")) in \(old.since); keep them, and add new ones after them"
      )
    }
  }
}

extension Lock.Member {
  /// Whether it is what sets a protocol's property.
  fileprivate func sets(_ getter: Function) -> Bool { name == "set_\(snakeCase(getter.name))" }
}

extension Interface {
  /// Changes all functions that C calls.
  mutating func forEachFunction(_ body: (inout Function) -> Void) {
    for index in functions.indices { body(&functions[index]) }
    for type in types.indices where types[type].kind != .interface {
      for index in types[type].functions.indices { body(&types[type].functions[index]) }
    }
  }
}
