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
