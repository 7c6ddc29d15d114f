import Synchronization
import Tenon

@Export public struct Item: Sendable {
  public var name: String
  public var weight: Double?
}

@Export public enum StoreError: Error {
  case missing(String)
  case broken
}

/// What C calls back, at once.
@Export public func each(_ count: Int, _ body: (Int, Item) -> Void) {
  for index in 0..<count { body(index, Item(name: "item \(index)", weight: nil)) }
}

@Export public func mapped(_ numbers: [Int], _ transform: (Int) -> Int) -> [Int] {
  numbers.map(transform)
}

@Export public func filtered(_ names: [String], _ isWanted: (_ name: String) throws -> Bool) throws
  -> [String]
{
  try names.filter { try isWanted($0) }
}

@Export public func named(_ number: Int, _ naming: (Int) throws -> String) throws -> String {
  try naming(number).uppercased()
}

/// Runs an async closure for each, one after another.
@Export public func visit(
  _ names: [String],
  _ visitor: @escaping @Sendable (_ name: String, _ size: Int?) async throws -> Item
) async throws -> Double {
  var sum = 0.0
  for name in names {
    sum += try await visitor(name, name.count > 1 ? name.count : nil).weight ?? 0
  }
  return sum
}

/// One call's stream to another one, which asks for the last item.
private let relayed = Mutex(try? Tenon.Stream.make(capacity: 1))

@Export public func relayOut(_ last: @escaping @Sendable () async throws -> Int) async throws {
  let sink = relayed.withLock { $0?.0 }
  // Waits for room between them.
  for item in 0..<3 { try await sink?.send(item) }
  try await sink?.send(try await last())
}

@Export public func relayIn() async throws -> Int {
  let stream = relayed.withLock { $0?.1 }
  var sum = 0
  for _ in 0..<4 {
    if case .i64(let number)? = try await stream?.next() { sum += Int(number) }
  }
  return sum
}

@Export public func notify(_ handler: @escaping @Sendable (Item?, [Double], [UInt8], Bool) -> Void)
  async
{
  await Task.yield()
  handler(Item(name: "late", weight: 1.5), [1, 2], [7], true)
  await withUnsafeContinuation { continuation in
    // From another thread: comes in the loop's poll.
    Task.detached(executorPreference: globalConcurrentExecutor) {
      handler(nil, [], [], false)
      continuation.resume()
    }
  }
}

@Export public func maybe(_ number: Int, _ done: (@Sendable (Int) -> Void)?) { done?(number) }

/// Keeps what it is told for later.
@Export public final class Keeper: Sendable {
  private let listener: @Sendable (String) -> Void
  @Export public init(_ listener: @escaping @Sendable (String) -> Void, failing: Bool) throws {
    self.listener = listener
    if failing { throw StoreError.broken }
  }
  @Export public func tell(_ text: String) { listener(text) }
  deinit { listener("bye") }
}

/// Where things are kept.
@Export public protocol Store: Sendable {
  /// Finds one.
  ///
  /// - Parameter key: Its name.
  func load(_ key: String) async throws -> Item?
  func save(_ item: Item, under key: String) async throws
  func count() throws -> Int
  func log(_ text: String, level: Int32)
  func isOpen() -> Bool
}

/// What a store says of itself.
@Export public protocol Shelf: Sendable {
  /// What stands on it.
  var title: String { get throws }
  var first: Item? { get throws }
  /// How full it is, in percent.
  var level: Int32 { get nonmutating set }
  var isOpen: Bool { get }
  /// What it weighs: it has to look.
  var weight: Double { get async throws }
  func close() throws
}

extension Shelf {
  /// Not required.
  var isFull: Bool { level == 100 }
}

/// Fills it, and says what C has answered.
@Export public func fill(_ shelf: any Shelf, to level: Int32) async throws -> String {
  let before = shelf.level
  shelf.level = level
  let first = try shelf.first?.name ?? "nothing"
  let title = try shelf.title
  let weight = try await shelf.weight
  if shelf.isFull { try shelf.close() }
  return "\(title), \(first): \(before) to \(shelf.level), \(weight), \(shelf.isOpen)"
}

@Export public func title(of shelf: any Shelf) throws -> String { try shelf.title }

@Export public func copy(_ keys: [String], from source: any Store, to target: any Store)
  async throws -> Int
{
  target.log("copying", level: Int32(keys.count))
  var copied = 0
  for key in keys {
    guard let item = try await source.load(key) else { continue }
    try await target.save(item, under: key)
    copied += 1
  }
  return copied
}

@Export public func sizes(_ store: some Store) throws -> Int {
  store.isOpen() ? try store.count() : -1
}

/// What the host has said for this call, seen from a child task and after a suspension.
@Export public func contextValue(_ name: String) async -> String? {
  await Task.yield()
  async let value = CallContext.current?[name]
  return await value
}
@Export public func contextPriority() async -> Int { Int(Task.currentPriority.rawValue) }
@Export(.concurrent) public func contextElsewhere(_ name: String) -> String? {
  CallContext.current?[name]
}
@Export public func contextItems(_ name: String) -> AsyncStream<String> {
  AsyncStream { CallContext.current?[name] }
}
/// What C sees that Swift calls with a context of its own.
@Export public func contextInside(_ inner: @escaping @Sendable () async throws -> String)
  async throws
  -> String
{
  try await CallContext.with(["traceparent": "of swift", "gone": nil]) { try await inner() }
}

/// Why what waited was cancelled, as Swift sees it; "waiting": it waits.
@Export public func lastReason() -> String { lastReasonKept.withLock { $0 } }
private let lastReasonKept = Mutex("")

@Export public func untilCancelled() async {
  lastReasonKept.withLock { $0 = "waiting" }
  for await _ in AsyncStream<Int>.makeStream().stream {}
  let reason = (Task.cancelReason as? Failure)?.message ?? "none"
  lastReasonKept.withLock { $0 = reason }
}

/// One item, and then none until it is cancelled, which ends it quietly.
@Export public func itemsUntilCancelled() -> some AsyncSequence<Int, Never> & Sendable {
  UntilCancelled()
}
struct UntilCancelled: AsyncSequence, AsyncIteratorProtocol, Sendable {
  private var hasBegun = false
  func makeAsyncIterator() -> UntilCancelled { self }
  mutating func next() async -> Int? {
    if hasBegun { await untilCancelled() }
    defer { hasBegun = true }
    return hasBegun ? nil : 1
  }
}

/// What the store's error was, as Swift sees it.
@Export public func missing(in store: any Store) async -> String {
  do {
    _ = try await store.load("x")
    return "nothing"
  } catch StoreError.missing(let name) {
    return "missing \(name)"
  } catch is CancellationError {
    return "cancelled"
  } catch { return "another" }
}
