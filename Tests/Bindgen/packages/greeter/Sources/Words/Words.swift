import Tenon

/// A word of a language.
@Export public struct Word: Sendable {
  public var text: String
  public var language: String?

  public init(text: String, language: String?) { (self.text, self.language) = (text, language) }
}

@Export public func translate(_ word: Word) async -> Word {
  Word(text: String(word.text.reversed()), language: "backwards")
}

/// How something is said.
@Export public enum Tone: Int32, Sendable { case quiet, loud }

@Export public func spelled(_ tone: Tone) -> String { tone == .loud ? "loud" : "quiet" }

@Export public enum WordError: Error, Equatable {
  /// It is in no dictionary.
  case unknown(String)
}

/// Somebody who says words.
@Export public final class Speaker: Sendable {
  @Export public let name: String
  @Export public init(_ name: String) { self.name = name }
}
