import CTenon

/// The life of one end of a stream, as a value: pure transitions, no memory, no effects.
///
/// `locked` is the moment in which one operation of this end has the rest of its slot to itself. Every other change waits
/// for it, so whoever holds it leaves by a plain store; a second operation does not wait, but is refused.
///
///     bit 0       locked: an operation of this end is at it
///     bit 1       lent: the other end does this one's part, for a waiting reader
///     bit 2       peer waits: the other end waits for what this one does next
///     bit 3       ended: the writer has said that nothing more comes
///     bit 4       cancelled: the reader wants no more, so the writer can send no more
///     bit 5       piped: it is a pipe's, and nobody else's
///     bit 8..37   references
///     bit 38..63  the slot's life: see Handle
///
/// The flag for a waiting peer is in this word, and not in one of the peer's own, so that entering shows it: who sets it does
/// so while nobody is inside, looks again after that, and then either sees what the last operation did or is seen by the
/// next one. That is the whole handshake; it costs the operation nothing.
struct EndWord: SlotWord {
  typealias Step = SlotStep<EndWord>

  static let locked: UInt = 1 << 0
  static let lent: UInt = 1 << 1
  static let peerWaits: UInt = 1 << 2
  static let ended: UInt = 1 << 3
  static let cancelled: UInt = 1 << 4
  static let piped: UInt = 1 << 5
  static let reference: UInt = 1 << 8
  static let referencesMask: UInt = (1 << 30 - 1) << 8

  var bits: UInt

  @inline(__always) init(_ bits: UInt) { self.bits = bits }

  /// A new end in a slot whose word is `free`: one reference.
  @inline(__always) init(creatingIn free: UInt) {
    bits = free & Handle.lifeMask | EndWord.reference
  }

  @inline(__always) var references: UInt { bits & EndWord.referencesMask }
  @inline(__always) func has(_ flag: UInt) -> Bool { bits & flag != 0 }
  @inline(__always) func with(_ flag: UInt) -> EndWord { EndWord(bits | flag) }
  @inline(__always) func without(_ flag: UInt) -> EndWord { EndWord(bits & ~flag) }

  /// Why `handle` does not name a live end here; nil if it does.
  @inline(__always) private func refusal(of handle: Handle) -> tenon_status_t? {
    if _fastPath(handle.lives(in: bits) && references != 0) { return nil }
    return SlotTable.refusal(
      handle, word: handle.lives(in: bits) ? SlotTable.endedLife(of: bits) : bits)
  }

  // MARK: Operations

  /// An operation begins: one at a time.
  @inline(__always) func entering(_ handle: Handle) -> Step {
    if let refusal = refusal(of: handle) { return .refuse(refusal) }
    if has(EndWord.lent) { return .wait }
    if has(EndWord.locked | EndWord.piped) { return .refuse(TENON_STATUS_BUSY) }
    if has(EndWord.ended) { return .refuse(TENON_STATUS_CLOSED) }
    if has(EndWord.cancelled) { return .refuse(TENON_STATUS_CANCELLED) }
    return .become(with(EndWord.locked))
  }

  /// Whether `entering` comes to a word that is locked, at one look.
  @inline(__always) func isEnterable(_ handle: Handle) -> Bool {
    let obstacles =
      EndWord.locked | EndWord.lent | EndWord.ended | EndWord.cancelled | EndWord.piped
    return handle.lives(in: bits) && references != 0 && bits & obstacles == 0
  }

  /// A pipe reads: nobody else can.
  @inline(__always) var pipingOut: Step {
    has(EndWord.locked | EndWord.lent) ? .wait : .become(with(EndWord.locked))
  }

  /// A pipe writes: nobody else can.
  @inline(__always) var pipingIn: Step {
    if has(EndWord.ended) { return .refuse(TENON_STATUS_CLOSED) }
    if has(EndWord.cancelled) { return .refuse(TENON_STATUS_CANCELLED) }
    return pipingOut
  }

  /// The operation is over.
  @inline(__always) var left: EndWord { without(EndWord.locked) }

  /// The operation goes on without the lock, and with a reference that keeps the end.
  @inline(__always) var leftPinned: EndWord { EndWord(bits + EndWord.reference).left }

  /// The other end takes this one's part.
  var lending: Step {
    has(EndWord.locked | EndWord.lent) ? .wait : .become(with(EndWord.lent))
  }

  /// A flag changes, between operations.
  func changing(setting flags: UInt, clearing others: UInt = 0) -> Step {
    if has(EndWord.locked | EndWord.lent) { return .wait }
    return .become(with(flags).without(others))
  }

  // MARK: References

  func retaining(_ handle: Handle) -> Step {
    if let refusal = refusal(of: handle) { return .refuse(refusal) }
    if has(EndWord.locked | EndWord.lent) { return .wait }
    if references == EndWord.referencesMask { return .refuse(TENON_STATUS_NO_RESOURCES) }
    return .become(EndWord(bits + EndWord.reference))
  }

  /// One reference less. Whoever takes the last one ends this life.
  func releasing(_ handle: Handle) -> Step {
    if let refusal = refusal(of: handle) { return .refuse(refusal) }
    if has(EndWord.locked | EndWord.lent) { return .wait }
    return .become(EndWord(bits - EndWord.reference))
  }

  // MARK: The end

  /// The writer says that nothing more comes; the first one who does is the one who may say why.
  func ending(_ handle: Handle) -> Step {
    if let refusal = refusal(of: handle) { return .refuse(refusal) }
    if has(EndWord.locked | EndWord.lent) { return .wait }
    if has(EndWord.ended) { return .refuse(TENON_STATUS_ALREADY_SETTLED) }
    return .become(with(EndWord.ended))
  }
}
