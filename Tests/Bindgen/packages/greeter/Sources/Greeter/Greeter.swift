public import CGreeter
public import Names
import Tenon
public import Words

/// Greets somebody by a word.
@Export public func greet(_ word: Word) async throws(WordError) -> String {
  if word.text.isEmpty { throw .unknown("nothing") }
  return "Hello, \(word.text)"
}

/// A word for somebody.
@Export public struct Greeting: Sendable {
  public var word: Word
  public var name: Name
  public var tone: Tone
}

/// The longer one of a greeting's words, as it is said.
@Export public func longestName(_ greeting: Greeting, _ speaker: Speaker) async -> String {
  let (word, name) = (greeting.word.text, greeting.name.first)
  let longest = word.count > name.count ? word : name
  return "\(speaker.name): \(greeting.tone == .loud ? longest.uppercased() : longest.lowercased())"
}

@Export public func makeSpeaker() -> Speaker { Speaker("somebody") }

@Export public func look(_ text: String, _ find: @escaping @Sendable (String) async throws -> Word)
  async throws -> String
{
  do {
    return try await find(text).text
  } catch WordError.unknown(let text) {
    return "no \(text)"
  }
}

/// Greets everybody.
@Export public func greetAll(_ names: [Name]) -> [Name] {
  names.map { Name(first: "Hello, \($0.first)", last: $0.last) }
}

@Export public func words(_ count: Int) -> AsyncStream<Word> {
  AsyncStream { continuation in
    for number in 0..<count { continuation.yield(Word(text: "word \(number)", language: nil)) }
    continuation.finish()
  }
}

@c @implementation
public func by_hand_answer(
  _ executor: OpaquePointer?, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { export(on: executor, future: futureOut) { 42 } }
