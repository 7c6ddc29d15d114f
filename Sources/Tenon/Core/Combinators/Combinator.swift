import CTenon
import Glibc
import Synchronization

/// Many futures that become one: a block of memory with an entry for each input, and one registration on each.
///
/// The life of one: **set up**, by the thread that makes it; **decided**, by the one input, timer or cancel that wins
/// `decision`, and settles the result. Whoever comes second of the two cleans up: it cancels what is not needed any
/// more, and gives up the registrations. The block is freed by whoever gives up its last reference: the setup has one, and so
/// has each callback that has still to be told.
///
/// All that changes after the setup is atomic; entries are written before they are armed, and read after.
struct Combinator: ~Copyable {
  enum Kind { case all, allSettled, any, race, timeout }

  /// What the result waits for.
  enum Decision: UInt8, AtomicRepresentable {
    case open
    /// A cancel was requested: it is cancelled when the last input has ended.
    case cancelling
    case decided
  }

  struct Entry {
    let future: Handle
    let owner: UnsafeMutablePointer<Combinator>
    /// Of the callback; 0: there is none.
    var registration: UInt = 0
  }

  static let setUp: UInt8 = 1
  static let done: UInt8 = 2

  let kind: Kind
  /// Inputs are left alone, whatever happens.
  let keeps: Bool
  let count: Int
  /// The result's write end.
  let promise: Handle
  let decision = Atomic<Decision>(.open)
  let stage = Atomic<UInt8>(0)
  /// Inputs that have not ended.
  let pending: Atomic<Int>
  let references: Atomic<Int>
  /// Of a timeout: the timer's handle.
  let timer = Atomic<UInt>(0)
  /// Why inputs are cancelled when it is decided: an error's handle, or 0.
  let error = Atomic<UInt>(0)
  /// Of `any`: what the first input failed with.
  let firstError = Atomic<UInt>(0)
}

extension UnsafeMutablePointer where Pointee == Combinator {
  /// A block with its entries, not registered yet; nil: no memory.
  static func make(
    _ kind: Combinator.Kind, keeps: Bool, promise: Handle, _ count: Int, _ input: (Int) -> Handle
  ) -> Self? {
    let (size, overflow) = count.multipliedReportingOverflow(
      by: MemoryLayout<Combinator.Entry>.stride)
    guard !overflow, size <= Int.max - MemoryLayout<Combinator>.stride,
      let memory = Memory.take(MemoryLayout<Combinator>.stride + size)
    else { return nil }
    let block = memory.bindMemory(to: Combinator.self, capacity: 1)
    // References: the setup, each input, the cancel callback, and the timer of a timeout.
    block.initialize(
      to: Combinator(
        kind: kind, keeps: keeps, count: count, promise: promise, pending: Atomic(count),
        references: Atomic(count + (kind == .timeout ? 3 : 2))))
    for index in 0..<count {
      (block.entries + index).initialize(
        to: Combinator.Entry(future: input(index), owner: block))
    }
    return block
  }

  @inline(__always) var entries: UnsafeMutablePointer<Combinator.Entry> {
    UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: Combinator.Entry.self)
  }

  @inline(__always) func release(_ count: Int = 1) {
    Handover.give(self)
    let left = pointee.references.subtract(count, ordering: .acquiringAndReleasing).newValue
    if left == 0 {
      Handover.take(self)
      free()
    }
  }

  private func free() {
    releaseError(pointee.error.load(ordering: .relaxed))
    releaseError(pointee.firstError.load(ordering: .relaxed))
    Glibc.free(self)
  }

  @inline(__always) private func releaseError(_ bits: UInt) {
    if bits != 0 { _ = ErrorSlot.release(Handle(bits: bits)) }
  }

  /// Wins the right to settle the result.
  @inline(__always) func decide() -> Bool {
    pointee.decision.compareExchange(
      expected: .open, desired: .decided, ordering: .sequentiallyConsistent
    ).exchanged
  }

  /// One of the two, set up and done, has come; the second cleans up.
  @inline(__always) func reach(_ stage: UInt8) {
    let before = pointee.stage.bitwiseOr(stage, ordering: .acquiringAndReleasing).oldValue
    if before | stage == Combinator.setUp | Combinator.done { cleanUp() }
  }

  /// What is left is not needed any more: cancelled, unless it is to be kept, and not listened to.
  private func cleanUp() {
    let timer = pointee.timer.load(ordering: .relaxed)
    if timer != 0 { _ = cancelTimer(Handle(bits: timer)) }
    if pointee.pending.load(ordering: .acquiring) == 0 { return }
    if !pointee.keeps { cancelInputs(because: reasonToGiveUp()) }
    var removed = 0
    for index in 0..<pointee.count {
      let registration = entries[index].registration
      // Whoever is being told at this moment gives up its reference itself.
      if registration != 0,
        removeRegistration(Handle(bits: registration), telling: nil, waits: false)
          == TENON_STATUS_OK
      {
        removed += 1
      }
    }
    if removed > 0 { release(removed) }
  }

  /// Lends the reason; it is kept with the block.
  private func reasonToGiveUp() -> Handle? {
    let error = pointee.error.load(ordering: .acquiring)
    if error != 0 { return Handle(bits: error) }
    guard
      let reason = ErrorSlot.create(
        TENON_STATUS_CANCELLED, text("another future was first, and this one is not needed"))
    else { return nil }
    keepError(reason)
    return reason
  }

  /// Takes over a reference.
  @inline(__always) func keepError(_ error: Handle) {
    pointee.error.store(error.bits, ordering: .releasing)
  }

  /// Those that have ended answer so.
  func cancelInputs(because reason: Handle?) {
    for index in 0..<pointee.count { _ = cancelFuture(entries[index].future, because: reason) }
  }
}
