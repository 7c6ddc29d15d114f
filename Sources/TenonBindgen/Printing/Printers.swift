/// What a language needs, printed from an interface and from nothing else.
struct Printer: Sendable {
  /// A file's content, and its name in the folder that the option gives; empty: the option gives the file.
  typealias File = (name: String, content: String)

  /// What asks for it on the command line, and what --help says of that.
  let option: String
  let value: String
  let help: String
  let print: @Sendable (Interface) -> [File]
}

/// All that there are. One more language is a folder beside this file, and an entry here.
let printers = [
  Printer(
    option: "--headers", value: "DIR", help: "writes NAME.h and NAME.hpp there, for C and C++"
  ) { interface in
    var (c, cxx) = (CPrinter(interface), CPlusPlusPrinter(interface))
    return [("\(interface.library).h", c.print()), ("\(interface.library).hpp", cxx.print())]
  },
  Printer(
    option: "--packed", value: "FILE",
    help: "writes Swift functions of one shape, for dynamic languages: tenon/packed.h"
  ) {
    var packed = PackedPrinter($0)
    return [("", packed.print())]
  },
  Printer(option: "--python", value: "DIR", help: "writes a Python package NAME there") {
    PythonPackage($0).files
  },
  Printer(option: "--thunks", value: "FILE", help: "writes the Swift functions that C calls") {
    var thunks = ThunkPrinter($0)
    return [("", thunks.print())]
  },
  Printer(
    option: "--test", value: "FILE",
    help: "writes a C program that calls every function with wrong arguments"
  ) {
    var walk = WalkPrinter($0)
    return [("", walk.print())]
  },
  Printer(
    option: "--node", value: "DIR",
    help: "writes a Node package there: index.js, .mjs and .d.ts, and addon.c"
  ) { NodePackage($0).files },
  Printer(
    option: "--interface", value: "FILE",
    help: "writes the interface, for other modules and other languages"
  ) { [("", encode($0))] },
]
