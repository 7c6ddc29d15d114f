/// Prints a module of a Python package: what runs, and, as a stub, what type checkers and editors read.
struct PythonPrinter {
  let interface: Interface
  /// Whose package it is in.
  let root: Interface
  let usage: Usage
  let types: PythonTypes
  let isStub: Bool
  var isRoot: Bool { interface.module == root.module }
  var forms: CForms { usage.forms }
  var text = Text()
  /// The descriptions of types, by their symbols or how Swift writes them.
  var descriptions: [String: String] = [:]

  init(_ interface: Interface, root: Interface, isStub: Bool) {
    self.interface = interface
    (self.root, self.isStub) = (root, isStub)
    usage = Usage(interface)
    types = PythonTypes(interface)
  }

  mutating func print() -> String {
    head()
    for constant in interface.constants { self.constant(constant, "") }
    for type in interface.types where type.kind == .enumeration { declare(type) }
    for type in interface.types where [.record, .variant, .error].contains(type.kind) {
      declare(type)
    }
    for type in ordered(interface.types.filter { $0.kind == .object }) { declare(type) }
    for type in interface.types where type.kind == .interface { declare(type) }
    for function in interface.functions { self.function(function, of: nil, "") }
    if !isStub { describe() }
    return spaced(text.string)
  }

  /// Two empty lines around what stands at the left edge, as Python code has them.
  private func spaced(_ source: String) -> String {
    var result: [Substring] = []
    var wasInside = false
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      let isHead =
        line.hasPrefix("class ") || line.hasPrefix("@") || line.hasPrefix("def ")
        || line.hasPrefix("async def ")
      let isInside = line.hasPrefix(" ")
      if result.last == "", !line.isEmpty, isHead || (wasInside && !isInside) { result.append("") }
      if !line.isEmpty { wasInside = isInside }
      result.append(line)
    }
    return result.joined(separator: "\n")
  }

  /// A class comes after the one that it inherits from.
  private func ordered(_ objects: [TypeDeclaration]) -> [TypeDeclaration] {
    var (result, rest) = ([TypeDeclaration](), objects)
    while !rest.isEmpty {
      let names = Set(rest.map(\.name))
      let ready = rest.filter { $0.superclass.map { !names.contains($0) } ?? true }
      result += ready
      rest.removeAll { one in ready.contains { $0.name == one.name } }
      if ready.isEmpty { return result + rest }
    }
    return result
  }

  private mutating func head() {
    let about = interface.documentation
    let summary =
      about.summary.isEmpty ? "\(interface.module), whose work Swift does." : about.summary
    let last =
      "Made by tenon-bindgen from \(interface.library) \(interface.version). Do not edit."
    text.line("\"\"\"\(sentence(python(summary)))")
    text.line()
    for line in wrap(last, width) { text.line(line) }
    if interface.allFunctions.contains(where: \.isAsync) {
      text.line()
      text.add(
        "Calls run in the running loop: cancelling a task cancels the Swift one, a timeout too.")
    }
    text.add("\"\"\"\n\nfrom __future__ import annotations\n")
    if types.hidesBuiltins { text.line("import builtins as _builtins") }
    text.line("from collections.abc import AsyncIterable as _AsyncIterable")
    for name in ["Awaitable", "Callable", "Mapping", "Sequence", "Set"] {
      text.line("from collections.abc import \(name) as _\(name)")
    }
    text.add(
      """
      from dataclasses import dataclass as _dataclass, field as _field
      from datetime import datetime as _datetime, timedelta as _timedelta
      from enum import IntEnum as _IntEnum
      from typing import Final as _Final, Protocol as _Protocol
      from uuid import UUID as _UUID

      import tenon as _tenon
      """)
    if !isStub { text.line("from tenon import binding as _binding") }
    imports()
    text.line()
    let public_ = names.map(pythonText).joined(separator: ", ")
    if isStub {
      text.line("__all__: \(types.builtin("list"))[\(types.builtin("str"))]")
      text.line("__version__: \(types.builtin("str"))")
    } else {
      for line in wrap("__all__ = [\(public_)]", width) { text.line(line) }
      text.line("__version__ = \(pythonText(interface.version))")
    }
    text.line()
  }

  /// What is of other modules of the package.
  private mutating func imports() {
    if !types.foreign.imports.isEmpty { text.line() }
    for (module, names) in types.foreign.imports {
      let list = names.map { $0.own == $0.here ? $0.own : "\($0.own) as \($0.here)" }
      text.line("from .\(pythonName(module.library)) import \(list.joined(separator: ", "))")
    }
    guard !isStub else { return }
    for (module, names) in types.foreign.imports {
      let own = CForms(library: module.library)
      let list = names.map { "_t_\(own.local($0.symbol)) as _o_\($0.symbol)" }
      for (symbol, _, _) in names { descriptions[symbol] = "_o_\(symbol)" }
      text.line("from .\(pythonName(module.library)) import \(list.joined(separator: ", "))")
    }
    // Theirs are errors of this one's functions, too.
    for other in interface.others where isRoot {
      if types.foreign.imports.contains(where: { $0.module.module == other.module }) { continue }
      text.line("from . import \(pythonName(other.library)) as _\(other.library)")
    }
  }

  /// All that `import *` gives.
  private var names: [String] {
    (interface.constants.map { snakeCase($0.name).uppercased() }
      + interface.types.map { pythonClass($0.name) }
      + interface.functions.map { pythonName(local($0.symbol, in: nil)) }).sorted()
  }

  /// The name of a function without the library's and the type's.
  func local(_ symbol: String, in owner: TypeDeclaration?) -> String {
    let prefix = (owner?.symbol ?? interface.library) + "_"
    return symbol.hasPrefix(prefix) ? String(symbol.dropFirst(prefix.count)) : symbol
  }

  mutating func constant(_ constant: Constant, _ indent: String) {
    let value: String
    switch constant.type.kind {
    case .bool: value = constant.value == "true" ? "True" : "False"
    case .string: value = pythonText(constant.value)
    default: value = constant.value
    }
    let name = snakeCase(constant.name).uppercased()
    text.line("\(indent)\(name): _Final = \(value)")
    documented(constant.documentation, indent)
    if indent.isEmpty { text.line() }
  }
}
