import Tenon

/// Where something is.
@Export public struct Point: Sendable, Equatable {
  public var x: Double
  public var y = 0.0
  public static let start = Point(x: 1, y: 2)
}

/// Every kind of field.
@Export public struct Everything: Sendable, Equatable {
  public var flag: Bool
  public var small: Int8
  public var middle: UInt16
  public var word: Int32
  public var long: Int
  public var unsigned: UInt64
  public var single: Float
  public var double: Double
  public var text: String
  public var bytes: [UInt8]
  public var wait: Duration
  public var color: Color
  public var maybeFlag: Bool?
  public var maybeSmall: Int8?
  public var maybeLong: Int?
  public var maybeColor: Color?
  public var maybeText: String?
  public var maybeBytes: [UInt8]?
  public var maybeWait: Duration?
  public var origin: Point
  public var maybePoint: Point?
  public var numbers: [Int32]
  public var flags: [Bool]
  public var texts: [String]
  public var points: [Point]
  public var colors: [Color]
  public var maybeNumbers: [Int]?
  public var sparse: [Int?]
  public var grid: [[Double]]
  public var ages: [String: Int]
  public var byNumber: [Int: Point]
  public var names: Set<String>
  public var lists: [String: [String]]
  public var shape: Shape
  public var shapes: [Shape]
  public var maybeShape: Shape?
  // A reserved word.
  public var register: Bool
}

@Export public enum Color: String, Sendable, CaseIterable {
  case red, green
  case darkBlue = "dark blue"
}

@Export public enum Shape: Sendable, Equatable {
  case none
  case circle(center: Point, radius: Double)
  case polygon([Point])
  case named(String, Color?)
  case `default`(Int)
}

/// Every kind of default.
@Export public struct Preferences: Sendable, Equatable {
  public var retries = 3
  public var port: UInt16 = 8_080
  public var mask: Int32 = 0x7f
  public var ratio: Float = 0.5
  public var least: Double = -1.5e3
  public var isOn = true
  public var isLoud: Bool? = false
  public var color = Color.darkBlue
  public var maybeColor: Color? = .green
  public var limit: Int? = 5
  public var name = "grün"
  public var maybeName: String? = "x"
  public var timeout: Duration = .seconds(30)
  public var pause: Duration? = .milliseconds(1.5)
  public var tags: [String] = []
  public var ages: [String: Int] = [:]
  public var title: String?
  /// Where it begins.
  public var corner = Point(x: 1, y: 2)
}

@Export public func areDefault(_ preferences: Preferences) -> Bool { preferences == Preferences() }

/// Gives back what it was given.
@Export public func echo(_ everything: Everything) -> Everything { everything }

@Export public func echoShape(_ shape: Shape?) -> Shape? { shape }
@Export public func echoLater(_ everything: Everything) async -> Everything {
  await Task.yield()
  return everything
}
