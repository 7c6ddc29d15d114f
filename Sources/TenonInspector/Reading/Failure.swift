import Glibc

/// Why nothing can be said, as one sentence that says what to do.
struct Failure: Error {
  let text: String
  init(_ text: String) { self.text = text }

  /// What a call of the system's has answered.
  static func system(_ what: String) -> Failure {
    Failure("\(what): \(String(cString: strerror(errno)))")
  }
}

/// All bytes of a file that may not know its size, as those in /proc do not.
func contents(of path: String) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var (result, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
  while case let count = read(file, &part, part.count), count > 0 { result += part[..<count] }
  return result
}

func lines(of path: String) -> [Substring] {
  String(decoding: contents(of: path) ?? [], as: UTF8.self).split(separator: "\n")
}
