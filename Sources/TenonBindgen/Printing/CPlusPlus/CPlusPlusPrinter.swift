/// Prints the C++ header: over the C one, header only.
struct CPlusPlusPrinter {
  let interface: Interface
  let usage: Usage
  let signatures: CSignatures
  let types: CPlusPlusTypes
  /// What the functions of no type are called.
  private(set) var globalNames: [String] = []
  var forms: CForms { usage.forms }
  var text = Text()

  init(_ interface: Interface) {
    self.interface = interface
    usage = Usage(interface)
    signatures = CSignatures(interface: interface, usage: usage)
    types = CPlusPlusTypes(interface: interface, imported: interface.imports)
    globalNames = interface.functions.map(methodName)
  }

  mutating func print() -> String {
    opening()
    text.line("namespace \(interface.library) {")
    text.line()
    for type in interface.types where type.kind == .object {
      text.line("class \(types.short(type));")
    }
    for type in interface.types where type.kind == .interface {
      text.line("class \(types.short(type));")
    }
    text.line()
    constants(interface.constants, "")
    for type in interface.types where type.kind == .enumeration { enumeration(type) }
    // Those that hold objects come after the classes, which may name them.
    let (owning, plain) = (
      ordered().filter(interface.holdsObjects), ordered().filter { !interface.holdsObjects($0) }
    )
    for type in owning { announce(type) }
    values(plain)
    for type in interface.types where type.kind == .interface { abstract(type) }
    for type in objects { object(type) }
    values(owning)
    for function in interface.functions { declaration(function, indent: "", suffix: "") }
    for type in interface.types where [.enumeration, .variant].contains(type.kind) {
      for function in type.functions { declaration(function, indent: "", suffix: "") }
    }
    text.line()
    text.line("} // namespace \(interface.library)")
    text.line()
    text.line("// How all of this crosses: nothing below is for users.")
    fields()
    traits()
    definitions()
    text.line()
    text.line("#endif // \(capitals(interface.library))_HPP")
    return text.string
  }

  mutating func values(_ types: [TypeDeclaration]) {
    for type in types {
      switch type.kind {
      case .record: record(type)
      case .variant: variant(type)
      default: break
      }
    }
    for type in types where type.kind == .error { error(type) }
  }

  /// Classes after those that they inherit from.
  var objects: [TypeDeclaration] {
    let all = interface.types.filter { $0.kind == .object }
    func depth(_ type: TypeDeclaration) -> Int {
      type.superclass.flatMap { interface.type(named: $0) }.map { depth($0) + 1 } ?? 0
    }
    return all.enumerated().sorted { (depth($0.1), $0.0) < (depth($1.1), $1.0) }.map(\.element)
  }

  /// Names a type that is declared later.
  mutating func announce(_ type: TypeDeclaration) {
    let name = types.short(type)
    switch type.kind {
    case .record: text.line("struct \(name);")
    case .variant:
      text.line("namespace \(name) {")
      for one in type.cases { text.line("struct \(caseName(one, of: type));") }
      text.line(isRecursive(type) ? "struct any;" : "using any = \(union(type));")
      text.line("} // namespace \(name)")
    default: break
    }
    text.line()
  }

  func union(_ type: TypeDeclaration) -> String {
    "std::variant<\(type.cases.map { caseName($0, of: type) }.joined(separator: ", "))>"
  }

  /// What a case is called, beside what its namespace or its class has itself.
  func caseName(_ one: Case, of type: TypeDeclaration) -> String {
    let name = memberName(one.name)
    let taken =
      type.kind == .error ? errorMembers.union([types.short(type)]) : ["any", "std", "tenon"]
    return taken.contains(name) ? name + "_" : name
  }

  /// What a constant of the module is called.
  func constantName(_ constant: Constant) -> String {
    var name = memberName(constant.name)
    while types.allNames.contains(name) || spaceNames.contains(name) { name += "_" }
    return name
  }

  mutating func opening() {
    let made =
      interface.version == "0.0.0" ? interface.module : "\(interface.module) \(interface.version)"
    text.add("/// @file \(interface.library).hpp\n///")
    if !interface.documentation.summary.isEmpty {
      documented(interface.documentation)
      text.line("///")
    }
    text.add(
      """
      /// Over \(interface.library).h, header only, for C++20; made by tenon-bindgen from \(made). Do not edit.
      #ifndef \(capitals(interface.library))_HPP
      #define \(capitals(interface.library))_HPP

      #include <\(interface.library).h>
      """)
    for other in interface.imports.sorted(by: { $0.library < $1.library }) {
      text.line("#include <\(other.library).hpp>")
    }
    text.add(
      """
      #include <tenon/record.hpp>

      #include <array>
      #include <chrono>
      #include <cstddef>
      #include <cstdint>
      #include <functional>
      #include <map>
      #include <memory>
      #include <optional>
      #include <set>
      #include <span>
      #include <string>
      #include <string_view>
      #include <variant>
      #include <vector>

      """)
  }

  // MARK: Types

  /// Structs after those that they hold.
  func ordered() -> [TypeDeclaration] {
    var result: [TypeDeclaration] = []
    var seen: Set<String> = []
    func visit(_ type: TypeDeclaration) {
      guard seen.insert(type.symbol).inserted else { return }
      for field in type.fields + type.cases.flatMap(\.payload) { visit(field.type) }
      result.append(type)
    }
    func visit(_ reference: TypeReference) {
      for part in reference.of { visit(part) }
      if let type = interface.types.first(where: { $0.symbol == reference.symbol }),
        [.record, .variant, .error].contains(type.kind)
      {
        visit(type)
      }
    }
    for type in interface.types where [.record, .variant, .error].contains(type.kind) {
      visit(type)
    }
    return result
  }

  mutating func documented(
    _ documentation: Documentation, indent: String = "", extra: [String] = []
  ) {
    let paragraphs = ([documentation.summary] + documentation.details).filter { !$0.isEmpty }
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { text.line(indent + "///") }
      for line in wrap(linked(sentence(paragraph)), width - 4 - indent.count) {
        text.line("\(indent)/// \(line)")
      }
    }
    for line in extra { text.line("\(indent)/// \(line)") }
  }

  mutating func constants(_ constants: [Constant], _ indent: String) {
    for constant in constants {
      documented(constant.documentation, indent: indent)
      let type = constant.type.kind == .string ? "std::string_view" : types.name(constant.type)
      text.line(
        "\(indent)\(indent.isEmpty ? "inline" : "static") constexpr \(type) \(indent.isEmpty ? constantName(constant) : memberName(constant.name)) = \(constant.symbol);"
      )
    }
    if !constants.isEmpty { text.line() }
  }

  /// Names in the author's comments, as C++ has them.
  func linked(_ text: String) -> String {
    replaceLinks(withoutNil(text)) { link in
      let parts = link.split(separator: "/").map { $0.prefix { $0 != "(" } }.map(String.init)
      if let owner = interface.type(named: parts.dropLast().joined(separator: ".")),
        let last = parts.last
      {
        let one = owner.cases.first { $0.name == last && owner.kind != .enumeration }
        return "\(types.short(owner))::\(one.map { caseName($0, of: owner) } ?? memberName(last))"
      }
      if let type = interface.type(named: parts.joined(separator: ".")) { return types.short(type) }
      return parts.last.map(memberName) ?? link
    }
  }
}

/// What a namespace has of its own, or sees in every line.
let spaceNames: Set<String> = ["std", "tenon", "detail"]

/// What the class of an error has of its own.
private let errorMembers: Set<String> = [
  "adopt", "any", "cause", "code", "details", "domain", "handle", "message", "std", "tenon",
  "variant",
  "what",
]

extension String {
  /// `const T & name` is `const T &name`.
  var fixed: String { replacing("& ", with: "&").replacing("* ", with: "*") }
}
