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
