import Glibc
import Tenon

/// The most that there can be.
@Export public let maximum = 8
@Export public let limit = 100
/// Who made it.
@Export public let vendor = "Ada \"the\" first"
@Export public let ratio: Double = 2.5
@Export public let isFast = true

@Export public func add(_ a: Int, _ b: Int) -> Int { a + b }
@Export public func nothing() {}
@Export public func divide(_ a: Int, by b: Int) throws(MathError) -> Int {
  if b == 0 { throw .divisionByZero }
  if a < 0 { throw .negative(a, reason: "less than nothing") }
  return a / b
}
@Export public func check(_ flag: Bool) throws { if !flag { throw MathError.divisionByZero } }

/// Errors of mathematics.
@Export public enum MathError: Error {
  case divisionByZero
  case negative(Int, reason: String)
}
@Export public enum OtherError: Error { case odd }

/// Its values are called as what every error has in some language, or every variant.
@Export public enum TakenError: Error {
  case sqlite(code: Int, message: String, name: String)
  case other(code: String, message: Int, args: [String], cause: Bool, stack: Int, domain: String)
}
@Export public enum Taken: Sendable { case one(kind: Int, code: Int), other }
@Export public func failTaken(_ isOther: Bool) throws(TakenError) {
  if !isOther { throw .sqlite(code: 5, message: "locked", name: "main") }
  throw .other(code: "c", message: 7, args: ["a"], cause: true, stack: 1, domain: "d")
}
/// What a callback fails with, which is thrown again.
@Export public func failAs(_ body: () throws -> Void) throws { try body() }
@Export public func echoTaken(_ taken: Taken) -> Taken { taken }

@Export public func upper(_ text: String) -> String { text.uppercased() }
@Export public func maybeUpper(_ text: String?) -> String? { text?.uppercased() }
@Export public func reversed(_ bytes: [UInt8]) -> [UInt8] { bytes.reversed() }
@Export public func sum(_ numbers: [Double]) -> Double { numbers.reduce(0, +) }
@Export public func doubled(_ numbers: [Int]) -> [Int] { numbers.map { $0 * 2 } }
@Export public func count(_ numbers: [Int]?) -> Int { numbers?.count ?? -1 }
@Export public func next(_ color: Color) -> Color? { color == .red ? .green : nil }
@Export public func half(_ number: Int?) -> Int? { number.map { $0 / 2 } }
@Export public func lengths(_ words: Set<String>) -> [String: Int] {
  Dictionary(uniqueKeysWithValues: words.map { ($0, $0.count) })
}
@Export public func merged(_ a: [String: Int], _ b: [String: Int]) -> [String: Int] {
  a.merging(b) { $1 }
}
@Export public func wait(_ duration: Duration) async -> Duration {
  await Task.yield()
  return duration
}
@Export public func fetchColor() async -> Color { .darkBlue }
@Export public func fetchText(_ isThere: Bool) async -> String? { isThere ? "there" : nil }
@Export public func fetchNumbers(_ count: Int) async throws -> [Int] {
  if count < 0 { throw OtherError.odd }
  return Array(0..<count)
}
@Export public func fetchNames() async -> Set<String> { ["a", "b"] }
@Export public func fetchMap() async -> [Int: Point] { [1: Point(x: 1), 2: Point(x: 2)] }
@Export public func sleepForever() async throws { try await Task.sleep(for: .seconds(3600)) }

/// Looks for something.
///
/// It may take a while.
///
/// - Parameters:
///   - text: What to look for.
///   - limit: How many at most.
/// - Returns: What was found.
@Export public func search(
  _ text: String, limit: Int = 10, color: Color = .green, ignoring words: [String] = [],
  near point: Point = .start, prefix: String = "> ", exact: Bool = false
) -> String {
  "\(prefix)\(text) \(limit) \(color.rawValue) \(words) \(point.x) \(exact)"
}

@Export(.concurrent) public func compute(_ number: Int) throws -> Int {
  if number < 0 { throw MathError.negative(number, reason: "computed") }
  return number * number
}

/// Computes until a counter stands at a number.
@Export(.concurrent) public func computeUntil(_ counter: Counter, reaches number: Int) {
  counter.wait(until: number)
}
@Export(.concurrent) public func computeAndCount(_ counter: Counter) { _ = counter.add(number: 1) }
@Export public func thread() async -> Int { Int(pthread_self()) }
@Export(.concurrent) public func computingThread() -> Int { Int(pthread_self()) }

@Export("renamed") public func someName() -> Int { 1 }

@Export public func countdown(from start: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for number in stride(from: start, to: 0, by: -1) { continuation.yield(number) }
    continuation.finish()
  }
}

@Export public func pointsUntilFailure(_ count: Int) -> some AsyncSequence<Point, any Error>
  & Sendable
{
  AsyncThrowingStream { continuation in
    for number in 0..<count { continuation.yield(Point(x: Double(number))) }
    continuation.finish(throwing: MathError.divisionByZero)
  }
}

@Export public func total(_ points: AsyncThrowingStream<Point, any Error>) async throws -> Double {
  var sum = 0.0
  for try await point in points { sum += point.x }
  return sum
}

@Export public func longest(_ words: AsyncThrowingStream<String, any Error>) async throws -> String
{
  var longest = ""
  for try await word in words where word.count > longest.count { longest = word }
  return longest
}

#if EXTRA
  @Export public func extra() -> Int { 1 }
#else
  @Export public func plain() -> Int { 2 }
#endif
