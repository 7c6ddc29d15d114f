extension CPrinter {
  mutating func errors() {
    let errors = interface.types.filter { $0.kind == .error }
    guard !errors.isEmpty else { return }
    section("Errors")
    for type in errors {
      let prefix = capitals(type.symbol)
      for one in type.cases { for field in one.payload { need(field.type) } }
      let about =
        type.documentation.isEmpty
        ? "What calls fail with: the domain, and its codes." : linked(type.documentation.summary)
      text.line("/** \(about) */")
      text.line("#define \(prefix)_DOMAIN \(quoted(type.domain ?? ""))")
      enumeration("\(type.symbol)_code_t", type.cases, prefix)
      text.dropBlank()
      structure(type.symbol) { $0.unionBody(type, "\(type.symbol)_code_t code;", prefix) }
      text.line()
      text.add(
        """
        /**
         * Reads what something failed with, if it is this error.
         *
         * Ownership:  `*details_out` lives as long as the caller's reference to `error`.
         * Errors:     TENON_STATUS_UNSUPPORTED for any other error, which `*details_out` is not written for.
         */
        """)
      text.add(
        prototype(
          "\(type.symbol)_get", ["tenon_error_t *error", "const \(type.symbol)_t **details_out"]))
      text.add(
        "\n/** Makes such an error (copied), for what you implement: Swift catches its own. */")
      text.add(
        prototype(
          "\(type.symbol)_create", ["const \(type.symbol)_t *details", "tenon_error_t **error_out"])
      )
      text.line()
      constants(type.constants)
    }
  }
}
