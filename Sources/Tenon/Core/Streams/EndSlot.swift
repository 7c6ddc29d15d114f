import CTenon
import Synchronization

/// One end of a stream, in one cache line of its own, which the other end leaves alone but for waiting. `head.word` is
/// an ``EndWord``; `items` to `seen` belong to whoever has locked it.
struct EndSlot: ~Copyable {
  var head: SlotHead  // 16 bytes
  /// What both ends share. Written when the slot is taken, valid while there are references.
  var core: UnsafeMutablePointer<StreamCore>?
  /// The ring; nil for a latest value.
  var items: UnsafeMutablePointer<tenon_value_t>?
  /// One less than how many the ring can hold, which is a power of two.
  var mask: UInt32
  /// How many it may hold.
  var capacity: UInt32
  /// How many this end has sent, or received. Atomic for the statistics only.
  let index: Atomic<UInt>
  /// What this end last saw of the other one's index.
  var seen: UInt
  /// How many this slot's former lives have sent or received.
  let total: Atomic<UInt>

  @inline(__always) static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<EndSlot>
  { slot.assumingMemoryBound(to: EndSlot.self) }
}

extension Handle.Kind {
  /// What a reader's handle is of, where it comes back as a callback's context.
  static func reader(_ handle: Handle) -> Handle.Kind { handle.is(.latest) ? .latest : .stream }

  /// Calls `body` with the table of this kind of end.
  @inline(__always) func withEndTable<Result>(_ body: (borrowing SlotTable) -> Result) -> Result {
    switch self {
    case .sink: body(sinkTable)
    case .publisher: body(publisherTable)
    case .latest: body(latestTable)
    default: body(streamTable)
    }
  }

  @inline(__always) func end(_ handle: Handle) -> UnsafeMutablePointer<EndSlot>? {
    withEndTable { $0.find(handle, self).map { EndSlot.at($0) } }
  }
}

extension UnsafeMutablePointer where Pointee == EndSlot {
  /// Makes a pure transition real. nil: done, and `word` is the new one; else why not.
  func change(_ word: inout EndWord, _ step: (EndWord) -> EndWord.Step) -> tenon_status_t? {
    switch pointee.head.word.transition(step) {
    case .refused(let status): return status
    case .done(_, let next):
      word = next
      return nil
    }
  }

  /// Begins an operation; nil: `word` is what `leave` needs.
  @inline(__always) func enter(_ handle: Handle, _ word: inout EndWord) -> tenon_status_t? {
    let before = EndWord(pointee.head.word.load(ordering: .relaxed))
    if _fastPath(before.isEnterable(handle) && !Handover.isObserved) {
      let locked = before.with(EndWord.locked)
      let (exchanged, _) = pointee.head.word.weakCompareExchange(
        expected: before.bits, desired: locked.bits, successOrdering: .acquiring,
        failureOrdering: .relaxed)
      if _fastPath(exchanged) {
        word = locked
        return nil
      }
    }
    return enterSlowly(handle, &word)
  }

  @inline(never) private func enterSlowly(_ handle: Handle, _ word: inout EndWord)
    -> tenon_status_t?
  {
    let refusal = change(&word) { $0.entering(handle) }
    // What was written before a call goes to whoever finds the item in the ring: see `leave`.
    if refusal == nil, let core = pointee.core { Handover.give(core) }
    return refusal
  }

  /// Ends what `enter` began: nobody else has changed the word in between. `moved`: how many items it has, by an event of that kind.
  @inline(__always) func leave(_ word: EndWord, moved: UInt = 0, _ kind: Int = 0) {
    if Recorder.looksAtStreams { handOver(moved, kind) }
    pointee.head.word.store(word.left.bits, ordering: .releasing)
  }

  /// The same, with a reference more: the caller gives it back with ``unpin(_:_:)``.
  @inline(__always) func leavePinned(_ word: EndWord, moved: UInt = 0, _ kind: Int = 0) {
    if Recorder.looksAtStreams { handOver(moved, kind) }
    pointee.head.word.store(word.leftPinned.bits, ordering: .releasing)
  }

  /// For tools: this end goes to its next user, and what is in the ring has come from the other one. And for those who look later.
  @inline(never) private func handOver(_ moved: UInt, _ kind: Int) {
    if let core = pointee.core {
      Handover.take(core)
      if moved != 0 { core.record(kind, moved) }
    }
    Handover.give(self)
  }

  /// Changes flags between operations, on behalf of whoever.
  func setFlags(_ flags: UInt, clearing others: UInt = 0) {
    var word = EndWord(0)
    _ = change(&word) { $0.changing(setting: flags, clearing: others) }
  }

  /// Takes this end's part, for its own waiting reader.
  func lend() -> EndWord {
    var word = EndWord(0)
    _ = change(&word) { $0.lending }
    return word
  }

  func endLoan(_ word: EndWord) {
    Handover.give(self)
    pointee.head.word.store(word.without(EndWord.lent).bits, ordering: .releasing)
  }

  /// Adds a reference.
  func pin(_ handle: Handle) -> tenon_status_t? {
    var word = EndWord(0)
    return change(&word) { $0.retaining(handle) }
  }

  /// The slot goes back to its table, in its next life.
  func giveBack(_ handle: Handle, _ kind: Handle.Kind) {
    let word = pointee.head.word.load(ordering: .relaxed)
    pointee.total.store(
      pointee.total.load(ordering: .relaxed) &+ pointee.index.load(ordering: .relaxed),
      ordering: .relaxed)
    pointee.index.store(0, ordering: .relaxed)
    pointee.head.word.store(SlotTable.endedLife(of: word), ordering: .releasing)
    kind.withEndTable { $0.give(handle.index, UnsafeMutableRawPointer(self)) }
  }
}
