/// Prints the C of a Node addon: tables for the runtime (Sources/TenonNodeExport), and what calls the library.
struct AddonPrinter {
  let interface: Interface
  let usage: Usage
  let signatures: CSignatures
  let names: JavaScriptNames
  /// The first class's number among all of the addon.
  let firstClass: Int
  /// Whether Node asks for this module, and not for one that uses it.
  let isRoot: Bool
  var forms: CForms { usage.forms }
  /// Tables of types come before what uses them.
  var types = Text()
  var body = Text()
  var known: Set<String> = []

  init(_ interface: Interface, firstClass: Int, isRoot: Bool) {
    self.interface = interface
    (self.firstClass, self.isRoot) = (firstClass, isRoot)
    usage = Usage(interface)
    signatures = CSignatures(interface: interface, usage: usage)
    names = JavaScriptNames(interface: interface)
  }

  mutating func print() -> String {
    // Another module of the addon may use any of them.
    for type in interface.types { declared(type) }
    for type in names.classes { classTable(type) }
    for function in names.freeFunctions { self.function(function, in: nil) }
    let constants = self.constants(interface.constants, "module")
    let errors = interface.types.filter { $0.kind == .error }
    for error in errors { typedError(error) }
    list(
      "classes", "tenon_node_class_t", names.classes.map { "&class_\($0.symbol)" })
    list(
      "functions", "tenon_node_function_t", names.freeFunctions.map { "&function_\($0.symbol)" })
    body.line("static const tenon_node_typed_error_t errors[] = {")
    for error in errors {
      body.line(
        "    {\(quoted(error.domain ?? "")), &cases_\(error.symbol), get_\(error.symbol), create_\(error.symbol)},"
      )
    }
    body.line("    {0}};\n")
    module(errors: errors.count, constants: constants)
    return """
      /* Made by tenon-bindgen from \(interface.module). Do not edit. */
      #include <\(interface.library).h>

      #include "export.h"

      \(types.string)
      \(body.string)
      """
  }

  private mutating func module(errors: Int, constants: String) {
    let upper = capitals(interface.library)
    let others = isRoot ? interface.others : []
    for other in others {
      body.line("extern const tenon_node_module_t module_\(other.library);")
    }
    list("others", "tenon_node_module_t", others.map { "&module_\($0.library)" })
    let name = "module_\(interface.library)"
    body.add(
      """
      extern const tenon_node_module_t \(name);
      const tenon_node_module_t \(name) = {
          "\(interface.library)",
          \(names.classes.count), classes,
          \(names.freeFunctions.count), functions,
          \(errors), errors,
          \(interface.constants.count), \(constants),
          \(upper)_ABI, \(interface.library)_check_abi,
          \(others.count), others};

      """)
    if isRoot {
      body.line("NAPI_MODULE_INIT() { return tenon_node_export(env, exports, &\(name)); }")
    }
  }

  /// An array of pointers to tables, which may be empty.
  mutating func list(_ name: String, _ type: String, _ items: [String]) {
    body.line("static const \(type) *const \(name)[] = {")
    for item in items { body.line("    \(item),") }
    body.line("    NULL};\n")
  }

  mutating func constants(_ constants: [Constant], _ owner: String) -> String {
    if constants.isEmpty { return "NULL" }
    for constant in constants {
      let macro = capitals(constant.symbol)
      let value =
        switch constant.type.kind {
        case .bool: "tenon_value_boolean(\(macro))"
        case .string: ""
        case .int64 where !constant.usesNumbers: "tenon_node_bigint(\(macro))"
        case .uint64 where !constant.usesNumbers: "tenon_value_u64(\(macro))"
        case .int, .int64: "tenon_value_i64(\(macro))"
        default: "tenon_value_f64((double)\(macro))"
        }
      body.line("static tenon_value_t constant_\(constant.symbol)(void) {")
      if value.isEmpty {
        body.add(
          """
            tenon_value_t value = tenon_value_none();
            tenon_value_copy_string(\(macro), strlen(\(macro)), &value);
            return value;
          """)
      } else {
        body.line("  return \(value);")
      }
      body.line("}")
    }
    body.line("static const tenon_node_constant_t constants_\(owner)[] = {")
    for constant in constants {
      body.line(
        "    {\(quoted(owner == "module" ? JavaScriptNames.exported(constant.name) : JavaScriptNames.member(constant.name))), constant_\(constant.symbol)},"
      )
    }
    body.line("};\n")
    return "constants_\(owner)"
  }

  mutating func typedError(_ type: TypeDeclaration) {
    caseTable(type)
    body.add(
      """
      static tenon_status_t get_\(type.symbol)(tenon_error_t *error, const void **details_out) {
        const \(type.symbol)_t *details;
        tenon_status_t status = \(type.symbol)_get(error, &details);
        if (status == TENON_STATUS_OK)
          *details_out = details;
        return status;
      }
      static tenon_status_t create_\(type.symbol)(const void *details, tenon_error_t **error_out) {
        return \(type.symbol)_create(details, error_out);
      }

      """)
  }

  mutating func classTable(_ type: TypeDeclaration) {
    let constructor = names.constructor(of: type)
    let functions = type.functions
    let superclass =
      interface.types.first { $0.name == type.superclass }.map { "&class_\($0.symbol)" } ?? "NULL"
    let close = names.close(of: type).map { quoted(names.function($0)) } ?? "NULL"
    forwardClass(type.symbol)
    for function in functions {
      self.function(function, in: type, isConstructor: function.symbol == constructor?.symbol)
    }
    let constants = self.constants(type.constants, type.symbol)
    // A setter comes after its getter.
    let ordered =
      functions.filter { $0.kind != .setter } + functions.filter { $0.kind == .setter }
    list(
      "functions_\(type.symbol)", "tenon_node_function_t",
      ordered.map { "&function_\($0.symbol)" })
    let index = firstClass + (names.classes.firstIndex { $0.name == type.name } ?? 0)
    body.add(
      """
      const tenon_node_class_t class_\(type.symbol) = {
          "\(JavaScriptNames.type(type.name))", \(index), \(superclass), \(ordered.count),
          functions_\(type.symbol), \(type.constants.count), \(constants), \(close)};

      """)
  }

  mutating func forwardClass(_ symbol: String) { foreign("class", "class_\(symbol)") }

  /// A table that may be of another module.
  mutating func foreign(_ kind: String, _ name: String) {
    if known.insert("extern \(name)").inserted {
      types.line("extern const tenon_node_\(kind)_t \(name);")
    }
  }
}
