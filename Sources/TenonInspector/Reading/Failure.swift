import Glibc

/// Why nothing can be said, as one sentence that says what to do.
struct Failure: Error {
  let text: String
  private(set) var isForked = false
  init(_ text: String) { self.text = text }

  static func forked(_ kind: String, _ pid: Int32) -> Failure {
    var failure = Failure(
      "\(kind) \(pid) was forked from one that used Tenon, and has none of that")
    failure.isForked = true
    return failure
  }

  /// What a call of the system's has answered.
  static func system(_ what: String) -> Failure {
    Failure("\(what): \(String(cString: strerror(errno)))")
  }
}
