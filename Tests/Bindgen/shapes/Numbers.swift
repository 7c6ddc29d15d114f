import Tenon

/// Integers of 64 bits that JavaScript has as numbers, beside those that are bigints.
@Export(.number) public struct Sizes: Sendable, Equatable {
  public var size: Int64
  public var most: UInt64 = 7
  public var least: Int64?
  public var all: [Int64]
  public var byName: [String: UInt64]
  public var byNumber: [Int64: String]
  public var seen: Set<Int64>
  public var big: Big
}
@Export public struct Big: Sendable, Equatable { public var size: Int64 }
@Export(.number) public enum Sized: Sendable {
  case none, of(Int64), between(low: Int64, high: UInt64?)
}
@Export(.number) public enum SizeError: Error { case tooLarge(size: Int64, limit: UInt64) }
@Export(.number) public let sizeLimit: Int64 = 9_007_199_254_740_991
@Export public let bigLimit: Int64 = 9_007_199_254_740_991

@Export public func echoSizes(_ sizes: Sizes) -> Sizes { sizes }
@Export public func echoSized(_ sized: Sized) -> Sized { sized }
@Export(.number) public func nextSize(_ size: Int64, by step: UInt64 = 1) -> Int64 {
  size &+ Int64(step)
}
@Export(.number) public func nextSizeLater(_ size: UInt64) async throws -> UInt64 {
  if size > 100 { throw SizeError.tooLarge(size: Int64(size), limit: 100) }
  return size + 1
}
@Export public func nextBig(_ size: Int64) -> Int64 { size + 1 }
@Export(.number) public func sizes(from start: Int64) -> AsyncStream<Int64> {
  AsyncStream { continuation in
    for size in start..<start + 3 { continuation.yield(size) }
    continuation.finish()
  }
}
@Export(.number) public func sumOfSizes(_ sizes: AsyncThrowingStream<Int64, any Error>) async throws
  -> Int64
{
  var sum: Int64 = 0
  for try await size in sizes { sum += size }
  return sum
}
/// Closures of one shape, as their functions have them.
@Export(.number) public func mapSize(_ size: Int64, _ change: (Int64) -> Int64) -> Int64 {
  change(size)
}
@Export public func mapBig(_ size: Int64, _ change: (Int64) -> Int64) -> Int64 { change(size) }
@Export(.number) public protocol Sizer: Sendable {
  var limit: Int64 { get }
  func size(of text: String, sizes: [Int64]) async throws -> UInt64
}
@Export(.number) public func useSizer(_ sizer: any Sizer) async throws -> UInt64 {
  try await sizer.size(of: "four", sizes: [sizer.limit, 2])
}

@Export public final class Tally: @unchecked Sendable {
  @Export(.number) public var total: Int64
  @Export public var big: Int64 { total }
  @Export public init(_ total: Int64) { self.total = total }
}
@Export(.number) extension Tally {
  public func add(_ more: UInt64) -> Int64 {
    total += Int64(more)
    return total
  }
}
