/// Prints the C++ header: over the C one, header only.
struct CPlusPlusPrinter {
  let interface: Interface
  let usage: Usage
  let signatures: CSignatures
  let types: CPlusPlusTypes
  var forms: CForms { usage.forms }
  var text = Text()

  init(_ interface: Interface) {
    self.interface = interface
    usage = Usage(interface)
    signatures = CSignatures(interface: interface, usage: usage)
    types = CPlusPlusTypes(interface: interface, imported: interface.imports)
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
    for type in ordered() {
      switch type.kind {
      case .record: record(type)
      case .variant: variant(type)
      default: errorDetails(type)
      }
    }
    for type in interface.types where type.kind == .error { error(type) }
    for type in interface.types where type.kind == .interface { abstract(type) }
    for type in interface.types where type.kind == .object { object(type) }
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

  private mutating func opening() {
    let made =
      interface.version == "0.0.0" ? interface.module : "\(interface.module) \(interface.version)"
    text.add("/// @file \(interface.library).hpp\n///")
    if !interface.documentation.summary.isEmpty {
      text.add("/// \(interface.documentation.summary)\n///")
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

  private mutating func documented(
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

  private mutating func constants(_ constants: [Constant], _ indent: String) {
    for constant in constants {
      documented(constant.documentation, indent: indent)
      let type = constant.type.kind == .string ? "std::string_view" : types.name(constant.type)
      text.line(
        "\(indent)\(indent.isEmpty ? "inline" : "static") constexpr \(type) \(memberName(constant.name)) = \(constant.symbol);"
      )
    }
    if !constants.isEmpty { text.line() }
  }

  private mutating func enumeration(_ type: TypeDeclaration) {
    documented(type.documentation)
    let cases = type.cases.map { "\(memberName($0.name)) = \($0.number)" }
    let whole =
      "enum class \(types.short(type)) : std::int32_t { \(cases.joined(separator: ", ")) };"
    if whole.count <= width, !type.cases.contains(where: { !$0.documentation.isEmpty }) {
      text.line(whole)
    } else {
      text.line("enum class \(types.short(type)) : std::int32_t {")
      for (one, code) in zip(type.cases, cases) {
        let comment = phrase(linked(one.documentation.summary))
        text.line("  \(code),\(comment.isEmpty ? "" : " ///< \(comment)")")
      }
      text.line("};")
    }
    text.line()
  }

  private func initial(_ type: TypeReference, _ hidden: Set<String>) -> String {
    switch type.kind {
    case .bool: return " = false"
    case .float, .double: return " = 0"
    case .duration: return "{}"
    case .enumeration:
      let first = interface.types.first { $0.symbol == type.symbol }?.cases.first
      return first.map { " = \(types.name(type, hidden: hidden))::\(memberName($0.name))" } ?? "{}"
    default: return type.isScalar ? " = 0" : "{}"
    }
  }

  private mutating func record(_ type: TypeDeclaration) {
    documented(type.documentation)
    let name = types.short(type)
    let hidden = Set(type.fields.map(\.symbol) + type.functions.map { methodName($0) })
    text.line("struct \(name) {")
    constants(type.constants, "  ")
    for field in type.fields {
      let summary = phrase(linked(field.documentation.summary))
      let code =
        "  \(types.name(field.type, hidden: hidden)) \(field.symbol)\(initial(field.type, hidden));"
      if summary.isEmpty {
        text.line(code)
      } else if code.count + summary.count + 6 <= width {
        text.line("\(code) ///< \(summary)")
      } else {
        for line in wrap(summary, width - 6) { text.line("  /// \(line)") }
        text.line(code)
      }
    }
    for function in type.functions {
      declaration(function, indent: "  ", suffix: function.isStatic ? "" : " const")
    }
    text.line("  friend bool operator==(const \(name) &, const \(name) &) = default;")
    text.line("};")
    text.line()
    view(type)
  }

  /// A record without a copy.
  private mutating func view(_ type: TypeDeclaration) {
    guard usage.uses[type.symbol]?.isGiven == true else { return }
    let name = types.short(type)
    text.line("/// The same without a copy: the library's own block, read in place.")
    text.line("class \(name)_view {")
    text.line("public:")
    for field in type.fields {
      let path = "block_->\(field.symbol)"
      switch field.type.kind {
      case .string:
        text.line(
          "  std::string_view \(field.symbol)() const noexcept { return {\(path).data, \(path).size}; }"
        )
      case .bytes:
        text.line("  std::span<const std::byte> \(field.symbol)() const noexcept {")
        text.line("    return std::as_bytes(std::span(\(path).data, \(path).size));\n  }")
      case .list where field.type.element.isScalar && field.type.element.kind != .enumeration:
        let element = types.name(field.type.element)
        if field.type.element.kind == .duration { continue }
        text.line("  std::span<const \(element)> \(field.symbol)() const noexcept {")
        text.line("    return {\(path).data, \(path).count};\n  }")
      case .enumeration:
        text.line(
          "  \(interface.library)::\(types.name(field.type)) \(field.symbol)() const noexcept {")
        text.line(
          "    return static_cast<\(interface.library)::\(types.name(field.type))>(\(path));\n  }")
      case .duration:
        text.line(
          "  std::chrono::nanoseconds \(field.symbol)() const noexcept { return std::chrono::nanoseconds(\(path)); }"
        )
      default:
        if field.type.isScalar {
          text.line(
            "  \(types.name(field.type)) \(field.symbol)() const noexcept { return \(path); }")
        }
      }
    }
    text.add(
      """
        /// C's struct.
        const \(type.symbol)_t &raw() const noexcept { return *block_; }
        \(name) copy() const;

        /// Takes over a block from C.
        explicit \(name)_view(\(type.symbol)_t *block) noexcept : block_(block) {}

      private:
        struct ender {
          void operator()(\(type.symbol)_t *block) const noexcept { \(type.symbol)_free(block); }
        };
        std::unique_ptr<\(type.symbol)_t, ender> block_;
      };

      """)
  }

  private mutating func alternatives(_ type: TypeDeclaration, indent: String) {
    for one in type.cases {
      let comment = phrase(linked(one.documentation.summary))
      let tail = comment.isEmpty ? "" : " ///< \(comment)"
      let hidden = Set(type.cases.map { memberName($0.name) } + one.payload.map(\.symbol))
      let fields = one.payload.map { field in
        let start = isRecursive(type) && !field.type.isScalar ? "" : initial(field.type, hidden)
        return
          "\(types.name(field.type, hidden: hidden)) \(one.isBare ? "value" : field.symbol)\(start);"
      }
      let name = memberName(one.name)
      let ending = isRecursive(type) ? ";" : " = default;"
      let equal = "friend bool operator==(const \(name) &, const \(name) &)\(ending)"
      text.line("\(indent)struct \(name) {\(tail)")
      for field in fields { text.line("\(indent)  \(field)") }
      text.line("\(indent)  \(equal)")
      text.line("\(indent)};")
    }
  }

  private mutating func variant(_ type: TypeDeclaration) {
    documented(type.documentation)
    let base = "std::variant<\(type.cases.map { memberName($0.name) }.joined(separator: ", "))>"
    text.line("namespace \(types.short(type)) {")
    if isRecursive(type) {
      text.line("struct any;")
      alternatives(type, indent: "")
      text.line("struct any : \(base) {")
      text.line("  using variant::variant;")
      text.line("};")
      for one in type.cases {
        let name = memberName(one.name)
        let equal = one.payload.map { field in
          let member = one.isBare ? "value" : field.symbol
          return "left.\(member) == right.\(member)"
        }
        let names = equal.isEmpty ? ("", "") : ("left", "right")
        text.line(
          "inline bool operator==(const \(name) &\(names.0), const \(name) &\(names.1)) {")
        text.line("  return \(equal.isEmpty ? "true" : equal.joined(separator: " && "));")
        text.line("}")
      }
    } else {
      alternatives(type, indent: "")
      text.line("using any = \(base);")
    }
    text.line("} // namespace \(types.short(type))")
    text.line()
  }

  /// Whether a type holds itself, in a list or a map.
  private func isRecursive(_ type: TypeDeclaration) -> Bool {
    var seen: Set<String> = []
    func reaches(_ reference: TypeReference) -> Bool {
      if reference.of.contains(where: reaches) { return true }
      guard let symbol = reference.symbol else { return false }
      if symbol == type.symbol { return true }
      guard seen.insert(symbol).inserted,
        let other = interface.types.first(where: { $0.symbol == symbol })
      else { return false }
      return (other.fields + other.cases.flatMap(\.payload)).contains { reaches($0.type) }
    }
    return type.cases.flatMap(\.payload).contains { reaches($0.type) }
  }

  private mutating func errorDetails(_ type: TypeDeclaration) {}

  private mutating func error(_ type: TypeDeclaration) {
    let name = types.short(type)
    text.line("/// See \(name).")
    text.line("namespace \(name)_cases {")
    alternatives(type, indent: "")
    text.line("} // namespace \(name)_cases")
    text.line()
    documented(type.documentation)
    text.line("/// Thrown by get(), run() and co_await; a catch of tenon::error has it, too.")
    text.line("class \(name) : public tenon::error {")
    text.line("public:")
    for one in type.cases {
      text.line("  using \(memberName(one.name)) = \(name)_cases::\(memberName(one.name));")
    }
    text.line(
      "  using variant = std::variant<\(type.cases.map { memberName($0.name) }.joined(separator: ", "))>;"
    )
    text.add(
      """
        variant details;

        /// What another language failed with.
        \(name)(const tenon::error &error, variant what) : tenon::error(error), details(std::move(what)) {}
        /// One of your own, for what you implement: Swift catches its enum.
        explicit \(name)(variant what);
      };

      """)
  }

  private mutating func abstract(_ type: TypeDeclaration) {
    documented(type.documentation)
    text.line(
      "/// Implement it: functions that throw fail in Swift with the same error. They are called from any thread."
    )
    text.line("class \(types.short(type)) {")
    text.line("public:")
    text.line("  virtual ~\(types.short(type))() = default;")
    let hidden = Set(type.functions.map(\.symbol))
    for function in type.functions {
      documented(function.documentation, indent: "  ")
      let result = types.name(function.result, hidden: hidden)
      let parameters = function.parameters.map {
        "\(types.passed($0.type, hidden)) \(parameterName($0))".fixed
      }
      text.add(
        call(
          "  virtual \(function.isAsync ? "tenon::future<\(result)>" : result) \(function.symbol)",
          parameters, " = 0;"))
    }
    text.line("};")
    text.line()
  }

  private mutating func object(_ type: TypeDeclaration) {
    documented(type.documentation)
    text.line("/// Copies are the same object.")
    let name = types.short(type)
    let parent = type.superclass.flatMap { interface.type(named: $0) }
    text.line("class \(name)\(parent.map { " : public \(types.short($0))" } ?? "") {")
    text.line("public:")
    constants(type.constants, "  ")
    for function in type.functions {
      declaration(function, indent: "  ", suffix: function.isStatic ? "" : " const")
    }
    text.line()
    text.line("  /// Takes over a reference from C.")
    if let parent {
      text.add(
        """
          explicit \(name)(\(type.symbol)_t *handle) noexcept
              : \(types.short(parent))(reinterpret_cast<\(parent.symbol)_t *>(handle)) {}
          \(type.symbol)_t *handle() const noexcept {
            return reinterpret_cast<\(type.symbol)_t *>(\(types.short(parent))::handle());
          }
        };

        """)
    } else {
      text.add(
        """
          explicit \(name)(\(type.symbol)_t *handle) noexcept : handle_(handle) {}
          /// The handle, lent.
          \(type.symbol)_t *handle() const noexcept { return handle_.get(); }

        private:
          tenon::object<\(type.symbol)_t, \(type.symbol)_retain, \(type.symbol)_release> handle_;
        };

        """)
    }
  }

  // MARK: Functions

  func methodName(_ function: Function) -> String {
    let prefix = (interface.owner(of: function)?.symbol ?? interface.library) + "_"
    let owner = interface.owner(of: function)
    if let owner, [.enumeration, .variant].contains(owner.kind) {
      return memberName(String(function.symbol.dropFirst(interface.library.count + 1)))
    }
    var name = memberName(
      function.symbol.hasPrefix(prefix)
        ? String(function.symbol.dropFirst(prefix.count)) : function.symbol)
    // Not what the namespace or the class has itself.
    if owner == nil, interface.types.contains(where: { types.short($0) == name }) { name += "_" }
    return owner?.kind == .object && ["handle", owner.map(types.short) ?? ""].contains(name)
      ? name + "_" : name
  }

  func parameterName(_ parameter: Parameter) -> String {
    let taken = Set(interface.types.map(types.short))
    return taken.contains(parameter.symbol)
      || ["executor", "lender", "out", "error", "options", "status"].contains(parameter.symbol)
      ? parameter.symbol + "_" : parameter.symbol
  }

  /// The parameters as C++ has them: those with a default come last.
  func parameters(_ function: Function) -> [Parameter] {
    function.parameters.filter { $0.defaultValue == nil }
      + function.parameters.filter { $0.defaultValue != nil }
  }

  func resultType(_ function: Function, hidden: Set<String>) -> String {
    if function.result.kind == .stream { return types.name(function.result, hidden: hidden) }
    let result = types.name(function.result, hidden: hidden)
    return function.isAsync ? "tenon::future<\(result)>" : result
  }

  func hidden(_ function: Function) -> Set<String> {
    let owner = interface.owner(of: function)
    return Set(
      (owner?.functions ?? interface.functions).map(methodName)
        + (owner?.fields.map(\.symbol) ?? []))
  }

  /// The default in C++; nil: it is Swift's to know, so C++ has an optional.
  func defaultValue(_ parameter: Parameter, _ hidden: Set<String>) -> String? {
    guard let value = parameter.defaultValue else { return nil }
    let type = parameter.type
    switch type.kind {
    case .bool: return ["true", "false"].contains(value) ? value : nil
    case .optional: return "{}"
    case .list, .set, .bytes: return value == "[]" ? "{}" : nil
    case .dictionary: return value == "[:]" ? "{}" : nil
    case .closure, .interface: return "{}"
    case .duration: return value == ".zero" ? "{}" : nil
    case .enumeration:
      let last = value.split(separator: ".").last.map(String.init) ?? ""
      guard let owner = interface.types.first(where: { $0.symbol == type.symbol }),
        owner.cases.contains(where: { $0.name == last })
      else { return nil }
      return "\(types.name(type, hidden: hidden))::\(memberName(last))"
    case .string:
      return value.hasPrefix("\"") && !value.contains("\\") && !value.hasPrefix("\"\"\"")
        ? value : nil
    default:
      let number = value.filter { $0 != "_" }
      return type.isScalar
        && (Int64(number) != nil || (Double(number) != nil && !number.contains("x"))) ? number : nil
    }
  }

  func parameterText(_ parameter: Parameter, _ hidden: Set<String>, withDefault: Bool) -> String {
    let name = parameterName(parameter)
    if parameter.defaultValue != nil, defaultValue(parameter, hidden) == nil {
      let type = "const std::optional<\(types.name(parameter.type, hidden: hidden))> &"
      return type + name + (withDefault ? " = {}" : "")
    }
    let value = withDefault ? defaultValue(parameter, hidden).map { " = \($0)" } ?? "" : ""
    return "\(types.passed(parameter.type, hidden)) \(name)\(value)".fixed
  }

  private mutating func declaration(_ function: Function, indent: String, suffix: String) {
    let hidden = hidden(function)
    var extra: [String] = []
    for parameter in function.parameters where !parameter.documentation.isEmpty {
      extra.append("@param \(parameterName(parameter)) \(phrase(linked(parameter.documentation)))")
    }
    if let returns = function.documentation.returns {
      extra.append("@returns \(phrase(linked(returns)))")
    }
    if let error = function.error,
      let type = interface.types.first(where: { $0.symbol == error.symbol })
    {
      extra.append(
        "@throws \(types.short(type)) \(type.cases.map { memberName($0.name) }.joined(separator: ", "))"
      )
    }
    documented(
      function.kind == .setter ? Documentation() : function.documentation, indent: indent,
      extra: extra)
    var list = receiverParameter(function)
    if function.isAsync { list.append("tenon_executor_t *executor") }
    list += parameters(function).map { parameterText($0, hidden, withDefault: true) }
    let isStatic =
      function.isStatic
      && interface.owner(of: function).map { [.object, .record].contains($0.kind) } ?? false
    let isKept = function.isAsync || function.result.kind != .void
    let head =
      "\(indent)\(isKept ? "[[nodiscard]] " : "")\(isStatic ? "static " : "")\(resultType(function, hidden: hidden)) \(methodName(function))"
    text.add(call(head, list, suffix + ";"))
  }

  func receiverParameter(_ function: Function) -> [String] {
    guard !function.isStatic, let owner = interface.owner(of: function) else { return [] }
    switch owner.kind {
    case .enumeration: return ["\(types.short(owner)) self"]
    case .variant: return ["const \(types.short(owner))::any &self"]
    default: return []
    }
  }

  /// Names in the author's comments, as C++ has them.
  func linked(_ text: String) -> String {
    replaceLinks(text) { link in
      let parts = link.split(separator: "/").map { $0.prefix { $0 != "(" } }.map(String.init)
      if let owner = interface.type(named: parts.dropLast().joined(separator: ".")),
        let last = parts.last
      {
        return "\(types.short(owner))::\(memberName(last))"
      }
      if let type = interface.type(named: parts.joined(separator: ".")) { return types.short(type) }
      return parts.last.map(memberName) ?? link
    }
  }
}

extension String {
  /// `const T & name` is `const T &name`.
  var fixed: String { replacing("& ", with: "&").replacing("* ", with: "*") }

  fileprivate func replacing(_ text: String, with other: String) -> String {
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      result += rest[..<range.lowerBound] + other
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}
