import Tenon

@Export public struct Point: Sendable {
  public var x: Int
  public var y: Int32
}

@Export public enum Shape: Sendable {
  case dot(Point)
  case line(length: Double)
}

@Export public enum Level: Sendable { case low, high }

@Export public enum Failed: Error { case small, large(String) }

@Export public protocol Listener: Sendable {
  func tell(_ level: Level)
}

@Export public func sum(_ point: Point) -> Int { point.x + Int(point.y) }
@Export public func grow(_ shape: Shape, by factor: Double = 2) async throws -> Shape {
  switch shape {
  case .dot(let point): return .dot(Point(x: point.x * Int(factor), y: point.y))
  case .line(let length):
    if length < 0 { throw Failed.large("negative") }
    return .line(length: length * factor)
  }
}
@Export public func tell(_ listener: any Listener) { listener.tell(.high) }
@Export public let limit = 5
@Export public func walk(_ progress: (Int) -> Void) { progress(5) }
@Export public protocol Gauge: Sendable {
  var level: Int { get }
  var name: Int { get nonmutating set }
  func reset()
}
@Export public func measure(_ gauge: any Gauge) -> Int {
  gauge.reset()
  return gauge.level
}
@Export public final class Dial: Sendable {
  @Export public var angle: Int { 1 }
  @Export public init() {}
}
