extension ThunkPrinter {
  func read(_ parameter: Parameter, _ index: Int, into text: inout Text) {
    let type = parameter.type
    let (name, value) = ("p\(index)", "v\(index)")
    switch type.kind {
    case .string: text.line("    let \(value) = try TenonExport.parameter(text: \(name))")
    case .url:
      text.line("    let \(value): \(type.swift) = try TenonExport.parameter(text: \(name))")
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
    case _ where type.isConvertedScalar:
      text.line("    let \(value): \(type.swift) = try TenonExport.parameter(\(name))")
    default: text.line("    let \(value) = \(name)")
    }
  }

  func readOptional(_ parameter: Parameter, _ index: Int, into text: inout Text) {
    let inside = parameter.type.element
    let (name, value) = ("p\(index)", "v\(index)")
    let annotated = "let \(value): \(parameter.type.swift)"
    switch inside.kind {
    case .string: text.line("    let \(value) = try TenonExport.parameter(optionalText: \(name))")
    case .url: text.line("    \(annotated) = try TenonExport.parameter(optionalText: \(name))")
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

  mutating func readOptions(_ function: Function, _ reading: inout Text, _ late: inout Text) {
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
}
