import CTenon
import Synchronization

/// The word of a slot as a value, with pure transitions from one to the next: no memory, no effects.
protocol SlotWord: Equatable {
  var bits: UInt { get }
  init(_ bits: UInt)
}

/// Bits 0...2 of each word: how far its noun is in its life. 0 is the beginning.
let slotStageMask: UInt = 7

/// What one transition comes to.
enum SlotStep<Word: SlotWord>: Equatable {
  /// Somebody is at it for a moment: try again.
  case wait
  /// Not possible, for this reason. Nothing changes.
  case refuse(tenon_status_t)
  case become(Word)
}

/// What a transition came to: done, from this word to that one; or refused.
enum SlotTransition<Word: SlotWord> {
  case done(from: Word, to: Word)
  case refused(tenon_status_t)
}

extension Atomic where Value == UInt {
  /// Makes a pure transition real: one compare-and-swap, and patience with whoever is at it.
  @inline(__always) borrowing func transition<Word: SlotWord>(_ step: (Word) -> SlotStep<Word>)
    -> SlotTransition<Word>
  {
    Handover.isObserved ? transitionObserved(step) : attempt(step)
  }

  @inline(never) private borrowing func transitionObserved<Word: SlotWord>(
    _ step: (Word) -> SlotStep<Word>
  ) -> SlotTransition<Word> {
    withUnsafePointer(to: self) { Handover.give($0) }
    defer { withUnsafePointer(to: self) { Handover.take($0) } }
    return attempt(step)
  }

  @inline(__always) private borrowing func attempt<Word: SlotWord>(
    _ step: (Word) -> SlotStep<Word>
  ) -> SlotTransition<Word> {
    var bits = load(ordering: .acquiring)
    var backoff = Backoff()
    while true {
      let word = Word(bits)
      switch step(word) {
      case .become(let next):
        let (exchanged, original) = weakCompareExchange(
          expected: bits, desired: next.bits, successOrdering: .acquiringAndReleasing,
          failureOrdering: .acquiring)
        if _fastPath(exchanged) { return .done(from: word, to: next) }
        bits = original
      case .refuse(let status):
        return .refused(status)
      case .wait:
        if !backoff.pause() { return .refused(TENON_STATUS_FORKED) }
        bits = load(ordering: .acquiring)
      }
    }
  }
}
