/// What is in a Python package: the module, and those whose types it uses, which share the library; each under its own name.
struct PythonPackage {
  let interface: Interface

  init(_ interface: Interface) { self.interface = interface }

  var files: [Printer.File] {
    var result = files(of: interface, as: "__init__") + [("\(interface.library)/py.typed", "")]
    for var other in interface.others {
      // A type of its own is found first, so that these need not be less.
      other.others = interface.others.filter { $0.module != other.module }
      result += files(of: other, as: pythonName(other.library))
    }
    return result
  }

  private func files(of module: Interface, as name: String) -> [Printer.File] {
    var (code, stub) = (
      PythonPrinter(module, root: interface, isStub: false),
      PythonPrinter(module, root: interface, isStub: true)
    )
    let path = "\(interface.library)/\(name)"
    return [("\(path).py", code.print()), ("\(path).pyi", stub.print())]
  }
}
