import Foundation

/// What the tool does with its command line.
struct Tool {
  private let diagnostics = Diagnostics()

  func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") {
      print(CommandLineOptions.help)
      return 0
    }
    do {
      return try run(CommandLineOptions(arguments))
    } catch {
      FileHandle.standardError.write(Data("tenon-bindgen: \(error.message)\n".utf8))
      return 2
    }
  }

  private func run(_ options: CommandLineOptions) throws(Complaint) -> Int32 {
    var imported = try options["--import"].map { path throws(Complaint) in try Tool.imported(path) }
    let lock = try options.one("--lock").flatMap { path throws(Complaint) in
      try Tool.lock(path)
    }
    let version = options.one("--version") ?? lock?.releases.last?.version ?? "0.0.0"
    guard version.split(separator: ".").count == 3,
      version.split(separator: ".").allSatisfy({ Int($0) != nil })
    else { throw Complaint("--version is not of the form 1.2.3: \(version)") }
    var configuration = Configuration()
    configuration.conditions = Set(options["-D"])
    configuration.modules = Set(imported.map(\.module))
    imported.removeAll { $0.module == options.module }
    let declarations = Declarations(configuration: configuration, diagnostics: diagnostics)
    declarations.read(options.files)
    let reader = InterfaceReader(
      declarations, module: options.module, library: options.library, version: version,
      imported: imported.filter { declarations.imports.contains($0.module) },
      lock: lock)
    var interface = reader.read()
    interface.nameClosures(lock)
    let forms = CForms(library: options.library)
    for index in interface.types.indices { forms.lay(&interface.types[index]) }
    checkNames(interface, diagnostics)
    if !diagnostics.hasErrors { lock?.check(&interface, diagnostics) }
    interface.abi = shape(of: interface)
    interface.others = Tool.ordered(imported, for: interface)
    interface.compatible = (lock?.releases.map(\.abi) ?? []).filter { $0 != interface.abi }
    diagnostics.print()
    if diagnostics.hasErrors { return 1 }
    if options.has("--print-ir") { print(encode(interface), terminator: "") }
    if !options.has("--check") { try write(interface, options, lock) }
    return 0
  }

  // MARK: Reading

  private static func imported(_ path: String) throws(Complaint) -> Interface {
    guard let interface = read(path, Interface.self) else {
      throw Complaint("\(path) is no interface of tenon-bindgen")
    }
    guard interface.format == Interface.currentFormat else {
      throw Complaint(
        "\(path) is of format \(interface.format); this tenon-bindgen reads \(Interface.currentFormat)"
      )
    }
    return interface
  }

  /// What a module uses, itself or through others, each after what it uses.
  private static func ordered(_ imported: [Interface], for interface: Interface) -> [Interface] {
    var result: [Interface] = []
    func add(_ modules: [Import]) {
      for name in modules.map(\.module) where !result.contains(where: { $0.module == name }) {
        guard let other = imported.first(where: { $0.module == name }) else { continue }
        add(other.imports)
        result.append(other)
      }
    }
    add(interface.imports)
    return result
  }

  /// Nil: there is none yet.
  private static func lock(_ path: String) throws(Complaint) -> Lock? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let lock = read(path, Lock.self) else {
      throw Complaint("\(path) is no lock file of tenon-bindgen")
    }
    return lock
  }

  private static func read<Content: Decodable>(_ path: String, _ type: Content.Type) -> Content? {
    FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  // MARK: Writing

  private func write(
    _ interface: Interface, _ options: CommandLineOptions, _ lock: Lock?
  ) throws(Complaint) {
    for printer in printers {
      guard let place = options.one(printer.option) else { continue }
      for (name, content) in printer.print(interface) {
        try put(content, name.isEmpty ? place : "\(place)/\(name)")
      }
    }
    guard options.has("--release"), let path = options.one("--lock") else { return }
    if let old = lock?.releases.first(where: { $0.version == interface.version }),
      old.abi != interface.abi
    {
      throw Complaint(
        "\(interface.version) has been released, and was another; give the next --version")
    }
    try put(encode(Lock(interface, after: lock)), path)
  }

  /// Writes a file, unless it says the same already: then nothing needs to be built again.
  private func put(_ content: String, _ path: String) throws(Complaint) {
    if let known = FileManager.default.contents(atPath: path), known == Data(content.utf8) {
      return
    }
    do {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try content.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw Complaint("\(path) cannot be written: \(error.localizedDescription)")
    }
  }
}

/// What is wrong with the command line or the files that it names, and not with the author's sources.
struct Complaint: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

func encode(_ content: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return (try? encoder.encode(content)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
}
