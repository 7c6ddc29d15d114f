import Glibc

/// Why nothing can be said, as one sentence that says what to do.
struct Failure: Error {
  let text: String
  /// What it comes to for programs.
  enum Kind { case unsupported, forked, noResources }
  let kind: Kind
  init(_ text: String, _ kind: Kind = .unsupported) { (self.text, self.kind) = (text, kind) }

  static func forked(_ kind: String, _ pid: Int32) -> Failure {
    Failure("\(kind) \(pid) was forked from one that used Tenon, and has none of that", .forked)
  }

  /// What a call of the system's has answered.
  static func system(_ what: String) -> Failure {
    Failure("\(what): \(String(cString: strerror(errno)))")
  }
}
