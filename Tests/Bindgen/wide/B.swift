import Tenon
@Export public protocol Delegate: AnyObject, Sendable {
  func service(_ name: String, didFind user: User, at: Int?) async throws -> User.Role
  func list(_ users: [User], _ map: [String: Double], _ bytes: [UInt8]?) throws -> [String]
  func finish()
  func ratio(_ x: Float) -> Float
}
@Export public func run(_ delegate: any Delegate, times: UInt8 = 1, retry: Bool = true) async throws
  -> [String]
{ try delegate.list([], [:], nil) }
@Export public func optionalDelegate(_ delegate: (any Delegate)? = nil) -> Bool { delegate != nil }
@Export public func callMaybe(
  _ f: (@Sendable (String?) -> Void)? = nil, _ g: @escaping @Sendable ([User]) -> Void = { _ in }
) async { f?(nil) }
@Export public func bools() -> [Bool] { [true] }
@Export public func optionals(_ xs: [Int?], _ ys: [String?]) -> [Double?] { [nil] }
@Export public func grid() async -> [[String]] { [["a"]] }
@Export public func nestedMaps() async throws -> [String: [String: Int]] { [:] }
@Export public func bytesList(_ b: [[UInt8]]) -> [[UInt8]] { b }
@Export public func set() -> Set<Int> { [1] }
@Export public func roles() async -> [User.Role] { [] }
@Export public var globalCount: Int { 3 }
@Export public func durations(_ d: [Duration]) -> Duration? { d.first }
extension User.Role { @Export public func next() -> User.Role { .admin } }
extension Expr {
  @Export public var depth: Int { 1 }; @Export public static func zero() -> Expr { .number(0) }
}
extension User { @Export public func named(_ name: String) async -> User { self } }
@Export public enum Empty: Error { case nothing }
@Export public func untyped() throws { throw Empty.nothing }
@Export public func typedAsync() async throws(Empty) -> UInt32 { 3 }
@Export(.concurrent) public func heavy(_ users: [User]) -> [User] { users }
@Export(.concurrent) public func heavyVoid() {}
@Export public func floatStream() -> AsyncStream<Float> { AsyncStream { $0.finish() } }
@Export public func objectStream() -> AsyncStream<Service> { AsyncStream { $0.finish() } }
@Export public func consume(
  _ s: AsyncThrowingStream<Expr, any Error>, _ o: AsyncThrowingStream<Service, any Error>
) async throws -> Int { 0 }
