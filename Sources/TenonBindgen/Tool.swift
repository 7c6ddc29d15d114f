import Foundation

/// The command line.
struct Tool {
  static let help = """
    usage: tenon-bindgen --library NAME --module NAME [options] FILE...

    Reads Swift files, and writes what C, C++ and Swift need for the declarations that @Export stands before.

      --library NAME     what C names begin with, and the headers' name
      --module NAME      the Swift module that the files are of
      --version 1.2.3    of the library
      --headers DIR      writes NAME.h and NAME.hpp there
      --thunks FILE      writes the Swift functions that C calls
      --interface FILE   writes the interface, for other modules and other languages
      --import FILE      reads the interface of a module whose types are used; may come again
      --lock FILE        what releases have promised; a change that breaks it is an error
      --release          writes the lock file anew: what there is now is promised
      --test FILE        writes a C program that calls every function with wrong arguments
      -D NAME            a condition that #if finds set; may come again
      --check            writes nothing; says whether the files can be exported
      --print-ir         prints the interface
      --help             prints this

    Mistakes are printed as FILE:LINE:COLUMN: error: what it is, and what to write instead; the answer is then 1.
    """

  private var options: [String: [String]] = [:]
  private var files: [String] = []
  private let diagnostics = Diagnostics()

  private static let withValue: Set<String> = [
    "--library", "--module", "--version", "--headers", "--thunks", "--interface", "--import",
    "--lock", "--test", "-D",
  ]
  private static let flags: Set<String> = ["--release", "--check", "--print-ir", "--help"]

  mutating func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") {
      print(Tool.help)
      return 0
    }
    guard parse(arguments) else { return 2 }
    let module = one("--module") ?? "Module"
    let library = one("--library") ?? snakeCase(module)
    guard isIdentifier(library), library == library.lowercased() else {
      return fail(
        "the library's name is what C names begin with: small letters, digits and underscores, not \(library)"
      )
    }
    var imported: [Interface] = []
    for path in options["--import"] ?? [] {
      guard let interface = read(path, Interface.self) else {
        return fail("\(path) is no interface of tenon-bindgen")
      }
      guard interface.format == Interface.currentFormat else {
        return fail(
          "\(path) is of format \(interface.format); this tenon-bindgen reads \(Interface.currentFormat)"
        )
      }
      imported.append(interface)
    }
    var lock: Lock?
    if let path = one("--lock"), FileManager.default.fileExists(atPath: path) {
      guard let known = read(path, Lock.self) else {
        return fail("\(path) is no lock file of tenon-bindgen")
      }
      lock = known
    }
    let version = one("--version") ?? lock?.releases.last?.version ?? "0.0.0"
    guard version.split(separator: ".").count == 3,
      version.split(separator: ".").allSatisfy({ Int($0) != nil })
    else {
      return fail("--version is not of the form 1.2.3: \(version)")
    }
    var configuration = Configuration()
    configuration.conditions = Set(options["-D"] ?? [])
    configuration.modules = Set(imported.map(\.module))
    imported.removeAll { $0.module == module }
    let declarations = Declarations(configuration: configuration, diagnostics: diagnostics)
    declarations.read(files)
    let reader = InterfaceReader(
      declarations, module: module, library: library, version: version,
      imported: imported.filter { declarations.imports.contains($0.module) },
      lock: lock)
    var interface = reader.read()
    let forms = CForms(library: library)
    for index in interface.types.indices { forms.lay(&interface.types[index]) }
    checkNames(interface, diagnostics)
    if !diagnostics.hasErrors { lock?.check(&interface, diagnostics) }
    interface.abi = shape(of: interface)
    interface.compatible = (lock?.releases.map(\.abi) ?? []).filter { $0 != interface.abi }
    diagnostics.print()
    if diagnostics.hasErrors { return 1 }
    if has("--print-ir") { print(encode(interface)) }
    if has("--check") { return 0 }
    return write(interface, declarations, lock)
  }

  private func write(_ interface: Interface, _ declarations: Declarations, _ lock: Lock?) -> Int32 {
    if let folder = one("--headers") {
      var c = CPrinter(interface)
      guard put(c.print(), "\(folder)/\(interface.library).h") else { return 1 }
      var cxx = CPlusPlusPrinter(interface)
      guard put(cxx.print(), "\(folder)/\(interface.library).hpp") else { return 1 }
    }
    if let path = one("--thunks") {
      let style =
        declarations.imports.contains("TenonExport")
        ? "import TenonExport" : "public import TenonExport"
      var thunks = ThunkPrinter(interface, importsExport: style)
      let imports = declarations.imports.union(interface.imports.map(\.module))
        .subtracting(["Tenon", "TenonExport", "CTenon", "Swift"]).sorted()
      guard put(thunks.print(imports: imports), path) else { return 1 }
    }
    if let path = one("--test") {
      var walk = WalkPrinter(interface)
      guard put(walk.print(), path) else { return 1 }
    }
    if let path = one("--interface") { guard put(encode(interface), path) else { return 1 } }
    if has("--release"), let path = one("--lock") {
      if let old = lock?.releases.first(where: { $0.version == interface.version }),
        old.abi != interface.abi
      {
        return fail(
          "\(interface.version) has been released, and was another; give the next --version")
      }
      guard put(encode(Lock(interface, after: lock)), path) else { return 1 }
    }
    return 0
  }

  // MARK: Parts

  private mutating func parse(_ arguments: [String]) -> Bool {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if Tool.withValue.contains(argument) {
        guard let value = rest.popFirst() else {
          return fail("\(argument) needs a value; see --help") == 0
        }
        options[argument, default: []].append(value)
      } else if Tool.flags.contains(argument) {
        options[argument] = []
      } else if argument.hasPrefix("-D"), argument.count > 2 {
        options["-D", default: []].append(String(argument.dropFirst(2)))
      } else if argument.hasPrefix("-") {
        return fail("there is no option \(argument); see --help") == 0
      } else {
        files.append(argument)
      }
    }
    guard !files.isEmpty else { return fail("no Swift file is given; see --help") == 0 }
    return true
  }

  private func one(_ option: String) -> String? { options[option]?.last }
  private func has(_ option: String) -> Bool { options[option] != nil }

  private func fail(_ message: String) -> Int32 {
    FileHandle.standardError.write(Data("tenon-bindgen: \(message)\n".utf8))
    return 2
  }

  private func read<Content: Decodable>(_ path: String, _ type: Content.Type) -> Content? {
    FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  private func encode(_ content: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(content)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
  }

  /// Writes a file, unless it says the same already: then nothing needs to be built again.
  private func put(_ content: String, _ path: String) -> Bool {
    if let known = FileManager.default.contents(atPath: path), known == Data(content.utf8) {
      return true
    }
    do {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try content.write(toFile: path, atomically: true, encoding: .utf8)
      return true
    } catch {
      _ = fail("\(path) cannot be written: \(error.localizedDescription)")
      return false
    }
  }
}
