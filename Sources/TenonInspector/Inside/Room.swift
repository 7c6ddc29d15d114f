internal import CReserve

/// The memory that a look takes, which grows with the process. Swift's runtime ends a process whose allocation fails: so as much is
/// held while one looks, and allocations that the system refuses meanwhile are served from it. Where the allocator is the host's it is
/// only asked whether there is as much: see Sources/CReserve.
enum Room {
  /// What there is however little there is to see: the files of the program and its libraries, above all.
  static let least = 64 << 20
  /// A thing with its edges and words; or its lines in a text.
  static let ofThing = 3 << 10
  /// An event, and its line in a trace.
  static let ofEvent = 1 << 10
  /// What a watch keeps from one look to the next.
  static let little = 1 << 20

  /// Calls `body` while so much is held; nil: there is not as much, and it was not called.
  static func with<Result, Failure: Error>(
    _ bytes: Int, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    if bytes == 0 { return try body() }
    guard let hold = tenon__hold(bytes) else { return nil }
    defer { tenon__let_go_of(hold) }
    return try body()
  }

  static func require<Result>(
    _ bytes: Int, _ body: () throws(TenonInspect.Failure) -> Result
  ) throws(TenonInspect.Failure) -> Result {
    guard let result = try with(bytes, body) else { throw noMemory }
    return result
  }

  static var noMemory: TenonInspect.Failure {
    TenonInspect.Failure("the process has no memory left to look at itself", .noResources)
  }
}
