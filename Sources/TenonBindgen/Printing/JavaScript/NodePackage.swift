/// What is in a package for Node: the module, and those whose types it uses. They share the addon, so that what one of them makes the
/// others take; of each there are the same files, under its own name.
struct NodePackage {
  let interface: Interface

  init(_ interface: Interface) { self.interface = interface }

  var files: [Printer.File] {
    var result = files(of: interface, as: "index", source: "addon", firstClass: 0)
    var classes = JavaScriptNames(interface: interface).classes.count
    for var other in interface.others {
      // A type of its own is found first, so that these need not be less.
      other.others = interface.others.filter { $0.module != other.module }
      result += files(of: other, as: other.library, source: other.library, firstClass: classes)
      classes += JavaScriptNames(interface: other).classes.count
    }
    return result
  }

  /// `name` is the module's in JavaScript, `source` is the file with its tables.
  private func files(of module: Interface, as name: String, source: String, firstClass: Int)
    -> [Printer.File]
  {
    let isRoot = name == "index"
    var addon = AddonPrinter(module, firstClass: firstClass, isRoot: isRoot)
    var declarations = DeclarationPrinter(module, root: interface)
    let printer = ModulePrinter(module, root: interface)
    return [
      ("\(source).c", addon.print()), ("\(name).js", printer.commonJS()),
      ("\(name).mjs", printer.module()), ("\(name).d.ts", declarations.print()),
    ]
  }
}
