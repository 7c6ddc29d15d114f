import CTrace
import Glibc

@_silgen_name("swift_demangle")
private func swiftDemangle(
  _ name: UnsafePointer<CChar>?, _ count: UInt, _ output: UnsafeMutablePointer<CChar>?,
  _ size: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

/// What a symbol's name means to its author: of Swift's the function, without where in it the task goes on.
func readable(_ symbol: String) -> String {
  if symbol.hasPrefix("_Z"), let memory = tenon__demangle_cpp(symbol) {
    defer { free(memory) }
    return functionOfContinuation(String(cString: memory)) ?? String(cString: memory)
  }
  guard symbol.hasPrefix("$s") || symbol.hasPrefix("_T") || symbol.hasPrefix("$S") else {
    return symbol
  }
  guard let memory = swiftDemangle(symbol, UInt(symbol.utf8.count), nil, nil, 0) else {
    return symbol
  }
  defer { free(memory) }
  var name = String(cString: memory)
  for phrase in [
    "await resume partial function for ", "suspend resume partial function for ",
    "async function pointer to ", "partial apply forwarder for ", "partial apply for ",
    "reabstraction thunk helper ", "merged ", "@objc ",
  ] {
    while let start = name.firstRange(of: phrase) {
      // In front of it is which part it is: "(2) ".
      let head = name[..<start.lowerBound]
      guard head.isEmpty || head.first == "(" else { break }
      name = String(name[start.upperBound...])
    }
  }
  return short(name)
}

/// Without the modules that everybody has, and without what tells private functions of different files apart.
private func short(_ name: String) -> String {
  var name = name
  while let start = name.firstRange(of: " in _"),
    let opening = name[..<start.lowerBound].lastIndex(of: "("),
    let closing = name[start.upperBound...].firstIndex(of: ")"),
    name[start.upperBound..<closing].allSatisfy(\.isHexDigit)
  {
    let inner = name[name.index(after: opening)..<start.lowerBound]
    name = String(name[..<opening] + inner + name[name.index(after: closing)...])
  }
  for module in ["Swift.", "_Concurrency.", "Tenon."] { name = name.replacing(module, with: "") }
  return name
}

/// The name of a function of Swift's without the types of what it takes and returns: "closure #1 in serve".
func brief(_ name: String) -> String {
  var parts: [String] = []
  var rest = name
  while let separator = rest.firstRange(of: " in ") {
    // Of an extension it is part of the name.
    let isExtension = rest[..<separator.lowerBound].hasSuffix("(extension")
    if !isExtension { parts.append(String(rest[..<separator.lowerBound])) }
    let end = isExtension ? rest[separator.upperBound...].firstIndex(of: ":") : nil
    rest = String(rest[(end.map(rest.index(after:)) ?? separator.upperBound)...])
  }
  return (parts + [rest]).map(withoutTypes).joined(separator: " in ")
}

private func withoutTypes(_ name: String) -> String {
  var name = name
  for sign in [" nonisolated(", " @Sendable ", " async", " throws", " -> ", " : "] {
    if let start = name.firstRange(of: sign)?.lowerBound { name = String(name[..<start]) }
  }
  guard let start = name[...].lastParenthesis else { return name }
  return String(name[..<(name[..<start].last == " " ? name.index(before: start) : start)])
}

extension Substring {
  func firstRange(of part: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
      start = index(after: start)
    }
    return nil
  }

  /// Where the parenthesis opens that this ends with.
  var lastParenthesis: Index? {
    guard last == ")" else { return nil }
    var depth = 0
    return indices.reversed().first { index in
      if self[index] == ")" { depth += 1 }
      if self[index] == "(" { depth -= 1 }
      return depth == 0
    }
  }
}

extension String {
  func firstRange(of part: String) -> Range<Index>? { self[...].firstRange(of: part) }

  fileprivate func replacing(_ part: String, with other: String) -> String {
    var (result, rest) = ("", self[...])
    while let first = rest.first {
      if rest.hasPrefix(part),
        !(result.last.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false)
      {
        result += other
        rest = rest.dropFirst(part.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
