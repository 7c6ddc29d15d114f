import Tenon

/// What somebody is called.
@Export public struct Name: Sendable {
  public var first: String
  public var last: String?

  public init(first: String, last: String?) { (self.first, self.last) = (first, last) }
}

@Export public func full(_ name: Name) -> String {
  [name.first, name.last ?? "?"].joined(separator: " ")
}
