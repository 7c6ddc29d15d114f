import Tenon

/// What is measured: a text, a number, and a list of numbers.
@Export public struct Sample: Sendable {
  public var name: String
  public var time: Int64
  public var values: [Double]
}

/// One that is always the same.
@Export public let standard = Sample(
  name: "a sensor in the cellar", time: 17, values: [1, 2, 3, 4, 5, 6, 7, 8])

@Export public func copySample() -> Sample { standard }
@Export public func timeOf(_ sample: Sample) -> Int64 { sample.time }
@Export public func later(_ sample: Sample) async -> Sample { sample }

@Export public func samples(_ count: Int) -> some AsyncSequence<Sample, Never> & Sendable {
  Repeated(element: standard, count: count)
}

/// A sequence that costs nothing by itself.
struct Repeated<Element: Sendable>: AsyncSequence, AsyncIteratorProtocol, Sendable {
  let element: Element
  var count: Int

  func makeAsyncIterator() -> Repeated<Element> { self }
  mutating func next() async -> Element? { await next(isolation: nil) }
  mutating func next(isolation: isolated (any Actor)?) async -> Element? {
    if count == 0 { return nil }
    count -= 1
    return element
  }
}

@Export public final class Counter: @unchecked Sendable {
  // SAFETY: one thread measures.
  private var sum: Int64 = 0
  @Export public init() {}
  @Export public func add(_ number: Int64) -> Int64 {
    sum &+= number
    return sum
  }
}
