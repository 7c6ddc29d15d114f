/// Prints the C header.
struct CPrinter {
  let interface: Interface
  let usage: Usage
  let signatures: CSignatures
  var forms: CForms { usage.forms }
  var text = Text()
  var declared: Set<String> = []
  var derived: Set<String> = []

  init(_ interface: Interface) {
    self.interface = interface
    usage = Usage(interface)
    signatures = CSignatures(interface: interface, usage: usage)
  }

  mutating func print() -> String {
    let name = capitals(interface.library)
    opening(name)
    types()
    errors()
    functions()
    results()
    ending(name)
    return text.string
  }

  // MARK: Begin and end

  mutating func opening(_ name: String) {
    let made =
      interface.version == "0.0.0" ? interface.module : "\(interface.module) \(interface.version)"
    text.add("/**\n * @file \(interface.library).h\n *")
    if !interface.documentation.summary.isEmpty {
      for paragraph in [interface.documentation.summary] + interface.documentation.details {
        for line in wrap(linked(paragraph), width - 3) { text.line(" * " + line) }
        text.line(" *")
      }
    }
    text.add(
      """
       * Every function is for any thread. What takes time gives a future, or a stream, of the executor that
       * it is called with; see <tenon/future.h> and <tenon/stream.h>. Pointers are lent for the call only,
       * unless it says otherwise.
       *
       * Made by tenon-bindgen from \(made). Do not edit.
       */
      #ifndef \(name)_H
      #define \(name)_H

      """)
    for other in interface.imports.sorted(by: { $0.library < $1.library }) {
      text.line("#include <\(other.library).h>")
    }
    text.line("#include <tenon/record.h> /* tenon_string_t, tenon_bytes_t, TENON_STRING() */")
    text.add("#include <tenon/tenon.h>\n")
    let version = interface.version.split(separator: ".")
    if interface.version != "0.0.0", version.count == 3 {
      text.add(
        """
        #define \(name)_VERSION_MAJOR \(version[0])
        #define \(name)_VERSION_MINOR \(version[1])
        #define \(name)_VERSION_PATCH \(version[2])

        """)
    }
    constants(interface.constants)
    text.add("TENON_BEGIN_DECLS\n")
  }

  mutating func ending(_ name: String) {
    section("Whether library and header go together")
    text.add(
      """
      /** A number for the shape of all of this; each release that only adds keeps accepting the older ones. */
      #define \(name)_ABI 0x\(hex(interface.abi))u
      /** TENON_STATUS_OK, or UNSUPPORTED: compiled for another library. Bindings call it when they load. */
      TENON_API tenon_status_t \(interface.library)_check_abi(uint32_t abi) TENON_NOEXCEPT;

      """)
    for type in interface.types {
      let symbol = "\(type.symbol)_t"
      switch type.kind {
      case .record:
        guard let last = type.fields.last else { continue }
        assertion(
          "offsetof(\(symbol), \(last.symbol)) == \(last.offset)",
          "sizeof(\(symbol)) == \(type.size)")
      case .variant, .error:
        if type.hasPayload {
          assertion(
            "offsetof(\(symbol), as) == \(type.unionOffset)", "sizeof(\(symbol)) == \(type.size)")
        }
      default: break
      }
    }
    text.add("\nTENON_END_DECLS\n\n#endif /* \(name)_H */")
  }

  mutating func assertion(_ first: String, _ second: String) {
    let whole = "TENON_STATIC_ASSERT(\(first) && \(second));"
    text.add(
      whole.count <= width
        ? whole : "TENON_STATIC_ASSERT(\(first) &&\n                    \(second));")
  }

  mutating func section(_ title: String) {
    text.line()
    text.line(
      "/* ---- \(title) " + String(repeating: "-", count: max(2, width - 11 - title.count)) + " */")
    text.line()
  }

  mutating func constants(_ constants: [Constant]) {
    for constant in constants {
      let comment = constant.documentation.summary
      if !comment.isEmpty { text.line("/** \(linked(comment)) */") }
      text.line("#define \(constant.symbol) \(literal(constant))")
    }
    if !constants.isEmpty { text.line() }
  }

  func literal(_ constant: Constant) -> String {
    switch constant.type.kind {
    case .string: quoted(constant.value)
    case .float: constant.value + "f"
    case .int64, .int:
      constant.value == "\(Int64.min)"
        ? "INT64_MIN"
        : (Int32(constant.value) != nil ? constant.value : "INT64_C(\(constant.value))")
          .parenthesizedIfNegative
    case .uint64, .uint: "UINT64_C(\(constant.value))"
    case .uint8, .uint16, .uint32: constant.value + "u"
    default: constant.value.hasPrefix("-") ? "(\(constant.value))" : constant.value
    }
  }
}

extension String {
  var parenthesizedIfNegative: String { contains("-") ? "(\(self))" : self }
}

func hex(_ number: UInt32) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
