/// Prints a C program that calls every function with what is wrong: handles that are none, NULL, structs of a wrong size, text
/// that is not UTF-8. Each call must answer a failure, and write nothing.
struct WalkPrinter {
  let interface: Interface
  let signatures: CSignatures
  private var text = Text()

  init(_ interface: Interface) {
    self.interface = interface
    signatures = CSignatures(interface: interface, usage: Usage(interface))
  }

  mutating func print() -> String {
    text.add(
      """
      /* Calls every function of \(interface.library).h with what is wrong. Made by tenon-bindgen. Do not edit. */
      #include <\(interface.library).h>

      #include <stdio.h>

      static int failures;
      static int calls;
      static tenon_executor_t *executor;

      static void refused(tenon_status_t status, const void *out, const char *what) {
        static const unsigned char pattern[16] = {0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5,
                                                  0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5};
        calls++;
        if (status >= 0 || (out && memcmp(out, pattern, sizeof pattern) != 0)) {
          fprintf(stderr, "%s: answers %s\\n", what, tenon_status_name(status));
          failures++;
        }
      }

      """)
    for function in interface.allFunctions { walk(function) }
    text.line("int main(void) {")
    text.line("  if (tenon_executor_create(NULL, &executor) != TENON_STATUS_OK)\n    return 1;")
    for function in interface.allFunctions where isWalked(function) {
      text.line("  walk_\(function.symbol)();")
    }
    for type in interface.types where type.kind == .object {
      for name in ["retain", "release"] {
        for bad in handles {
          text.line(
            "  refused(\(type.symbol)_\(name)((\(type.symbol)_t *)\(bad)), NULL, \"\(type.symbol)_\(name)\");"
          )
        }
      }
    }
    text.add(
      """
        tenon_executor_close(executor, 0);
        tenon_executor_release(executor);
        if (failures == 0)
          printf("ok\\n");
        return failures != 0 || calls < 0;
      }
      """)
    return text.string
  }

  private let handles = [
    "NULL", "(void *)1", "(void *)64", "(void *)~(uintptr_t)0", "(void *)&failures",
    "(void *)executor",
  ]

  private func isWalked(_ function: Function) -> Bool {
    signatures.parameters(of: function).contains { !wrong($0).isEmpty }
  }

  /// What a parameter can be given that is wrong.
  private func wrong(_ parameter: CParameter) -> [String] {
    switch parameter.role {
    case .object(let symbol): return handles.map { "(\(symbol)_t *)\($0)" }
    case .executor: return handles.dropLast().map { "(tenon_executor_t *)\($0)" }
    case .stream: return handles.map { "(tenon_stream_t *)\($0)" }
    case .text: return ["NULL", "\"\\xff\"", "\"\\xc3(\""]
    case .pointer where parameter.parameter?.type.of.first?.kind == .closure:
      return ["(\(parameter.type))(const void *)&nothing"]
    case .pointer(let optional):
      let type = parameter.type
      let isStruct = !type.contains("int") && !type.contains("double") && type.hasPrefix("const ")
      let wrong = isStruct && type.hasSuffix("_t *") && !type.contains("tenon_")
      let isEnum = interface.types.contains {
        $0.kind == .enumeration && type == "const \($0.symbol)_t *"
      }
      return (optional ? [] : ["NULL"])
        + (wrong && !isEnum
          ? ["(\(type))(const void *)&zero_size", "(\(type))(const void *)&huge_size"] : [])
    case .callback: return ["NULL", "(\(parameter.type))(const void *)&nothing"]
    case .options:
      return [
        "(\(parameter.type))(const void *)&zero_size",
        "(\(parameter.type))(const void *)&huge_size",
      ]
    case .out: return ["NULL"]
    default: return []
    }
  }

  /// What is right, or as right as can be without an object.
  private func right(_ parameter: CParameter) -> String {
    switch parameter.role {
    case .executor: return "executor"
    case .text: return "\"text\""
    case .value where parameter.type == "tenon_uuid_t ": return "(tenon_uuid_t){{0}}"
    case .value, .count: return "0"
    case .out: return "(\(parameter.type))(void *)out"
    default: return "NULL"
    }
  }

  private mutating func walk(_ function: Function) {
    guard isWalked(function) else { return }
    let parameters = signatures.parameters(of: function)
    text.line("static void walk_\(function.symbol)(void) {")
    text.line(
      "  static const size_t zero_size[16] = {0}, huge_size[16] = {SIZE_MAX}, nothing[16] = {0};")
    text.line("  unsigned char out[64];")
    text.line(
      "  (void)zero_size;\n  (void)huge_size;\n  (void)nothing;\n  memset(out, 0xa5, sizeof out);")
    for (index, parameter) in parameters.enumerated() {
      if case .pointer(optional: true) = parameter.role, wrong(parameter).isEmpty { continue }
      for bad in wrong(parameter) {
        let arguments = parameters.enumerated().map { $0.offset == index ? bad : right($0.element) }
        let isOut = if case .out = parameter.role { true } else { false }
        let call = "\(function.symbol)(\(arguments.joined(separator: ", ")))"
        text.line(
          "  refused(\(call), \(isOut ? "NULL" : "out"), \(quoted("\(function.symbol), \(parameter.name) being \(bad)")));"
        )
      }
    }
    text.add("}\n")
  }
}
