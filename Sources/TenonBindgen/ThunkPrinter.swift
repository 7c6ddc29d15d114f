/// Prints the Swift functions that C calls. They name every type of TenonExport in full, as the author may have types of the
/// same names.
struct ThunkPrinter {
  let interface: Interface
  let usage: Usage
  /// How the author's own files import TenonExport, if they do.
  let importsExport: String
  var forms: CForms { usage.forms }
  private var text = Text()

  init(_ interface: Interface, importsExport: String = "public import TenonExport") {
    self.interface = interface
    self.importsExport = importsExport
    usage = Usage(interface)
  }

  private let namespace = "TenonExport."

  mutating func print(imports: [String]) -> String {
    text.add("// Made by tenon-bindgen. Do not edit.\npublic import CTenon\n\(importsExport)")
    for name in imports { text.line("import \(name)") }
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

  private mutating func at(_ location: Location, _ lines: String) {
    text.line("#sourceLocation(file: \(quoted(location.file)), line: \(location.line))")
    text.add(lines)
    text.line("#sourceLocation()")
  }

  private mutating func record(_ type: TypeDeclaration) {
    at(type.location, "extension \(type.name): TenonExport.Record {")
    sizes(type)
    tail(type.fields.map { ("self.\(escaped($0.name))", $0.type) })
    text.line(
      "  public func write(record p: UnsafeMutableRawPointer, _ tail: inout TenonExport.Tail) {")
    for field in type.fields {
      text.line("    self.\(escaped(field.name)).write(to: p + \(field.offset), &tail)")
    }
    text.line("  }")
    text.line("  public init(record r: TenonExport.RecordReader) throws(TenonExport.Refusal) {")
    for (index, field) in type.fields.enumerated() {
      let size = forms.field(field.type).size
      if let value = field.defaultValue, value != "nil", field.offset + size > type.smallestSize {
        at(
          field.location,
          "    let f\(index): \(field.type.swift) = try r.field(\(field.offset), or: \(value))")
      } else {
        text.line("    let f\(index): \(field.type.swift) = try r.field(\(field.offset))")
      }
    }
    let arguments = type.fields.enumerated().map { "\(labeled($1.name)): f\($0)" }.joined(
      separator: ", ")
    at(type.location, "    self.init(\(arguments))")
    text.add("  }\n}\n")
  }

  private mutating func sizes(_ type: TypeDeclaration) {
    text.line("  public static var exportedRecordSize: Int { \(type.size) }")
    if type.smallestSize != type.size {
      text.line("  public static var smallestExportedSize: Int { \(type.smallestSize) }")
    }
  }

  private mutating func tail(_ parts: [(String, TypeReference)]) {
    let sum = tailSum(parts)
    text.line("  public var exportedRecordTail: Int { \(sum) }")
  }

  private func tailSum(_ parts: [(String, TypeReference)]) -> String {
    let long = parts.filter { !$0.1.isScalar && !($0.1.kind == .optional && $0.1.element.isScalar) }
    return long.isEmpty ? "0" : long.map { "\($0.0).exportedTailSize" }.joined(separator: " + ")
  }

  private mutating func enumeration(_ type: TypeDeclaration) {
    at(type.location, "extension \(type.name): TenonExport.ExportedEnumeration {")
    text.line("  public var exportedNumber: Int32 {\n    switch self {")
    for one in type.cases { text.line("    case .\(escaped(one.name)): \(one.number)") }
    text.add("    }\n  }")
    text.line("  public init?(exportedNumber: Int32) {\n    switch exportedNumber {")
    for one in type.cases { text.line("    case \(one.number): self = .\(escaped(one.name))") }
    text.add("    default: return nil\n    }\n  }\n}\n")
  }

  private mutating func variant(_ type: TypeDeclaration) {
    let isError = type.kind == .error
    at(
      type.location, "extension \(type.name): TenonExport.\(isError ? "ExportedError" : "Record") {"
    )
    sizes(type)
    if isError {
      text.line("  public static var exportedDomain: String { \(quoted(type.domain ?? "")) }")
      text.line("  public var exportedCode: Int32 {\n    switch self {")
      for one in type.cases { text.line("    case .\(escaped(one.name)): \(one.number)") }
      text.add("    }\n  }")
    }
    text.line("  public var exportedRecordTail: Int {\n    switch self {")
    for one in type.cases {
      let long = bindings(one) {
        !$0.type.isScalar && !($0.type.kind == .optional && $0.type.element.isScalar)
      }
      text.line(
        "    case .\(escaped(one.name))\(long): \(tailSum(one.payload.enumerated().map { ("e\($0)", $1.type) }))"
      )
    }
    text.add("    }\n  }")
    text.line(
      "  public func write(record p: UnsafeMutableRawPointer, _ tail: inout TenonExport.Tail) {\n    switch self {"
    )
    for one in type.cases {
      text.line("    case .\(escaped(one.name))\(bindings(one)):")
      text.line("      (p + 8).storeBytes(of: \(one.number), as: Int32.self)")
      for (index, field) in one.payload.enumerated() {
        text.line("      e\(index).write(to: p + \(field.offset), &tail)")
      }
    }
    text.add("    }\n  }")
    text.line(
      "  public init(record r: TenonExport.RecordReader) throws(TenonExport.Refusal) {\n    switch r.kind {"
    )
    for one in type.cases {
      let values = one.payload.map {
        "\($0.name.isEmpty ? "" : labeled($0.name) + ": ")try r.field(\($0.offset))"
      }
      text.line(
        "    case \(one.number): self = .\(escaped(one.name))\(values.isEmpty ? "" : "(\(values.joined(separator: ", ")))")"
      )
    }
    text.add("    default: throw .invalid\n    }\n  }\n}\n")
    if isError {
      thunk(
        "\(type.symbol)_get",
        ["_ error: OpaquePointer?", "_ out: UnsafeMutablePointer<UnsafeRawPointer?>?"],
        "TenonExport.details(error, out, \(type.name).self)")
      thunk(
        "\(type.symbol)_create",
        ["_ details: UnsafeRawPointer?", "_ out: UnsafeMutablePointer<OpaquePointer?>?"],
        "TenonExport.makeError(details, out, \(type.name).self)")
    }
  }

  private func bindings(_ one: Case, where isUsed: (Field) -> Bool = { _ in true }) -> String {
    guard one.payload.contains(where: isUsed) else { return "" }
    return
      "(\(one.payload.enumerated().map { isUsed($1) ? "let e\($0)" : "_" }.joined(separator: ", ")))"
  }

  private mutating func object(_ type: TypeDeclaration) {
    if type.superclass == nil {
      at(type.location, "extension \(type.name): TenonExport.ExportedObject {}")
    }
    thunk(
      "\(type.symbol)_retain", ["_ object: OpaquePointer?"],
      "TenonExport.retainObject(object, \(type.name).self)")
    thunk(
      "\(type.symbol)_release", ["_ object: OpaquePointer?"],
      "TenonExport.releaseObject(object, \(type.name).self)")
  }

  /// One line that passes on.
  private mutating func thunk(
    _ symbol: String, _ parameters: [String], _ body: String, returns: Bool = true
  ) {
    let result = returns ? " -> tenon_status_t" : ""
    text.line(
      "@c(\(symbol)) public func __\(symbol)(\(parameters.joined(separator: ", ")))\(result) {")
    text.add("  \(body)\n}\n")
  }

  private mutating func results(_ key: String) {
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
        "\(key)_free", ["_ block: UnsafeMutableRawPointer?"], "TenonExport.freeBlock(block)",
        returns: false)
    }
  }

  private func meta(_ type: String) -> String {
    type.hasPrefix("[") || !type.contains(" ") ? "\(type).self" : "(\(type)).self"
  }

  private mutating func checkABI() {
    let known = ([interface.abi] + interface.compatible).map { "0x\(hex($0))" }.joined(
      separator: ", ")
    thunk(
      "\(interface.library)_check_abi", ["_ abi: UInt32"],
      "[\(known)].contains(abi) ? TENON_STATUS_OK : TENON_STATUS_UNSUPPORTED")
  }

  // MARK: Functions

  /// What a thunk takes from C, as Swift writes it.
  private func cTypes(_ type: TypeReference) -> [String] {
    switch type.kind {
    case .string: ["UnsafePointer<CChar>?"]
    case .bytes, .list, .set, .dictionary: ["UnsafeRawPointer?", "Int"]
    case .record, .variant, .error, .closure, .interface: ["UnsafeRawPointer?"]
    case .object, .stream: ["OpaquePointer?"]
    case .optional: type.element.isScalar ? ["UnsafeRawPointer?"] : cTypes(type.element)
    default: [cScalar(type)]
    }
  }

  private func cScalar(_ type: TypeReference) -> String {
    switch type.kind {
    case .enumeration: "Int32"
    case .duration: "Int64"
    default: type.swift
    }
  }

  private mutating func function(_ function: Function) {
    let owner = interface.owner(of: function)
    var signature: [String] = []
    var reading = Text()
    let needsLent = function.parameters.contains {
      let inside = $0.type.kind == .optional ? $0.type.element : $0.type
      return [.closure, .interface, .stream].contains(inside.kind)
    }
    var receiver = ""
    if !function.isStatic, let owner {
      receiver = "s."
      switch owner.kind {
      case .object:
        signature.append("_ p: OpaquePointer?")
        reading.line("    let s: \(owner.name) = try TenonExport.object(p)")
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
    text.add("}\n")
  }

  private func expression(_ function: Function, _ receiver: String, _ arguments: [String]) -> String
  {
    switch function.kind {
    case .initializer: "\(receiver.dropLast())(\(arguments.joined(separator: ", ")))"
    case .getter: receiver + escaped(function.name)
    case .setter: receiver + escaped(function.name) + " = v0"
    default: receiver + escaped(function.name) + "(\(arguments.joined(separator: ", ")))"
    }
  }

  private mutating func body(_ function: Function, _ expression: String, _ needsLent: Bool) {
    let isVoid = function.result.kind == .void
    let marks = (function.isThrowing ? "try " : "") + (function.isAwaited ? "await " : "")
    let (open, close) = needsLent ? ("return lent.settle(", ")") : ("return ", "")
    let line = function.location
    if function.result.kind == .stream {
      text.line("    \(open)TenonExport.start(executor, stream: out) { sink in")
      at(line, "      let elements = \(marks)\(expression)")
      text.line("      try await TenonExport.send(elements, to: sink)")
      text.line("    }\(close)")
    } else if function.isAsync, function.isConcurrent {
      text.line("    \(open)TenonExport.start(executor, out) {")
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
      text.line("    \(open)TenonExport.start(executor, out) {")
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

  private func read(_ parameter: Parameter, _ index: Int, into text: inout Text) {
    let type = parameter.type
    let (name, value) = ("p\(index)", "v\(index)")
    switch type.kind {
    case .string: text.line("    let \(value) = try TenonExport.parameter(text: \(name))")
    case .bytes, .list, .set, .dictionary:
      text.line(
        "    let \(value): \(type.swift) = try TenonExport.parameter(data: \(name), n\(index))")
    case .record, .variant, .error:
      text.line("    let \(value): \(type.swift) = try TenonExport.parameter(record: \(name))")
    case .object: text.line("    let \(value): \(type.swift) = try TenonExport.object(\(name))")
    case .closure:
      text.line("    let c\(index) = try lent.callback(\(name))")
      closure(type, "c\(index)", "    let \(value): \(swiftClosure(type)) = ", &text)
    case .interface:
      text.line("    let c\(index) = try lent.callback(\(name), tableSizes: \(tableSizes(type)))")
      text.line("    let \(value) = \(adapterName(type.symbol ?? ""))(c\(index))")
    case .stream:
      text.line(
        "    let \(value): AsyncThrowingStream<\(type.element.swift), any Error> = try lent.stream(\(name))"
      )
    case .optional: readOptional(parameter, index, into: &text)
    case .enumeration, .duration:
      text.line("    let \(value): \(type.swift) = try TenonExport.parameter(\(name))")
    default: text.line("    let \(value) = \(name)")
    }
  }

  private func readOptional(_ parameter: Parameter, _ index: Int, into text: inout Text) {
    let inside = parameter.type.element
    let (name, value) = ("p\(index)", "v\(index)")
    let annotated = "let \(value): \(parameter.type.swift)"
    switch inside.kind {
    case .string: text.line("    let \(value) = try TenonExport.parameter(optionalText: \(name))")
    case .bytes, .list, .set, .dictionary:
      text.line("    \(annotated) = try TenonExport.parameter(data: \(name), n\(index))")
    case .record, .variant, .error:
      text.line("    \(annotated) = try TenonExport.parameter(optionalRecord: \(name))")
    case .object: text.line("    \(annotated) = try TenonExport.parameter(optionalObject: \(name))")
    case .closure:
      text.line("    let c\(index) = try lent.optionalCallback(\(name))")
      text.line("    var \(value): (\(swiftClosure(inside)))?")
      text.line("    if let c\(index) {")
      closure(inside, "c\(index)", "      \(value) = ", &text)
      text.line("    }")
    case .interface:
      text.line(
        "    let c\(index) = \(name) == nil ? nil : try lent.callback(\(name), tableSizes: \(tableSizes(inside)))"
      )
      text.line("    let \(value) = c\(index).map { \(adapterName(inside.symbol ?? ""))($0) }")
    default: text.line("    \(annotated) = try TenonExport.parameter(optional: \(name))")
    }
  }

  private mutating func readOptions(_ function: Function, _ reading: inout Text, _ late: inout Text)
  {
    let layout = OptionsLayout(function, forms)
    reading.line(
      "    let o = try TenonExport.Options(options, smallest: \(layout.smallest), size: \(layout.size))"
    )
    for (index, parameter) in function.parameters.enumerated() where parameter.isOption {
      let offset = layout.offsets[parameter.name] ?? 8
      let value = "v\(index)"
      let inside = parameter.type.kind == .optional ? parameter.type.element : parameter.type
      let defaultValue = parameter.defaultValue ?? "nil"
      func located(_ line: String, _ text: inout Text) {
        text.line(
          "#sourceLocation(file: \(quoted(parameter.location.file)), line: \(parameter.location.line))"
        )
        text.line(line)
        text.line("#sourceLocation()")
      }
      switch inside.kind {
      case .closure:
        let type =
          parameter.type.kind == .optional ? "(\(swiftClosure(inside)))?" : swiftClosure(inside)
        late.line("    let c\(index) = try lent.optionalCallback(o.callback(\(offset)))")
        late.line("    let \(value): \(type)")
        late.line("    if let c\(index) {")
        closure(inside, "c\(index)", "      \(value) = ", &late)
        late.line("    } else {")
        located("      \(value) = \(defaultValue)", &late)
        late.line("    }")
      case .interface:
        late.line("    let t\(index) = o.pointer(\(offset))")
        late.line("    let \(value): \(parameter.type.swift)")
        late.line("    if let t\(index) {")
        late.line(
          "      \(value) = \(adapterName(inside.symbol ?? ""))(try lent.callback(t\(index), tableSizes: \(tableSizes(inside))))"
        )
        late.line("    } else {")
        located("      \(value) = \(defaultValue)", &late)
        late.line("    }")
      case .object:
        reading.line("    let \(value): \(parameter.type.swift)")
        reading.line("    if let t\(index) = o.pointer(\(offset)) {")
        reading.line("      \(value) = try TenonExport.object(OpaquePointer(t\(index)))")
        reading.line("    } else {")
        located("      \(value) = \(defaultValue)", &reading)
        reading.line("    }")
      default:
        located(
          "    let \(value): \(parameter.type.swift) = try o.option(\(offset)) ?? \(defaultValue)",
          &reading)
      }
    }
  }

  // MARK: What C implements

  private func adapterName(_ symbol: String) -> String { "__\(symbol)_adapter" }

  private func tableSizes(_ type: TypeReference) -> String {
    guard let declared = interface.types.first(where: { $0.symbol == type.symbol }) else {
      return "(24, 24)"
    }
    return "(smallest: \(declared.smallestTable), current: \(declared.tableSize))"
  }

  private func swiftClosure(_ type: TypeReference) -> String {
    guard let signature = type.signature else { return type.swift }
    let effects = (signature.isAsync ? " async" : "") + (signature.isThrowing ? " throws" : "")
    return
      "@Sendable (\(signature.parameters.map(\.swift).joined(separator: ", ")))\(effects) -> \(signature.result[0].swift)"
  }

  private func closure(
    _ type: TypeReference, _ callback: String, _ head: String, _ text: inout Text
  ) {
    guard let signature = type.signature else { return }
    let names = signature.parameters.indices.map { "a\($0)" }
    text.line("\(head){\(names.isEmpty ? "" : " \(names.joined(separator: ", ")) in")")
    calling(
      callback, offset: 0, Array(zip(names, signature.parameters)), signature.result[0],
      isAsync: signature.isAsync,
      isThrowing: signature.isThrowing, &text)
    text.line("    }")
  }

  private mutating func adapter(_ type: TypeDeclaration) {
    let name = adapterName(type.symbol)
    at(type.location, "final class \(name): \(type.name) {")
    text.line("  let callback: TenonExport.Callback")
    text.line("  init(_ callback: TenonExport.Callback) { self.callback = callback }")
    for (index, function) in type.functions.enumerated() {
      let parameters = function.parameters.enumerated().map { index, parameter in
        "\(parameter.label.map { labeled($0) } ?? "_") a\(index): \(parameter.type.swift)"
      }
      let effects = (function.isAsync ? " async" : "") + (function.isThrowing ? " throws" : "")
      let result = function.result.kind == .void ? "" : " -> \(function.result.swift)"
      text.line(
        "  \(function.isAsync ? "nonisolated(nonsending) " : "")func \(escaped(function.name))(\(parameters.joined(separator: ", ")))\(effects)\(result) {"
      )
      var body = Text()
      calling(
        "callback", offset: 24 + index * 8,
        function.parameters.enumerated().map { ("a\($0)", $1.type) }, function.result,
        isAsync: function.isAsync, isThrowing: function.isThrowing, &body)
      for line in body.lines { text.line(line) }
      text.line("  }")
    }
    text.add("}\n")
  }

  /// The body of a Swift function that calls one of C's.
  private func calling(
    _ callback: String, offset: Int, _ parameters: [(name: String, type: TypeReference)],
    _ result: TypeReference,
    isAsync: Bool, isThrowing: Bool, _ text: inout Text
  ) {
    var types = ["UnsafeMutableRawPointer?"]
    var arguments = ["context"]
    var lends: [String] = []
    for (name, type) in parameters {
      types += cTypes(type)
      let (lend, passed) = lending(name, type)
      if let lend { lends.append(lend) }
      arguments += passed
    }
    let isVoid = result.kind == .void
    let try_ = isThrowing && !isAsync ? "try " : ""
    func nested(_ indent: String, _ lines: [String], _ prefix: String = "") {
      var indent = indent
      for (index, lend) in lends.enumerated() {
        text.line("\(indent)\(index == 0 ? prefix : "return ")\(try_)\(lend)")
        indent += "  "
      }
      for line in lines { text.line(indent + line) }
      for _ in lends {
        indent = String(indent.dropLast(2))
        text.line(indent + "}")
      }
    }
    if isAsync {
      types.append("OpaquePointer?")
      let function = "(@convention(c) (\(types.joined(separator: ", "))) -> Void).self"
      text.line(
        "      \(isVoid ? (isThrowing ? "try await" : "try? await") : "return try await") \(callback).wait { [\(callback)] context, promise in"
      )
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { return false }")
      nested("        ", ["fn(\((arguments + ["promise"]).joined(separator: ", ")))"])
      text.line("        return true")
      text.line("      }")
      return
    }
    if isThrowing {
      let isDirect = result.isScalar
      if !isVoid {
        types.append(
          isDirect
            ? "UnsafeMutablePointer<\(cScalar(result))>?" : "UnsafeMutablePointer<tenon_value_t>?")
      }
      types.append("UnsafeMutablePointer<OpaquePointer?>?")
      let function = "(@convention(c) (\(types.joined(separator: ", "))) -> tenon_status_t).self"
      text.line("      return try \(callback).call { context in")
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { throw CancellationError() }"
      )
      if !isVoid {
        text.line(
          "        var result: \(isDirect ? cScalar(result) : "tenon_value_t") = \(isDirect ? (result.kind == .bool ? "false" : "0") : "tenon_value_none()")"
        )
      }
      text.line("        var error: OpaquePointer?")
      let passed = arguments + (isVoid ? [] : ["&result"]) + ["&error"]
      nested(
        "        ",
        [
          "\(lends.isEmpty ? "" : "")try TenonExport.check(fn(\(passed.joined(separator: ", "))), error)"
        ])
      if !isVoid {
        if !isDirect {
          text.line("        return try TenonExport.answer(&result)")
        } else if [.enumeration, .duration].contains(result.kind) {
          text.line("        return try TenonExport.answer(scalar: result)")
        } else {
          text.line("        return result")
        }
      }
      text.line("      }")
      return
    }
    let returns = isVoid ? "Void" : cScalar(result)
    let function = "(@convention(c) (\(types.joined(separator: ", "))) -> \(returns)).self"
    if isVoid {
      text.line("      \(callback).send { [\(callback)] context in")
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { return }")
      nested("        ", ["fn(\(arguments.joined(separator: ", ")))"])
      text.line("      }")
    } else {
      text.line("      return \(callback).call { context in")
      let zero = result.kind == .bool ? "false" : result.kind == .duration ? ".zero" : "0"
      text.line(
        "        guard let fn = \(callback).function(\(offset), \(function)) else { return \(zero) }"
      )
      let call = "fn(\(arguments.joined(separator: ", ")))"
      nested(
        "        ", [result.kind == .duration ? "return .nanoseconds(\(call))" : "return \(call)"],
        "return ")
      text.line("      }")
    }
  }

  /// How a value is lent to C: a call that has it in memory for a while, and what is passed.
  private func lending(_ name: String, _ type: TypeReference) -> (String?, [String]) {
    switch type.kind {
    case .string: ("TenonExport.lend(\(name)) { m\(name) in", ["m\(name).text"])
    case .bytes, .list, .set, .dictionary:
      ("TenonExport.lend(\(name)) { m\(name) in", ["m\(name).pointer", "m\(name).count"])
    case .record, .variant, .error:
      ("TenonExport.lend(\(name)) { m\(name) in", ["m\(name).pointer"])
    case .object: ("TenonExport.lend(object: \(name)) { m\(name) in", ["m\(name)"])
    case .optional:
      type.element.isScalar
        ? (
          "TenonExport.lend(\(name)) { m\(name) in",
          ["m\(name).optional(\(forms.scalarSize(type.element)))"]
        )
        : lending(name, type.element)
    case .enumeration, .duration: (nil, ["\(name).exportedScalar"])
    default: (nil, [name])
    }
  }
}

/// Where the options of a function stand.
struct OptionsLayout {
  var offsets: [String: Int] = [:]
  var size = 8
  var smallest = 8

  init(_ function: Function, _ forms: CForms) {
    var at = 8
    for (index, parameter) in function.options.enumerated() {
      // What the oldest caller has ends here.
      if index == function.firstOptions { smallest = aligned(at, 8) }
      let inside = parameter.type.kind == .optional ? parameter.type.element : parameter.type
      if inside.kind == .closure {
        at = aligned(at, 8)
        offsets[parameter.name] = at
        at += 24
      } else {
        let form = forms.field(
          parameter.type.kind == .optional
            ? parameter.type
            : TypeReference(.optional, of: [parameter.type], swift: parameter.type.swift + "?"))
        at = aligned(at, form.alignment)
        offsets[parameter.name] = at
        at += form.size
      }
    }
    size = aligned(at, 8)
    if smallest == 8 { smallest = size }
  }
}

extension TypeDeclaration {
  /// Of an interface's table.
  var tableSize: Int { 24 + functions.count * 8 }
  var smallestTable: Int { smallestSize > 0 ? smallestSize : tableSize }
}

private let swiftKeywords: Set<String> = [
  "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
  "deinit", "do", "else", "enum",
  "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in",
  "init", "inout",
  "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public",
  "repeat", "rethrows",
  "return", "self", "Self", "static", "struct", "subscript", "super", "switch", "throw", "throws",
  "true", "try",
  "typealias", "var", "where", "while",
]

/// A name as Swift takes it.
func escaped(_ name: String) -> String { swiftKeywords.contains(name) ? "`\(name)`" : name }

/// A label as Swift takes it: nearly all words are allowed there.
func labeled(_ name: String) -> String {
  ["inout", "var", "let"].contains(name) ? "`\(name)`" : name
}
