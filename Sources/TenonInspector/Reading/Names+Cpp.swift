import CTrace
import Glibc

/// The function that a coroutine of C++'s is, by the symbol of what resumes it, without what it takes: "fetch".
func nameOfCoroutine(_ symbol: String) -> String {
  var name = symbol[...]
  if name.hasSuffix(".resume") {  // clang
    name = name.dropLast(7)
  } else if let end = name.firstRange(of: ".Frame.actor")?.lowerBound {
    // gcc: what it takes is a frame, named after the function, with how long that name is in front.
    name = name[..<end]
    if let start = name.lastIndex(of: "_Z", after: \.isNumber) { name = name[start...] }
  }
  return withoutParameters(readable(String(name)))
}

/// "app::fetch" of "tenon::task<int> app::fetch(std::string)", as compilers and demanglers write it.
func withoutParameters(_ function: String) -> String {
  var name = function[...]
  if name.last == "]", let start = name.firstRange(of: " [with ")?.lowerBound {
    name = name[..<start]
  }
  if name.hasSuffix(" const") { name = name.dropLast(6) }
  if let start = name.lastParenthesis { name = name[..<start] }
  if name.hasSuffix("::operator()") { name = name.dropLast(12) }
  // In front of it is what it returns.
  var (depth, start) = (0, name.startIndex)
  for index in name.indices {
    if "<({".contains(name[index]) { depth += 1 }
    if ">)}".contains(name[index]) { depth -= 1 }
    if depth == 0, name[index] == " " { start = name.index(after: index) }
  }
  return String(name[start...])
}

/// What was given to then(), where that is what a function of Tenon's calls.
func functionOfContinuation(_ name: String) -> String? {
  guard name.hasPrefix("tenon::detail::"), name.firstRange(of: "::told(") != nil,
    let start = name.firstRange(of: "::continuation<")?.upperBound
  else { return nil }
  var (depth, arguments, part) = (0, [String](), "")
  for character in name[start...] {
    if depth == 0, character == "," || character == ">" {
      arguments.append(part)
      part = ""
      if character == ">" { break }
      continue
    }
    if "<({".contains(character) { depth += 1 }
    if ">)}".contains(character) { depth -= 1 }
    part.append(character)
  }
  return arguments.count > 1 ? String(arguments[1].drop { $0 == " " }) : nil
}

extension Substring {
  /// Where the last such part begins that comes after such a character.
  fileprivate func lastIndex(of part: String, after isBefore: (Character) -> Bool) -> Index? {
    indices.reversed().first {
      $0 > startIndex && isBefore(self[index(before: $0)]) && self[$0...].hasPrefix(part)
    }
  }
}
