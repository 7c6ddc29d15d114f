/// Prints the TypeScript declarations.
struct DeclarationPrinter {
  let interface: Interface
  let names: JavaScriptNames
  let foreign: ForeignNames
  /// Whose package it is in.
  let root: Interface
  var text = Text()

  init(_ interface: Interface, root: Interface) {
    self.interface = interface
    names = JavaScriptNames(interface: interface)
    self.root = root
    foreign = ForeignNames(interface, taken: ["CallOptions"], call: JavaScriptNames.type)
  }

  mutating func print() -> String {
    let documentation = interface.documentation
    let release =
      interface.version == "0.0.0" ? interface.module : "\(interface.library) \(interface.version)"
    let summary = documentation.summary.isEmpty ? "" : sentence(documentation.summary) + " "
    text.add("// \(summary)Made by tenon-bindgen from \(release). Do not edit.\n")
    for (module, names) in foreign.imports {
      let file = module.module == root.module ? "index" : module.library
      let list = names.map { $0.own == $0.here ? $0.own : "\($0.own) as \($0.here)" }
      text.line("import type { \(list.joined(separator: ", ")) } from './\(file).js';")
    }
    if !foreign.imports.isEmpty { text.line() }
    for type in interface.types {
      switch type.kind {
      case .enumeration: enumeration(type)
      case .record: record(type)
      case .variant: variant(type)
      case .error: error(type)
      case .interface: protocolType(type)
      case .object: break
      }
    }
    text.add(
      """
      /** What every call takes last. */
      export interface CallOptions {
        /** Cancels the Swift task; the promise is rejected with the signal's reason. */
        signal?: AbortSignal;
      }

      """)
    if hasCallContext(names, interface.module == root.module) {
      text.add(
        """
        /** What calls carry beside their arguments: named texts, such as a trace's. One for all packages. */
        export const callContext: {
          /** Calls `fn`: what it calls, also later, carries these texts, beside those outside; undefined takes one away. */
          run<Result>(texts: Record<string, string | undefined>, fn: () => Result): Result;
          /** The texts of the call of Swift's, or of run(), that this is in; undefined: there are none. */
          readonly current: Readonly<Record<string, string>> | undefined;
          /** For run(): a span of W3C's Trace Context below the one that this is in, or a trace of its own. */
          startSpan(): { traceparent: string; tracestate?: string };
        };

        """)
    }
    for constant in interface.constants {
      comment(constant.documentation, "")
      text.add(
        "export const \(JavaScriptNames.exported(constant.name)): \(constantType(constant));\n")
    }
    for function in names.freeFunctions { free(function) }
    for type in names.classes { classDeclaration(type) }
    return text.string
  }

  func constantType(_ constant: Constant) -> String {
    type(constant.type, constant.usesNumbers, .result)
  }

  // MARK: Comments

  /// A comment of one line, or of several.
  mutating func comment(_ lines: [String], _ indent: String) {
    if lines.isEmpty { return }
    if lines.count == 1, lines[0].count + indent.count + 7 <= width {
      text.line("\(indent)/** \(lines[0]) */")
      return
    }
    text.line("\(indent)/**")
    for line in lines { text.line(line.isEmpty ? "\(indent) *" : "\(indent) * \(line)") }
    text.line("\(indent) */")
  }

  mutating func comment(_ documentation: Documentation, _ indent: String, extra: [String] = []) {
    var lines: [String] = []
    for paragraph in [documentation.summary] + documentation.details where !paragraph.isEmpty {
      if !lines.isEmpty { lines.append("") }
      lines += wrap(sentence(linked(paragraph)), width - indent.count - 3)
    }
    if !extra.isEmpty, !lines.isEmpty { lines.append("") }
    comment(lines + extra, indent)
  }

  func linked(_ text: String) -> String {
    replaceLinks(text) { link in
      let last = link.split(separator: "/").last.map(String.init) ?? link
      return "`\(last.prefix { $0 != "(" })`"
    }.replacing("*/", with: "*\u{200b}/").replacing(/\bnil\b/, with: "undefined")
  }

  // MARK: Types

  mutating func enumeration(_ type: TypeDeclaration) {
    comment(type.documentation, "")
    let cases = type.cases.map { "'\(JavaScriptNames.member($0.name))'" }
    text.add(
      "export type \(JavaScriptNames.type(type.name)) = \(cases.joined(separator: " | "));\n")
  }

  mutating func record(_ type: TypeDeclaration) {
    comment(type.documentation, "")
    text.line("export interface \(JavaScriptNames.type(type.name)) {")
    for field in type.fields { self.field(field, JavaScriptNames.member(field.name), type, "  ") }
    text.add("}\n")
  }

  private mutating func field(
    _ field: Field, _ name: String, _ owner: TypeDeclaration, _ indent: String
  ) {
    let isOptional = field.type.kind == .optional || field.defaultValue != nil
    let inside = field.type.kind == .optional ? field.type.element : field.type
    var documentation = field.documentation
    let isBig = [.int64, .uint64].contains(inside.kind) && !owner.usesNumbers
    if var value = field.defaultValue, value.count < 30, value != "nil" {
      if isBig, parseInteger(value) != nil { value += "n" }
      let known = documentation.summary.isEmpty ? "" : sentence(documentation.summary) + " "
      documentation.summary = "\(known)Default: \(value)."
    }
    comment(documentation, indent)
    text.line(
      "\(indent)\(name)\(isOptional ? "?" : ""): \(self.type(inside, owner.usesNumbers, .field));")
  }

  private func payload(_ one: Case, _ owner: TypeDeclaration, isReadonly: Bool) -> String {
    one.payload.map { field in
      let isOptional = field.type.kind == .optional
      let inside = isOptional ? field.type.element : field.type
      return
        "; \(isReadonly ? "readonly " : "")\(JavaScriptNames.field(field, of: one, in: owner))\(isOptional ? "?" : ""): \(type(inside, owner.usesNumbers, .field))"
    }.joined()
  }

  private mutating func variant(_ type: TypeDeclaration) {
    comment(type.documentation, "")
    text.line("export type \(JavaScriptNames.type(type.name)) =")
    for (index, one) in type.cases.enumerated() {
      comment(one.documentation, "  ")
      let end = index == type.cases.count - 1 ? ";" : ""
      text.line(
        "  | { kind: '\(JavaScriptNames.member(one.name))'\(payload(one, type, isReadonly: false)) }\(end)"
      )
    }
    text.line()
  }

  private mutating func error(_ type: TypeDeclaration) {
    var documentation = type.documentation
    if documentation.isEmpty {
      documentation.summary = "What calls are rejected with: narrow by `code`."
    }
    comment(documentation, "")
    let name = JavaScriptNames.type(type.name)
    text.line("export type \(name) = Error & { readonly domain: '\(type.domain ?? "")' } & (")
    for one in type.cases {
      comment(one.documentation, "    ")
      text.line(
        "    | { readonly code: '\(JavaScriptNames.member(one.name))'\(payload(one, type, isReadonly: true)) }"
      )
    }
    text.line("  );")
    text.add("export function \(errorTest(type))(error: unknown): error is \(name);\n")
  }

  private mutating func protocolType(_ type: TypeDeclaration) {
    comment(type.documentation, "")
    text.line("export interface \(JavaScriptNames.type(type.name)) {")
    let settable = Set(type.functions.filter { $0.kind == .setter }.map(\.name))
    for function in type.functions where function.kind != .setter {
      documented(function, "  ")
      if function.kind == .getter, !function.isAsync {
        let mark = settable.contains(function.name) ? "" : "readonly "
        let type = self.type(function.result, type.usesNumbers, .argument)
        text.line("  \(mark)\(JavaScriptNames.member(function.name)): \(type);")
        continue
      }
      var parameters = function.parameters.map {
        "\(parameterName($0)): \(self.type($0.type, type.usesNumbers, .result))"
      }
      if function.isAsync { parameters.append("options: { signal: AbortSignal }") }
      let result = self.type(function.result, type.usesNumbers, .argument)
      let returns = function.isAsync ? "Promise<\(result)> | \(grouped(result))" : result
      text.line(
        "  \(JavaScriptNames.member(function.name))(\(parameters.joined(separator: ", "))): \(returns);"
      )
    }
    text.add("}\n")
  }
}
