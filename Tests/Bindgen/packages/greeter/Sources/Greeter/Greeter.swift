public import CGreeter
public import Names
import Tenon
public import Words

/// Greets somebody by a word.
@Export public func greet(_ word: Word) async throws -> String { "Hello, \(word.text)" }

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
