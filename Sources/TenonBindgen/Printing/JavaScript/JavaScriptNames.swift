// What things are called in JavaScript, which is as they are called in Swift, where that is clear.

/// `add_number` is `addNumber`.
func camelCase(_ snake: String) -> String {
  let parts = snake.split(separator: "_")
  guard let first = parts.first else { return snake }
  return String(first)
    + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
}

struct JavaScriptNames {
  let interface: Interface

  /// A nested type has no dot.
  static func type(_ name: String) -> String { name.filter { $0 != "." && $0 != "`" } }

  static func member(_ name: String) -> String { name.filter { $0 != "`" } }

  /// A payload that has no label is a value, or one of several. What the object has by itself is named after its case, too:
  /// `sqliteCode`.
  static func field(_ field: Field, of one: Case, in type: TypeDeclaration) -> String {
    if field.name.isEmpty { return one.isBare ? "value" : camelCase(field.symbol) }
    let name = member(field.name)
    if !isTaken(name, field, in: type) { return name }
    return member(one.name) + name.prefix(1).uppercased() + name.dropFirst()
  }

  private static func isTaken(_ name: String, _ field: Field, in type: TypeDeclaration) -> Bool {
    if type.kind != .error { return name == "kind" }
    // A text is the error's message.
    if name == "message" { return field.type.kind != .string }
    return ["name", "stack", "cause", "domain", "code"].contains(name)
  }

  /// What a module exports is a variable there: `delete_`, where a method is `delete`.
  static func exported(_ name: String) -> String {
    let name = member(name)
    return typeScriptWords.contains(name) ? name + "_" : name
  }

  /// The Swift name, unless the author gives another one or several functions share it.
  func function(_ function: Function) -> String {
    let name = plainName(function)
    let isMethod = interface.owner(of: function)?.kind == .object
    return isMethod ? name : JavaScriptNames.exported(name)
  }

  private func plainName(_ function: Function) -> String {
    let owner = interface.owner(of: function)
    let own = owner?.kind == .object ? owner : nil
    let prefix = (own?.symbol ?? interface.library) + "_"
    let rest =
      function.symbol.hasPrefix(prefix)
      ? String(function.symbol.dropFirst(prefix.count)) : function.symbol
    switch function.kind {
    case .initializer: return camelCase(rest)
    case .getter, .setter:
      return own == nil ? camelCase(rest) : JavaScriptNames.member(function.name)
    case .function, .method:
      let name = JavaScriptNames.member(function.name)
      return snakeCase(name) == rest || memberName(name) == rest ? name : camelCase(rest)
    }
  }

  /// What `new` calls.
  func constructor(of type: TypeDeclaration) -> Function? {
    type.functions.first {
      $0.kind == .initializer && !$0.isAsync && $0.symbol == type.symbol + "_create"
        && $0.result.kind == .object
    }
  }

  /// The method that ends an object: an async one without arguments, `close`.
  func close(of type: TypeDeclaration) -> Function? {
    type.functions.first {
      $0.kind == .method && $0.isAsync && !$0.isStatic && function($0) == "close"
        && $0.result.kind != .stream && $0.parameters.allSatisfy { $0.defaultValue != nil }
    }
  }

  /// Classes before those that inherit from them.
  var classes: [TypeDeclaration] {
    var result: [TypeDeclaration] = []
    var rest = interface.types.filter { $0.kind == .object }
    while !rest.isEmpty {
      let ready = rest.filter { type in
        type.superclass == nil || !rest.contains { $0.name == type.superclass }
      }
      if ready.isEmpty { return result + rest }
      result += ready
      rest.removeAll { type in ready.contains { $0.name == type.name } }
    }
    return result
  }

  /// What JavaScript calls by itself, and not on an object: also what belongs to a record, which is its first argument then.
  var freeFunctions: [Function] {
    interface.functions
      + interface.types.filter { ![.object, .interface].contains($0.kind) }.flatMap(\.functions)
  }

  /// The record, enum or the like that a free function is a method of.
  func receiver(of function: Function) -> TypeDeclaration? {
    guard !function.isStatic, function.kind != .initializer,
      let owner = interface.owner(of: function), owner.kind != .object
    else { return nil }
    return owner
  }

  func receiverName(_ owner: TypeDeclaration) -> String {
    let name = JavaScriptNames.type(owner.name)
    return name.prefix(1).lowercased() + name.dropFirst()
  }
}
