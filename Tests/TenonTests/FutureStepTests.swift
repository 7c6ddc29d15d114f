import CTenon
import Testing

@testable import Tenon

/// Every transition of a future's word, from every state.
@Suite struct FutureStepTests {
  private typealias Step = FutureWord.Step

  private static let life = Handle.mark | 5 << Handle.generationShift
  private static let future = Handle(.future, index: 3, word: life)
  private static let promise = future.as(.promise)

  private static let flags = [
    FutureWord.taken, FutureWord.cancelRequested, FutureWord.open, FutureWord.locked,
    FutureWord.detached, FutureWord.follows,
  ]
  /// All combinations of phases and of the flags that matter, with no reader, some, and as many as can be counted.
  private static let words: [FutureWord] = (0..<(1 << flags.count)).flatMap { chosen in
    let bits = flags.indices.reduce(life) { chosen >> $1 & 1 == 1 ? $0 | flags[$1] : $0 }
    let readers = [0, FutureWord.reader, 2 * FutureWord.reader, FutureWord.readersMask]
    return (0..<8).flatMap { phase in readers.map { FutureWord(bits | UInt(phase) | $0) } }
  }

  private static let readSteps: [@Sendable (FutureWord, Handle) -> Step] = [
    { $0.reading($1) }, { $0.retaining($1) }, { $0.releasing($1) }, { $0.taking($1) },
    { $0.lockingValue($1) }, { $0.cancelling($1) }, { $0.detaching($1) }, { $0.registering($1) },
  ]
  private static let writeSteps: [@Sendable (FutureWord, Handle) -> Step] = [
    { $0.settling($1) }, { $0.lockingPromise($1) }, { $0.unlinking($1) },
  ]

  /// Calls `body` with each word that is read, by a handle that may, while nobody has the lock.
  private func eachReadable(
    _ step: (FutureWord, Handle) -> Step, _ body: (FutureWord, Step) -> Void
  ) {
    for word in FutureStepTests.words
    where !word.isFree && word.readers != 0 && !word.has(FutureWord.locked) {
      body(word, step(word, FutureStepTests.future))
    }
  }

  private func with(_ word: FutureWord, _ flags: UInt) -> Step {
    .become(FutureWord(word.bits | flags))
  }

  @Test func onlyALifeThatGoesOnIsFound() {
    let next: UInt = 1 << Handle.generationShift
    let older = Handle(.future, index: 3, word: FutureStepTests.life - next)
    let newer = Handle(.future, index: 3, word: FutureStepTests.life + next)
    for step in FutureStepTests.readSteps + FutureStepTests.writeSteps {
      for word in FutureStepTests.words {
        #expect(step(word, older) == .refuse(TENON_STATUS_STALE))
        if word.isFree {
          #expect(step(word, FutureStepTests.future) == .refuse(TENON_STATUS_STALE))
        } else {
          #expect(step(word, newer) == .refuse(TENON_STATUS_INVALID))
        }
      }
    }
  }

  @Test func aFutureThatOnlyItsPromiseKeepsIsNotRead() {
    for step in FutureStepTests.readSteps {
      for word in FutureStepTests.words where word.readers == 0 {
        #expect(step(word, FutureStepTests.future) == .refuse(TENON_STATUS_STALE))
      }
    }
  }

  @Test func allWaitForTheLock() {
    for word in FutureStepTests.words where word.has(FutureWord.locked) && !word.isFree {
      for step in FutureStepTests.readSteps where word.readers != 0 {
        #expect(step(word, FutureStepTests.future) == .wait)
      }
      for step in FutureStepTests.writeSteps {
        #expect(step(word, FutureStepTests.promise) == .wait)
      }
      #expect(word.requestingCancel == .wait)
    }
  }

  @Test func aLookChangesNothing() {
    eachReadable({ $0.reading($1) }) { #expect($1 == .become($0)) }
  }

  @Test func readersAreCountedAsFarAsTheyCanBe() {
    eachReadable({ $0.retaining($1) }) { word, step in
      let isFull = word.readers == FutureWord.readersMask
      let more = FutureWord(word.bits &+ FutureWord.reader)
      #expect(step == (isFull ? .refuse(TENON_STATUS_NO_RESOURCES) : .become(more)))
      #expect(
        word.registering(FutureStepTests.future)
          == (isFull ? .refuse(TENON_STATUS_NO_RESOURCES) : with(more, FutureWord.locked)))
    }
  }

  @Test func theLastReaderOfWhatIsPendingCancelsIt() {
    eachReadable({ $0.releasing($1) }) { word, step in
      let fewer = FutureWord(word.bits - FutureWord.reader)
      if word.readers > FutureWord.reader {
        #expect(step == .become(fewer))
      } else if !word.isPending {
        guard case .become(let next) = step else { return #expect(Bool(false)) }
        #expect(next.isFree && !FutureStepTests.future.lives(in: next.bits))
      } else if word.has(FutureWord.detached | FutureWord.cancelRequested) {
        #expect(step == .become(fewer))
      } else {
        #expect(step == with(word, FutureWord.locked | FutureWord.cancelRequested))
        guard case .become(let locked) = step else { return }
        #expect(locked.releasedLast == FutureWord(fewer.bits | FutureWord.cancelRequested))
      }
    }
  }

  @Test func aValueIsTakenOnce() {
    let steps: [((FutureWord, Handle) -> Step, UInt)] = [
      ({ $0.taking($1) }, FutureWord.locked | FutureWord.taken),
      ({ $0.lockingValue($1) }, FutureWord.locked),
    ]
    for (step, taken) in steps {
      eachReadable(step) { word, step in
        if word.phase != .fulfilled {
          #expect(step == .refuse(word.status))
        } else if word.has(FutureWord.taken) {
          #expect(step == .refuse(TENON_STATUS_TAKEN))
        } else {
          #expect(step == with(word, taken))
        }
      }
    }
  }

  @Test func aCancelIsRequestedOnceAndInTime() {
    eachReadable({ $0.cancelling($1) }) { word, step in
      if !word.isPending {
        #expect(step == .refuse(TENON_STATUS_SETTLED))
      } else if word.has(FutureWord.cancelRequested) {
        #expect(step == .refuse(TENON_STATUS_OK))
      } else {
        #expect(step == with(word, FutureWord.locked | FutureWord.cancelRequested))
      }
    }
    eachReadable({ $0.detaching($1) }) { #expect($1 == with($0, FutureWord.detached)) }
  }

  @Test func aPromiseSettlesOnce() {
    for word in FutureStepTests.words where !word.isFree && !word.has(FutureWord.locked) {
      let isOpen = word.has(FutureWord.open)
      let locked = with(word, FutureWord.locked)
      #expect(
        word.settling(FutureStepTests.promise)
          == (isOpen ? locked : .refuse(TENON_STATUS_ALREADY_SETTLED)))
      for step in [
        word.lockingPromise(FutureStepTests.promise), word.unlinking(FutureStepTests.promise),
      ] {
        #expect(step == (word.isPending ? locked : .refuse(TENON_STATUS_SETTLED)))
      }
    }
  }

  @Test func eachPhaseHasAStatusAndWhatIsNoneIsOver() {
    let statuses = [
      TENON_STATUS_PENDING, TENON_STATUS_OK, TENON_STATUS_REJECTED, TENON_STATUS_CANCELLED,
      TENON_STATUS_STALE, TENON_STATUS_STALE, TENON_STATUS_STALE, TENON_STATUS_STALE,
    ]
    for (phase, status) in statuses.enumerated() {
      #expect(FutureWord(FutureStepTests.life | UInt(phase)).status == status)
    }
  }
}
