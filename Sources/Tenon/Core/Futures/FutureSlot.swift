import CTenon
import Synchronization

/// Both ends of one result, in one cache line. `head.word` is a ``FutureWord``.
struct FutureSlot: ~Copyable {
  let head: SlotHead  // 16 bytes
  /// Never through this field: an access to it may count as one to the whole slot, whose word is everybody's.
  private let content: Content  // 40 bytes
  /// How many of this slot's futures ended so, for the statistics. Changed under the lock. At the end of the slot: see
  /// `futureTable`.
  let rejections: Atomic<UInt32>
  let cancellations: Atomic<UInt32>

  /// What belongs to whoever has locked the word, but for the value of a settled future, which its readers may read
  /// until one takes it.
  struct Content {
    /// The result: a value, or what ``tenon_value_t`` calls an error or a status.
    var value: tenon_value_t
    /// Index + 1 of the first registration of each end; the first one's `previous` is the last one.
    var completions: UInt32
    var cancels: UInt32
  }

  @inline(__always) static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<FutureSlot>
  { slot.assumingMemoryBound(to: FutureSlot.self) }
}

extension UnsafeMutablePointer where Pointee == FutureSlot {
  @inline(__always) func transition(_ step: (FutureWord) -> FutureWord.Step)
    -> SlotTransition<FutureWord>
  { pointee.head.word.transition(step) }

  @inline(__always) var content: UnsafeMutablePointer<FutureSlot.Content> {
    (UnsafeMutableRawPointer(self) + MemoryLayout<SlotHead>.size)
      .assumingMemoryBound(to: FutureSlot.Content.self)
  }

  /// The value comes first in the content.
  @inline(__always) var valueMemory: UnsafeMutableRawPointer { UnsafeMutableRawPointer(content) }

  /// Where what produces it is: the place of a call's driver, or the registration's slot that has the wait for a descriptor; nil:
  /// it has none yet, or no more. It is where a free slot has its successor. Written by who produces it.
  @inline(__always) var producer: UInt32? {
    get {
      let next = pointee.head.nextFree.load(ordering: .relaxed)
      return next == 0 ? nil : next &- 1
    }
    nonmutating set {
      pointee.head.nextFree.store(newValue.map { $0 &+ 1 } ?? 0, ordering: .relaxed)
    }
  }

  /// The end of a lock: nobody else has changed the word in between.
  @inline(__always) func publish(_ word: FutureWord) {
    Handover.give(self)
    publishUnobserved(word)
  }

  /// The same where nobody looks.
  @inline(__always) func publishUnobserved(_ word: FutureWord) {
    pointee.head.word.store(word.bits, ordering: .releasing)
  }
}
