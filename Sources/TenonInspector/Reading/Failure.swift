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
