public import CEcho
import CTenon
import Tenon

@c @implementation
public func echo_tree(
  _ executor: OpaquePointer?, _ source: OpaquePointer?,
  _ say: (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void)?,
  _ context: UnsafeMutableRawPointer?, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future = try? Future(borrowing: source), let say else { return TENON_STATUS_INVALID }
  let log = Log(say: say, context: context)
  guard let loop = try? LoopExecutor.borrowing(executor) else { return TENON_STATUS_INVALID }
  return export(on: executor, future: futureOut) {
    defer { log.add("swift3 has ended") }
    try await withScope(on: loop) { (scope: Scope) -> Void in
      try scope.start {
        defer { log.add("swift4 has ended") }
        _ = try await future.take()
      }
    }
  }
}

/// Where the lines go.
///
/// SAFETY: all of it happens on the one thread that polls.
private struct Log: @unchecked Sendable {
  let say: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void
  let context: UnsafeMutableRawPointer?

  func add(_ line: String) { line.withCString { say(context, $0) } }
}
