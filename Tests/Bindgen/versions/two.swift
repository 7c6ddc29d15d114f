import Tenon

@Export public struct Point: Sendable {
  public var x: Int
  public var y: Int32
  public var z = 100
  public var label: String?
  public var tags: [String] = ["new"]
}

@Export public enum Shape: Sendable {
  case square(Point, side: Double, name: String)
  case dot(Point)
  case line(length: Double)
}

@Export public enum Level: Sendable { case none, low, high }

@Export public enum Failed: Error { case small, large(String), tiny }
@Export public enum Other: Error { case other }

@Export public protocol Listener: Sendable {
  func tell(_ level: Level)
  func tellMore(_ text: String)
}

@Export public func sum(_ point: Point) -> Int {
  point.x + Int(point.y) + point.z + point.tags.count * 1000 + (point.label?.count ?? 0)
}
@Export public func grow(_ shape: Shape, by factor: Double = 2, times count: Int = 1) async throws
  -> Shape
{
  switch shape {
  case .dot(let point): return .dot(Point(x: point.x * Int(factor), y: point.y))
  case .line(let length):
    if length < 0 { throw Failed.large("negative") }
    return .line(length: length * factor * Double(count))
  case .square: return shape
  }
}
@Export public func tell(_ listener: any Listener) {
  listener.tellMore("not heard by the old ones")
  listener.tell(.high)
}
/// Takes another closure of the same name: that of walk() keeps its struct.
@Export public func jump(_ progress: (String) -> Void) { progress("far") }
@Export public func added() -> Int { 1 }
@Export public let limit = 6
@Export public func walk(_ progress: (Int) -> Void) { progress(6) }
/// What it can set by now stands behind what was there.
@Export public protocol Gauge: Sendable {
  var level: Int { get nonmutating set }
  var name: Int { get nonmutating set }
  func reset()
}
@Export public func measure(_ gauge: any Gauge) -> Int {
  gauge.reset()
  gauge.level += 1
  return gauge.level
}
@Export public final class Dial: @unchecked Sendable {
  @Export public var angle = 1
  @Export public init() {}
}
