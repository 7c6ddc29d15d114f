/// Prints what `require()` and `import` load: all that the addon exports, by name.
struct ModulePrinter {
  let interface: Interface
  /// Whose addon it is in.
  let root: Interface
  let names: JavaScriptNames

  init(_ interface: Interface, root: Interface) {
    self.interface = interface
    self.root = root
    names = JavaScriptNames(interface: interface)
  }

  private var exports: [String] {
    names.classes.map { JavaScriptNames.type($0.name) } + names.freeFunctions.map(names.function)
      + interface.constants.map { JavaScriptNames.exported($0.name) }
      + (hasCallContext(names, isRoot) ? ["callContext"] : [])
  }

  private var errors: [TypeDeclaration] { interface.types.filter { $0.kind == .error } }

  private var isRoot: Bool { interface.module == root.module }

  private var head: String { "// Made by tenon-bindgen from \(interface.module). Do not edit." }

  func commonJS() -> String {
    var text = Text()
    let part = isRoot ? "" : "['./\(interface.library)']"
    text.add("\(head)\n'use strict';\nconst addon = require('./\(root.library).node')\(part);\n")
    for name in exports { text.line("exports.\(name) = addon.\(name);") }
    for error in errors {
      text.line(
        "exports.\(errorTest(error)) = (error) => error instanceof Error && error.domain === '\(error.domain ?? "")';"
      )
    }
    return text.string
  }

  func module() -> String {
    var text = Text()
    let name = isRoot ? "index" : interface.library
    text.add("\(head)\nimport __exports from './\(name).js';\n")
    let all = exports + errors.map(errorTest)
    text.line("export const {")
    for name in all { text.line("  \(name),") }
    text.add("} = __exports;\nexport default __exports;")
    return text.string
  }
}

/// Whether the package has what calls carry: unless the author has something of that name.
func hasCallContext(_ names: JavaScriptNames, _ isRoot: Bool) -> Bool {
  isRoot
    && !(names.freeFunctions.map(names.function)
      + names.interface.constants.map { JavaScriptNames.exported($0.name) }).contains("callContext")
}

/// `isDatabaseError`
func errorTest(_ type: TypeDeclaration) -> String { "is" + JavaScriptNames.type(type.name) }
