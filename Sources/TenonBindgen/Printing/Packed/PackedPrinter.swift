/// Prints a second entry of one shape for each function, and callbacks that call one of one shape: see tenon/packed.h.
struct PackedPrinter {
  let interface: Interface
  private let thunks: ThunkPrinter
  private var text = Text()

  init(_ interface: Interface) {
    self.interface = interface
    thunks = ThunkPrinter(interface)
  }

  mutating func print() -> String {
    text.add("// Made by tenon-bindgen. Do not edit.\npublic import CTenon\nimport TenonExport\n")
    for function in interface.allFunctions { entry(function) }
    for (name, type, _) in thunks.usage.closures {
      guard let signature = type.signature else { continue }
      callback(
        name, 0, signature.parameters, signature.result[0], isAsync: signature.isAsync,
        isThrowing: signature.isThrowing)
    }
    for type in interface.types where type.kind == .interface {
      for (index, function) in type.functions.enumerated() {
        callback(
          "\(type.symbol)_\(function.symbol)", index, function.parameters.map(\.type),
          function.result, isAsync: function.isAsync, isThrowing: function.isThrowing)
      }
    }
    return text.string
  }

  // MARK: Entries

  private mutating func entry(_ function: Function) {
    var at = 0
    let arguments = self.words(of: function).map { type in
      defer { at += PackedPrinter.words(type) }
      return "w.load(fromByteOffset: \(at * 8), as: (\(type)).self)"
    }
    text.line(
      "@c(\(function.symbol)_packed) public func __\(function.symbol)_packed(_ w: UnsafeMutableRawPointer) -> tenon_status_t {"
    )
    text.line("  __\(function.symbol)(")
    text.add(arguments.map { "    " + $0 }.joined(separator: ",\n") + ")\n}\n")
  }

  /// What the thunk takes, as Swift writes it.
  private func words(of function: Function) -> [String] {
    var types: [String] = []
    if !function.isStatic, let owner = interface.owner(of: function) {
      switch owner.kind {
      case .object: types.append("OpaquePointer?")
      case .enumeration: types.append("Int32")
      default: types.append("UnsafeRawPointer?")
      }
    }
    if function.isAsync { types.append("OpaquePointer?") }
    for parameter in function.parameters where !parameter.isOption {
      types += thunks.cTypes(parameter.type)
    }
    if !function.options.isEmpty { types.append("UnsafeRawPointer?") }
    if function.isAsync {
      types.append("UnsafeMutablePointer<OpaquePointer?>?")
    } else {
      if function.result.kind != .void { types.append("UnsafeMutableRawPointer?") }
      if function.isThrowing { types.append("UnsafeMutablePointer<OpaquePointer?>?") }
    }
    return types
  }

  private static func words(_ type: String) -> Int { type == "tenon_uuid_t" ? 2 : 1 }

  // MARK: Callbacks

  private mutating func callback(
    _ name: String, _ index: Int, _ parameters: [TypeReference], _ result: TypeReference,
    isAsync: Bool, isThrowing: Bool
  ) {
    var types = parameters.flatMap(thunks.cTypes)
    var returned: String?
    if isAsync {
      types.append("OpaquePointer?")
    } else if isThrowing {
      if result.kind != .void {
        let type = result.isScalar ? thunks.cScalar(result) : "tenon_value_t"
        types.append("UnsafeMutablePointer<\(type)>?")
      }
      types.append("UnsafeMutablePointer<OpaquePointer?>?")
      returned = "tenon_status_t"
    } else if result.kind != .void {
      returned = thunks.cScalar(result)
    }
    let all =
      ["_ c: UnsafeMutableRawPointer?"] + types.enumerated().map { "_ p\($0): \($1)" }
    text.line("@c(\(name)_call_packed) public func __\(name)_call_packed(")
    text.line("  \(all.joined(separator: ", "))")
    text.line(")\(returned.map { " -> \($0)" } ?? "") {")
    var at = 0
    let stores = types.enumerated().map { index, type in
      defer { at += PackedPrinter.words(type) }
      return
        "    w.storeBytes(of: p\(index), toByteOffset: \(at * 8), as: (\(type)).self)"
    }
    let isNumber = returned != nil && !isThrowing
    let function = isNumber ? "callPackedNumber" : "callPacked"
    let head = returned == nil ? "_ = " : "return "
    text.line("  \(head)TenonExport.\(function)(c, \(index), words: \(at)) { w in")
    if stores.isEmpty { text.line("    _ = w") }
    for store in stores { text.line(store) }
    text.add("  }\n}\n")
  }
}
