/// The command line, taken apart.
struct CommandLineOptions {
  private var values: [String: [String]] = [:]
  private(set) var files: [String] = []

  private static let others: [(option: String, value: String, help: String)] = [
    ("--import", "FILE", "reads the interface of a module whose types are used; may come again"),
    ("--lock", "FILE", "what releases have promised; a change that breaks it is an error"),
    ("--release", "", "writes the lock file anew: what there is now is promised"),
    ("-D", "NAME", "a condition that #if finds set; may come again"),
    ("--check", "", "writes nothing; says whether the files can be exported"),
    ("--print-ir", "", "prints the interface"),
    ("--help", "", "prints this"),
  ]
  private static let first: [(option: String, value: String, help: String)] = [
    ("--library", "NAME", "what C names begin with, and the headers' name"),
    ("--module", "NAME", "the Swift module that the files are of"),
    ("--version", "1.2.3", "of the library"),
  ]
  private static var known: [(option: String, value: String, help: String)] {
    first + printers.map { ($0.option, $0.value, $0.help) } + others
  }

  static var help: String {
    let rows = known.map { option, value, help in
      let head = value.isEmpty ? option : "\(option) \(value)"
      return "  \(head)\(String(repeating: " ", count: max(1, 19 - head.count)))\(help)"
    }
    return """
      usage: tenon-bindgen --library NAME --module NAME [options] FILE...

      Reads Swift files, and writes what C, C++ and Swift need for the declarations that @Export stands before.

      \(rows.joined(separator: "\n"))

      Mistakes are printed as FILE:LINE:COLUMN: error: what it is, and what to write instead; the answer is then 1.
      """
  }

  init(_ arguments: [String]) throws(Complaint) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if let option = CommandLineOptions.known.first(where: { $0.option == argument }) {
        if option.value.isEmpty {
          values[argument] = []
        } else if let value = rest.popFirst() {
          values[argument, default: []].append(value)
        } else {
          throw Complaint("\(argument) needs a value; see --help")
        }
      } else if argument.hasPrefix("-D") {
        values["-D", default: []].append(String(argument.dropFirst(2)))
      } else if argument.hasPrefix("-") {
        throw Complaint("there is no option \(argument); see --help")
      } else {
        files.append(argument)
      }
    }
    guard !files.isEmpty else { throw Complaint("no Swift file is given; see --help") }
    guard isIdentifier(library), library == library.lowercased() else {
      throw Complaint(
        "the library's name is what C names begin with: small letters, digits and underscores, not \(library)"
      )
    }
  }

  var module: String { one("--module") ?? "Module" }
  var library: String { one("--library") ?? snakeCase(module) }

  subscript(option: String) -> [String] { values[option] ?? [] }
  func one(_ option: String) -> String? { values[option]?.last }
  func has(_ option: String) -> Bool { values[option] != nil }
}
