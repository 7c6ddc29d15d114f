import CTenon

/// The life of one future, as a value: pure transitions, no memory, no effects.
///
///     pending ── settle ──> fulfilled | rejected | cancelled ── last reader gone ──> free
///
/// `locked` is the moment in between: whoever sets it alone may touch the rest of the slot, until it stores the
/// next word. A settling producer holds it while it writes the value (so it is the design's "settling"), a
/// registration while it links its callback. All other transitions wait for it.
///
///     bit 0...2   phase
///     bit 3       taken: the value has been moved out
///     bit 4       cancel requested
///     bit 5       open: the promise has not been consumed
///     bit 6       locked
///     bit 7       detached: nobody reading is no reason to cancel
///     bit 8       call: Swift work on an executor produces it
///     bit 9       follows: it is made of other futures, and pending: see Following.swift
///     bit 10      needs: and cannot settle without the executor that it follows
///     bit 11      descriptor: it waits for one in its executor's polls
///     bit 12..37  readers: references, and callbacks that wait
///     bit 38..63  the slot's life: see Handle
struct FutureWord: SlotWord {
  enum Phase: UInt {
    case pending = 0
    case fulfilled, rejected, cancelled
    case free = 7
  }

  typealias Step = SlotStep<FutureWord>

  static let phaseMask = slotStageMask
  static let taken: UInt = 1 << 3
  static let cancelRequested: UInt = 1 << 4
  static let open: UInt = 1 << 5
  static let locked: UInt = 1 << 6
  static let detached: UInt = 1 << 7
  static let call: UInt = 1 << 8
  static let follows: UInt = 1 << 9
  static let needs: UInt = 1 << 10
  static let descriptor: UInt = 1 << 11
  static let reader: UInt = 1 << 12
  static let readersMask: UInt = (1 << 26 - 1) << 12

  var bits: UInt

  @inline(__always) init(_ bits: UInt) { self.bits = bits }

  /// A new future in a slot whose word is `free`: both ends open, one reader.
  @inline(__always) init(creatingIn free: UInt, flags: UInt) {
    bits = free & Handle.lifeMask | FutureWord.open | FutureWord.reader | flags
  }

  @inline(__always) var phase: Phase { Phase(rawValue: bits & FutureWord.phaseMask) ?? .free }
  @inline(__always) var isPending: Bool { bits & FutureWord.phaseMask == 0 }
  @inline(__always) var isFree: Bool { bits & FutureWord.phaseMask == FutureWord.phaseMask }
  @inline(__always) var readers: UInt { bits & FutureWord.readersMask }
  @inline(__always) func has(_ flag: UInt) -> Bool { bits & flag != 0 }

  @inline(__always) private func with(_ flags: UInt) -> FutureWord { FutureWord(bits | flags) }
  @inline(__always) private func without(_ flags: UInt) -> FutureWord { FutureWord(bits & ~flags) }

  /// How it ended, or that it has not.
  @inline(__always) var status: tenon_status_t {
    switch phase {
    case .pending: TENON_STATUS_PENDING
    case .fulfilled: TENON_STATUS_OK
    case .rejected: TENON_STATUS_REJECTED
    case .cancelled: TENON_STATUS_CANCELLED
    case .free: TENON_STATUS_STALE
    }
  }

  /// Why `handle` does not name a live future here; nil if it does.
  @inline(__always) func refusal(of handle: Handle) -> tenon_status_t? {
    if _fastPath(handle.lives(in: bits) && !isFree) { return nil }
    return SlotTable.refusal(handle, word: isFree ? SlotTable.endedLife(of: bits) : bits)
  }

  // MARK: The read end

  /// A handle of the read end must have a reader behind it: the slot may be alive for its promise alone.
  @inline(__always) private func refusalToRead(_ handle: Handle) -> tenon_status_t? {
    if let refusal = refusal(of: handle) { return refusal }
    return readers == 0 ? TENON_STATUS_STALE : nil
  }

  @inline(__always) func reading(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    return has(FutureWord.locked) ? .wait : .become(self)
  }

  @inline(__always) func retaining(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if readers == FutureWord.readersMask { return .refuse(TENON_STATUS_NO_RESOURCES) }
    return .become(FutureWord(bits + FutureWord.reader))
  }

  /// One reader less. The last one of a pending future that is not detached requests a cancel, under the
  /// lock and still counted: see `releasedLast`.
  @inline(__always) func releasing(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if readers > FutureWord.reader { return .become(FutureWord(bits - FutureWord.reader)) }
    if !isPending { return .become(freed) }
    if has(FutureWord.detached | FutureWord.cancelRequested) {
      return .become(FutureWord(bits - FutureWord.reader))
    }
    return .become(with(FutureWord.locked | FutureWord.cancelRequested))
  }

  /// After `releasing` has requested a cancel: the lock and the last reader go.
  @inline(__always) var releasedLast: FutureWord {
    FutureWord(bits - FutureWord.reader).without(FutureWord.locked)
  }

  @inline(__always) func taking(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if phase != .fulfilled { return .refuse(status) }
    if has(FutureWord.taken) { return .refuse(TENON_STATUS_TAKEN) }
    return .become(with(FutureWord.locked | FutureWord.taken))
  }

  /// The lock on a value that is there, so that nobody takes it meanwhile.
  @inline(__always) func lockingValue(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if phase != .fulfilled { return .refuse(status) }
    if has(FutureWord.taken) { return .refuse(TENON_STATUS_TAKEN) }
    return .become(with(FutureWord.locked))
  }

  /// A cancel is requested, under the lock, unless it is too late or requested already.
  @inline(__always) func cancelling(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    return requestingCancel
  }

  @inline(__always) var requestingCancel: Step {
    if has(FutureWord.locked) { return .wait }
    if !isPending { return .refuse(TENON_STATUS_SETTLED) }
    if has(FutureWord.cancelRequested) { return .refuse(TENON_STATUS_OK) }
    return .become(with(FutureWord.locked | FutureWord.cancelRequested))
  }

  @inline(__always) func detaching(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    return has(FutureWord.locked) ? .wait : .become(with(FutureWord.detached))
  }

  // MARK: The write end

  /// Wins the right to settle, by the lock.
  @inline(__always) func settling(_ handle: Handle) -> Step {
    if let refusal = refusal(of: handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if !has(FutureWord.open) { return .refuse(TENON_STATUS_ALREADY_SETTLED) }
    return .become(with(FutureWord.locked))
  }

  /// Settled: the lock and the promise go. Without a reader the slot is free at once.
  @inline(__always) func settled(_ phase: Phase) -> FutureWord {
    // Who produced it, and for whom, is no matter any more; and the fast paths compare the whole word.
    let next = without(
      FutureWord.locked | FutureWord.open | FutureWord.call | FutureWord.detached
        | FutureWord.follows | FutureWord.needs | FutureWord.descriptor)
    return next.readers == 0 ? next.freed : next.with(phase.rawValue)
  }

  /// The lock, for the write end.
  @inline(__always) func lockingPromise(_ handle: Handle) -> Step {
    if let refusal = refusal(of: handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if !isPending { return .refuse(TENON_STATUS_SETTLED) }
    return .become(with(FutureWord.locked))
  }

  // MARK: Callbacks

  /// The lock, and one reader more: for a callback that is about to be linked, or to be told at once.
  @inline(__always) func registering(_ handle: Handle) -> Step {
    if let refusal = refusalToRead(handle) { return .refuse(refusal) }
    if has(FutureWord.locked) { return .wait }
    if readers == FutureWord.readersMask { return .refuse(TENON_STATUS_NO_RESOURCES) }
    return .become(FutureWord(bits + FutureWord.reader).with(FutureWord.locked))
  }

  /// The lock while it is pending, whichever end the callback is on: for one that is about to be unlinked.
  @inline(__always) func unlinking(_ handle: Handle) -> Step { lockingPromise(handle) }

  @inline(__always) var unlocked: FutureWord { without(FutureWord.locked) }
  /// Of a value that was looked at under the lock first.
  @inline(__always) var unlockedAndTaken: FutureWord { unlocked.with(FutureWord.taken) }

  // MARK: The end

  /// The next life, in no one's hands.
  @inline(__always) private var freed: FutureWord { FutureWord(FutureWord.freed(bits)) }

  /// The word of a slot that was let go of in this life.
  @inline(__always) static func freed(_ bits: UInt) -> UInt {
    SlotTable.endedLife(of: bits) | phaseMask
  }
}
