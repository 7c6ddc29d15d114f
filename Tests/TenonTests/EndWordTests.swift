import CTenon
import Testing

@testable import Tenon

/// Every transition of a stream end's word, from every state.
@Suite struct EndWordTests {
  private static let life = Handle.mark | 5 << Handle.generationShift
  private static let handle = Handle(.sink, index: 3, word: life)

  /// All combinations of flags, with no, one and two references.
  private static let words: [EndWord] = (0..<64).flatMap { flags in
    (0..<3).map { EndWord(life | flags | $0 * EndWord.reference) }
  }

  private func each(
    _ step: (EndWord) -> EndWord.Step, _ body: (EndWord, EndWord.Step) -> Void
  ) {
    for word in EndWordTests.words { body(word, step(word)) }
  }

  private func isAlive(_ word: EndWord) -> Bool { word.references != 0 }
  private func isFree(_ word: EndWord) -> Bool { !word.has(EndWord.locked | EndWord.lent) }

  @Test func anOperationEntersAlone() {
    each({ $0.entering(EndWordTests.handle) }) { word, step in
      if !isAlive(word) {
        #expect(step == .refuse(TENON_STATUS_STALE))
      } else if word.has(EndWord.lent) {
        #expect(step == .wait)
      } else if word.has(EndWord.locked | EndWord.piped) {
        #expect(step == .refuse(TENON_STATUS_BUSY))
      } else if word.has(EndWord.ended) {
        #expect(step == .refuse(TENON_STATUS_CLOSED))
      } else if word.has(EndWord.cancelled) {
        #expect(step == .refuse(TENON_STATUS_CANCELLED))
      } else {
        #expect(step == .become(EndWord(word.bits | EndWord.locked)))
      }
      let locked = EndWord.Step.become(word.with(EndWord.locked))
      #expect(word.isEnterable(EndWordTests.handle) == (step == locked))
    }
    let other = Handle(.sink, index: 3, word: EndWordTests.life + 1 << Handle.generationShift)
    #expect(!EndWordTests.words.contains { $0.isEnterable(other) })
  }

  @Test func aPipeEntersAlone() {
    each({ $0.pipingOut }) { word, step in
      #expect(step == (isFree(word) ? .become(word.with(EndWord.locked)) : .wait))
    }
    each({ $0.pipingIn }) { word, step in
      if word.has(EndWord.ended) {
        #expect(step == .refuse(TENON_STATUS_CLOSED))
      } else if word.has(EndWord.cancelled) {
        #expect(step == .refuse(TENON_STATUS_CANCELLED))
      } else {
        #expect(step == word.pipingOut)
      }
    }
  }

  @Test func leavingRestoresWhatWasEntered() {
    for word in EndWordTests.words where isFree(word) && isAlive(word) {
      guard case .become(let locked) = word.entering(EndWordTests.handle) else { continue }
      #expect(locked.left == word)
      #expect(locked.leftPinned == EndWord(word.bits + EndWord.reference))
    }
  }

  @Test func nothingChangesWhileAnOperationIsInside() {
    let steps: [(EndWord) -> EndWord.Step] = [
      { $0.lending }, { $0.changing(setting: EndWord.peerWaits) },
      { $0.retaining(EndWordTests.handle) }, { $0.releasing(EndWordTests.handle) },
      { $0.ending(EndWordTests.handle) },
    ]
    for step in steps {
      each(step) { word, step in
        if !isFree(word) { #expect(step == .wait || step == .refuse(TENON_STATUS_STALE)) }
      }
    }
  }

  @Test func flagsChangeAndNothingElse() {
    each({ $0.changing(setting: EndWord.cancelled, clearing: EndWord.peerWaits) }) { word, step in
      guard isFree(word) else { return }
      let bits = (word.bits | EndWord.cancelled) & ~EndWord.peerWaits
      #expect(step == .become(EndWord(bits)))
    }
  }

  @Test func referencesAreCounted() {
    for word in EndWordTests.words where isFree(word) && isAlive(word) {
      guard case .become(let more) = word.retaining(EndWordTests.handle),
        case .become(let same) = more.releasing(EndWordTests.handle)
      else {
        Issue.record("refused in \(word)")
        continue
      }
      #expect(same == word)
    }
    let full = EndWord(EndWordTests.life | EndWord.referencesMask)
    #expect(full.retaining(EndWordTests.handle) == .refuse(TENON_STATUS_NO_RESOURCES))
  }

  @Test func theFirstOneEnds() {
    for word in EndWordTests.words where isFree(word) && isAlive(word) {
      let expected: EndWord.Step =
        word.has(EndWord.ended)
        ? .refuse(TENON_STATUS_ALREADY_SETTLED) : .become(EndWord(word.bits | EndWord.ended))
      #expect(word.ending(EndWordTests.handle) == expected)
    }
  }

  @Test func aHandleOfAnotherLifeIsRefused() {
    let word = EndWord(
      Handle.mark | 6 << Handle.generationShift | EndWord.reference)
    #expect(word.entering(EndWordTests.handle) == .refuse(TENON_STATUS_STALE))
    #expect(word.retaining(EndWordTests.handle) == .refuse(TENON_STATUS_STALE))
    #expect(word.releasing(EndWordTests.handle) == .refuse(TENON_STATUS_STALE))
    #expect(word.ending(EndWordTests.handle) == .refuse(TENON_STATUS_STALE))
  }
}
