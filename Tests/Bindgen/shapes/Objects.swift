import Dispatch
import Synchronization
import Tenon

/// Counts.
@Export public final class Counter: Sendable {
  private let state: Mutex<Int>
  private let changes = DispatchSemaphore(value: 0)
  /// How many there may be.
  @Export public static let maximum = 1000
  @Export public static var origin: Int { 7 }

  @Export public init(_ start: Int) { state = Mutex(start) }
  @Export public init(parsing text: String) throws(MathError) {
    guard let number = Int(text) else { throw .negative(0, reason: text) }
    state = Mutex(number)
  }
  @Export public init?(positive number: Int) {
    if number <= 0 { return nil }
    state = Mutex(number)
  }

  /// What it stands at.
  @Export public var value: Int {
    get { state.withLock { $0 } }
    set {
      state.withLock { $0 = newValue }
      changes.signal()
    }
  }
  @Export public var isZero: Bool { value == 0 }
  @Export public func add(_ other: Counter) { value += other.value }
  @Export("add_number") public func add(number: Int) -> Int {
    defer { changes.signal() }
    return state.withLock {
      $0 += number
      return $0
    }
  }
  /// Blocks the thread until it stands at a number; for one thread at a time.
  @Export public func wait(until number: Int) { while value < number { changes.wait() } }
  @Export("add_or_nil") public func add(optional other: Counter?) { value += other?.value ?? 0 }
  @Export public static func zero() -> Counter { Counter(0) }
  @Export public func twin(_ isWanted: Bool) -> Counter? { isWanted ? Counter(value) : nil }
  @Export public func later() async throws -> Counter { Counter(value) }

  /// Told apart.
  @Export public struct Options: Sendable {
    public var step: Int
    public var names: [String]
  }
  @Export public enum Mode: Int32, Sendable { case up = 1, down = -1 }
}

@Export extension Counter {
  public func step(_ options: Options, mode: Mode = .up) -> Int {
    value += options.step * Int(mode.rawValue)
    return value
  }
  func notExported() {}
}

extension Point {
  @Export public func length() -> Double { (x * x + y * y).squareRoot() }
  @Export public static func unit() -> Point { Point(x: 1, y: 0) }
  @Export public var isOrigin: Bool { x == 0 && y == 0 }
}

@Export public class Animal: @unchecked Sendable {
  @Export public func name() -> String { "animal" }
}
@Export public final class Dog: Animal, @unchecked Sendable {
  @Export public override init() {}
  @Export public func bark() -> String { "woof" }
  override public func name() -> String { "dog" }
}
@Export public func nameOf(_ animal: Animal) -> String { animal.name() }

@Export public actor Account {
  @Export public private(set) var balance = 0
  @Export public let owner: String
  @Export public init(owner: String) { self.owner = owner }
  @Export public func deposit(_ amount: Int) { balance += amount }
  @Export public nonisolated func describe() -> String { "account of \(owner)" }
}
