/// Errors, objects, and what C++ implements.
extension CPlusPlusPrinter {
  mutating func error(_ type: TypeDeclaration) {
    let name = types.short(type)
    text.line("/// What \(name) can be: its cases.")
    text.line("namespace \(name)_cases {")
    alternatives(type, indent: "")
    text.line("} // namespace \(name)_cases")
    text.line()
    documented(type.documentation)
    text.line("/// Thrown by get(), run() and co_await; a catch of tenon::error has it, too.")
    text.line("class \(name) : public tenon::error {")
    text.line("public:")
    for one in type.cases {
      text.line("  using \(caseName(one, of: type)) = \(name)_cases::\(caseName(one, of: type));")
    }
    text.line(
      "  using variant = \(union(type));"
    )
    text.add(
      """
        variant details;

        /// What another language failed with.
        \(name)(const tenon::error &why, variant what) : tenon::error(why), details(std::move(what)) {}
        /// One of your own, for what you implement: Swift catches its enum.
        explicit \(name)(variant what);
      };

      """)
  }

  mutating func abstract(_ type: TypeDeclaration) {
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
      let names = hidden.union(function.parameters.map { declaredName($0, function) })
      let parameters = function.parameters.map {
        "\(types.passed($0.type, names)) \(declaredName($0, function))".trimmed.fixed
      }
      text.add(
        call(
          "  virtual \(function.isAsync ? "tenon::future<\(result)>" : result) \(function.symbol)",
          parameters, " = 0;"))
    }
    text.line("};")
    text.line()
  }

  mutating func object(_ type: TypeDeclaration) {
    var documentation = type.documentation
    let copies = "Copies are the same object."
    if documentation.details.isEmpty {
      documentation.summary = "\(sentence(documentation.summary)) \(copies)".trimmed
    } else {
      documentation.details.append(copies)
    }
    documented(documentation)
    let name = types.short(type)
    let parent = type.superclass.flatMap { interface.type(named: $0) }
    text.line("class \(name)\(parent.map { " : public \(types.short($0))" } ?? "") {")
    text.line("public:")
    constants(type.constants, "  ")
    for function in type.functions {
      declaration(function, indent: "  ", suffix: function.isStatic ? "" : " const")
    }
    text.line()
    text.line("  /// None yet: what it is asked fails.")
    text.line("  \(name)() noexcept = default;")
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
}
