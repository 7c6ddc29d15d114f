import CTenon
import Synchronization

/// A callback that waits to be told, exactly once.
///
///     free -> armed ── the event ──> queued ──> running -> free
///               └──── forgotten ────────┘ (told by whoever removed it; freed by whoever meets it)
///
/// The word's owner is whoever moved it: a transition is one compare-and-swap, and the one who wins it tells.
///
///     bit 0...2   state
///     bit 3       somebody waits for the end of the callback
///     bit 4, 5    see `told` and `met`
///     bit 38..63  the slot's life: see Handle
struct RegistrationSlot: ~Copyable {
  enum State: UInt {
    case free = 0
    case armed, queued, running, forgotten
  }

  static let stateMask = slotStageMask
  static let awaited: UInt = 1 << 3
  /// Of a forgotten one that is still in somebody's list: it has been told; its list's owner has met it. Whoever comes
  /// second frees it.
  static let told: UInt = 1 << 4
  static let met: UInt = 1 << 5

  var head: SlotHead  // 16 bytes
  // Atomic, because somebody who removes a registration reads them before he knows whether it is still there.
  /// A tenon_completion_fn, tenon_cancel_fn or tenon_timer_fn.
  let function: Atomic<UInt>
  let context: Atomic<UInt>
  /// The handle of the future or promise that it waits for; of a timer: when it is due.
  let subjectBits: Atomic<UInt>
  /// Index + 1 of the neighbours in the list of the future, or of the wheel.
  var next: UInt32
  var previous: UInt32
  /// The thread that runs the callback.
  let runner: Atomic<UInt>
  /// What happened: a tenon_status_t.
  var event: Int32
  /// Whether it is in a list: of the wheel, or of a promise.
  var isLinked: Bool
  /// Atomic, because an executor that closes looks at every slot.
  let isTimer: Atomic<Bool>
  /// Whether the callback is Tenon's own: see ``Delivery``.
  var isOwn: Bool

  @inline(__always) static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<RegistrationSlot>
  { slot.assumingMemoryBound(to: RegistrationSlot.self) }

  @inline(__always) static func at(_ index: UInt32) -> UnsafeMutablePointer<RegistrationSlot> {
    at(registrationTable.address(of: index))
  }
}

extension RegistrationSlot {
  @inline(__always) var subject: Handle { Handle(bits: subjectBits.load(ordering: .relaxed)) }
  /// When a timer is due.
  @inline(__always) var deadline: UInt64 { UInt64(subjectBits.load(ordering: .relaxed)) }
  @inline(__always) var executor: ExecutorName {
    ExecutorName(bits: head.executor.load(ordering: .relaxed))
  }
}

extension UnsafeMutablePointer where Pointee == RegistrationSlot {
  /// Fills a slot that was just taken. Nobody sees it before it is armed.
  @inline(__always) func fill(
    function: UnsafeRawPointer?, context: UnsafeMutableRawPointer?, subject: UInt,
    executor: ExecutorName, isTimer: Bool, isOwn: Bool = false
  ) -> UInt {
    pointee.head.executor.store(executor.bits, ordering: .relaxed)
    pointee.function.store(UInt(bitPattern: function), ordering: .relaxed)
    pointee.context.store(UInt(bitPattern: context), ordering: .relaxed)
    pointee.subjectBits.store(subject, ordering: .relaxed)
    pointee.runner.store(0, ordering: .relaxed)
    pointee.isLinked = false
    pointee.isTimer.store(isTimer, ordering: .relaxed)
    pointee.isOwn = isOwn
    return pointee.head.word.load(ordering: .relaxed) & Handle.lifeMask
  }

  /// From here on it may be told.
  @inline(__always) func arm(_ life: UInt) {
    Handover.give(self)
    pointee.head.word.store(
      life & Handle.lifeMask | RegistrationSlot.State.armed.rawValue, ordering: .releasing)
  }

  /// Moves from one state to another, and says whether this call did.
  @inline(__always) func move(
    _ handle: Handle, from: RegistrationSlot.State, to: RegistrationSlot.State
  ) -> Bool {
    let life = handle.bits & Handle.lifeMask
    Handover.give(self)
    let (exchanged, _) = pointee.head.word.compareExchange(
      expected: life | from.rawValue, desired: life | to.rawValue,
      ordering: .acquiringAndReleasing)
    Handover.take(self)
    return exchanged
  }

  @inline(__always) func state(_ handle: Handle) -> RegistrationSlot.State? {
    let word = pointee.head.word.load(ordering: .acquiring)
    Handover.take(self)
    guard handle.lives(in: word) else { return nil }
    return RegistrationSlot.State(rawValue: word & RegistrationSlot.stateMask)
  }

  /// Ends this life. Returns whether somebody waits for that.
  @inline(__always) func free(_ index: UInt32) -> Bool {
    let life = pointee.head.word.load(ordering: .relaxed)
    Handover.give(self)
    let old = pointee.head.word.exchange(
      SlotTable.endedLife(of: life), ordering: .acquiringAndReleasing)
    registrationTable.give(index, UnsafeMutableRawPointer(self))
    return old & RegistrationSlot.awaited != 0
  }
}
