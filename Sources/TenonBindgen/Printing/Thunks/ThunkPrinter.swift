/// Prints the Swift functions that C calls. They name every type of TenonExport in full, as the author may have types of the
/// same names.
struct ThunkPrinter {
  let interface: Interface
  let usage: Usage
  var forms: CForms { usage.forms }
  var text = Text()

  init(_ interface: Interface) {
    self.interface = interface
    usage = Usage(interface)
  }

  let namespace = "TenonExport."

  mutating func print() -> String {
    // As the author's own files import it, if they do.
    let isImported = interface.sourceImports.contains("TenonExport")
    text.add(
      """
      // Made by tenon-bindgen. Do not edit.
      public import CTenon
      \(isImported ? "" : "public ")import TenonExport
      """)
    if !interface.sourceImports.contains("Synchronization"),
      interface.types.contains(where: { $0.kind == .object })
    {
      text.line("import Synchronization")
    }
    for name in interface.sourceImports where !["Tenon", "TenonExport", "CTenon"].contains(name) {
      text.line("import \(name)")
    }
    text.line()
    for type in interface.types {
      switch type.kind {
      case .record: record(type)
      case .enumeration: enumeration(type)
      case .variant, .error: variant(type)
      case .object: object(type)
      case .interface: adapter(type)
      }
    }
    for key in usage.order { results(key) }
    for function in interface.allFunctions { self.function(function) }
    checkABI()
    return text.string
  }

  // MARK: Types

  mutating func at(_ location: Location, _ lines: String) {
    text.line("#sourceLocation(file: \(quoted(location.file)), line: \(location.line))")
    text.add(lines)
    text.line("#sourceLocation()")
  }

  /// One line that passes on.
  mutating func thunk(
    _ symbol: String, _ parameters: [String], _ body: String, returns: Bool = true
  ) {
    let result = returns ? " -> tenon_status_t" : ""
    text.line(
      "@c(\(symbol)) public func __\(symbol)(\(parameters.joined(separator: ", ")))\(result) {")
    text.add("  \(body)\n}\n")
  }

  mutating func results(_ key: String) {
    guard let use = usage.uses[key] else { return }
    var type = use.type.swift
    if use.type.kind == .set { type = "[\(use.type.element.swift)]" }
    let isObject = use.type.kind == .object
    if use.isTaken {
      thunk(
        "\(key)_take", ["_ future: OpaquePointer?", "_ out: UnsafeMutableRawPointer?"],
        "TenonExport.take(future, out, \(meta(type)))")
    }
    if use.isItem {
      thunk(
        "\(key)_take_item",
        ["_ item: UnsafeMutablePointer<tenon_value_t>?", "_ out: UnsafeMutableRawPointer?"],
        "TenonExport.takeItem(item, out, \(meta(type)))")
    }
    if use.isMade {
      let read =
        isObject
        ? "try TenonExport.object(p) as \(type)"
        : [.record, .variant, .error].contains(use.type.kind)
          ? "try TenonExport.parameter(record: p) as \(type)"
          : "try TenonExport.parameter(block: p) as \(type)"
      thunk(
        "\(key)_make_value",
        [
          "_ p: \(isObject ? "OpaquePointer?" : "UnsafeRawPointer?")",
          "_ out: UnsafeMutablePointer<tenon_value_t>?",
        ],
        "TenonExport.makeValue(out) { () throws(TenonExport.Refusal) in \(read) }")
    }
    if !isObject, use.isGiven {
      thunk(
        "\(key)_free", ["_ block: UnsafeMutableRawPointer?"],
        "TenonExport.freeBlock(block, \(meta(type)))",
        returns: false)
    }
  }

  func meta(_ type: String) -> String {
    type.hasPrefix("[") || !type.contains(" ") ? "\(type).self" : "(\(type)).self"
  }

  mutating func checkABI() {
    let known = ([interface.abi] + interface.compatible).map { "0x\(hex($0))" }.joined(
      separator: ", ")
    thunk(
      "\(interface.library)_check_abi", ["_ abi: UInt32"],
      "[\(known)].contains(abi) ? TENON_STATUS_OK : TENON_STATUS_UNSUPPORTED")
  }
}
