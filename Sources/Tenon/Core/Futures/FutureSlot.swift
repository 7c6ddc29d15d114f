import CTenon
import Synchronization

/// Both ends of one result, in one cache line. `head.word` is a ``FutureWord``; the rest belongs to whoever has locked
/// it, but for the value of a settled future, which its readers may read until one takes it.
struct FutureSlot: ~Copyable {
  var head: SlotHead  // 16 bytes
  /// The result: a value, or what ``tenon_value_t`` calls an error or a status.
  var value: tenon_value_t  // 32 bytes
  /// Index + 1 of the first registration of each end; the first one's `previous` is the last one.
  var completions: UInt32
  var cancels: UInt32
  /// How many of this slot's futures ended so, for the statistics.
  var rejections: UInt32
  var cancellations: UInt32

  @inline(__always) static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<FutureSlot>
  { slot.assumingMemoryBound(to: FutureSlot.self) }
}

/// What a transition came to: done, from this word to that one; or refused.
enum Transition {
  case done(from: FutureWord, to: FutureWord)
  case refused(tenon_status_t)
}

extension UnsafeMutablePointer where Pointee == FutureSlot {
  /// Makes a pure transition real: one compare-and-swap, and patience with whoever holds the lock.
  @inline(__always) func transition(_ step: (FutureWord) -> FutureWord.Step) -> Transition {
    var bits = pointee.head.word.load(ordering: .acquiring)
    var backoff = Backoff()
    while true {
      let word = FutureWord(bits)
      switch step(word) {
      case .become(let next):
        let (exchanged, original) = pointee.head.word.weakCompareExchange(
          expected: bits, desired: next.bits, successOrdering: .acquiringAndReleasing,
          failureOrdering: .acquiring)
        if _fastPath(exchanged) { return .done(from: word, to: next) }
        bits = original
      case .refuse(let status):
        return .refused(status)
      case .wait:
        backoff.pause()
        bits = pointee.head.word.load(ordering: .acquiring)
      }
    }
  }

  @inline(__always) var valueMemory: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(self) + MemoryLayout<SlotHead>.size
  }

  /// The end of a lock: nobody else has changed the word in between.
  @inline(__always) func publish(_ word: FutureWord) {
    pointee.head.word.store(word.bits, ordering: .releasing)
  }
}
