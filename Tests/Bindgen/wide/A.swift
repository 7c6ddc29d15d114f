import Foundation
public import Tenon

public typealias Identifier = String

/** A user
 *  of things.
 *
 *  - Note: handle with care */
@Export public struct User: Codable, Hashable, Sendable {
  public var id: Identifier
  public let born: Int
  @Export public static let anonymous = "nobody"
  public var manager: Ref?
  public var isAdmin: Bool { false }
  public var role = Role.guest
  public var nested: [String: [Role?]] = [:]
  var internalField: Int64 = -1
  public var `class`: String?
  public var ratio: Float = 1.5

  @Export public enum Role: String, Codable, Sendable { case guest, admin, `default` }
  @Export public struct Ref: Codable, Hashable, Sendable {
    public var id: Identifier; public var weight: Double?
  }
  enum CodingKeys: String, CodingKey {
    case id, born, manager, role, nested, internalField, `class`, ratio
  }
}

@Export public struct Tree: Sendable { public var value: Int; public var children: [Tree] }

@Export public enum Expr: Sendable {
  case number(Double)
  case sum([Expr])
  case call(name: String, arguments: [Expr], at: Int?)
  case user(User)
  case pair(Int, Int)
  case map([String: Expr])
}

@Export public enum NetError: Error, Equatable, LocalizedError {
  case timeout(after: Duration), status(code: Int, headers: [String: String]), tls(User.Role)
  public var errorDescription: String? { "net" }
}

@MainActor @Export public final class Screen {
  @Export public init() {}
  @Export public var title: String = ""
  @Export public func draw(_ x: Int) throws -> Int { x }
  @Export public nonisolated func plain() -> Int { 3 }
}

@Export public actor Service {
  @Export public init(name: String = "x", users: [User] = []) async throws(NetError) {}
  @Export public func find(where predicate: @escaping @Sendable (User) async throws -> Bool)
    async throws -> [User]
  { [] }
  @Export public func users() -> AsyncThrowingStream<User, any Error> {
    AsyncThrowingStream { $0.finish() }
  }
  @Export public func events(since: Int? = nil, kinds: Set<String> = ["a"]) -> any AsyncSequence<
    Expr, any Error
  > & Sendable { AsyncThrowingStream<Expr, any Error> { $0.finish() } }
  @Export public static func shared() async throws -> Service { try await Service() }
  @Export public var count: Int { get async throws { 1 } }
  @Export public func replace(_ users: [String: User]) async -> [String: User] { users }
  @Export public func maybe() async -> Service? { self }
  @Export public func pick(_ other: Service?, fallback: Service) -> Service { other ?? fallback }
  @Export public func register(`in` place: String, for: Int, default: Bool = true) {}
}

@Export public func `repeat`(_ text: String, times count: Int = 2, separator: String = ", ")
  -> String
{ text }
@Export public func tree(_ t: Tree) -> Tree { t }
@Export public func eval(_ e: Expr, with: [User.Role] = [.guest], timeout: Duration = .seconds(5))
  async throws(NetError) -> Expr?
{ e }
@Export public func transform(_ users: [User], using f: (User, Int?) throws -> User) throws
  -> [User]
{ users }
