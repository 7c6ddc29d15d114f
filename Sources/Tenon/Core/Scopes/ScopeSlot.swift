import CTenon
import Synchronization

/// A slot for a scope. Its memory stays what it is, and so does that of its content: whoever comes late finds
/// another life under the mutex, and does nothing.
///
///     bit 0..31 of the word   references held by handles
///     bit 32                  the scope has not ended
struct ScopeSlot: ~Copyable {
  static let referencesMask: UInt = 0xffff_ffff
  static let running: UInt = 1 << 32

  var head: SlotHead  // 16 bytes
  let mutex: Mutex
  /// How many scopes in this slot were released while they were open, for the statistics.
  let abandoned: Atomic<UInt32>
  /// The address of a ``ScopeContent``, made with the slot's first life.
  let content: Atomic<UInt>

  @inline(__always) static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<ScopeSlot>
  { slot.assumingMemoryBound(to: ScopeSlot.self) }
}

/// What a scope knows. Under its slot's mutex.
///
/// The scope's own end is a future, made with the scope: it is what ``closeScope(_:)`` gives, what the parent has added, and
/// what carries a cancel and its reason. So a scope is cancelled exactly if a cancel of its end is requested.
struct ScopeContent: ~Copyable {
  enum Phase { case open, closing, ended }

  let slot: UnsafeMutablePointer<ScopeSlot>
  /// The life of the slot that this belongs to, or 0.
  var life: UInt = 0
  var phase = Phase.ended
  /// There are handles of it.
  var isHeld = false
  /// Members have been, or are being, asked to end; so is whoever comes.
  var isCancelled = false
  var collects = false
  var memberCount = 0
  var waiting = MemberList()
  /// Members that were asked to end.
  var asked = MemberList()
  var promise = Handle(bits: 0)
  /// The scope's handles are a reader of it.
  var future = Handle(bits: 0)
  var timer: Handle?
  var deadline = UInt64.max
  var executor = ExecutorName.none
  var label: String?
  /// What failed first; our reference.
  var failure: Handle?
  var failureCount = 0

  init(slot: UnsafeMutablePointer<ScopeSlot>) { self.slot = slot }
}

/// A future whose work belongs to a scope: a node of its list, and the context of the callback that tells its end.
struct Member {
  let scope: Handle
  let future: Handle
  var isAsked = false
  var next: UnsafeMutablePointer<Member>?
  var previous: UnsafeMutablePointer<Member>?
}

/// Members in order, doubly linked.
struct MemberList {
  var first: UnsafeMutablePointer<Member>?
  var last: UnsafeMutablePointer<Member>?

  mutating func append(_ member: UnsafeMutablePointer<Member>) {
    member.pointee.next = nil
    member.pointee.previous = last
    if let last { last.pointee.next = member } else { first = member }
    last = member
  }

  mutating func remove(_ member: UnsafeMutablePointer<Member>) {
    let (next, previous) = (member.pointee.next, member.pointee.previous)
    if let previous { previous.pointee.next = next } else { first = next }
    if let next { next.pointee.previous = previous } else { last = previous }
  }
}

enum ScopeTable {
  /// A new slot with its content; nil: there is none left.
  static func take() -> (handle: Handle, slot: UnsafeMutablePointer<ScopeSlot>)? {
    guard !Memory.isShort, let (index, memory) = scopeTable.take() else { return nil }
    let slot = ScopeSlot.at(memory)
    if slot.pointee.content.load(ordering: .relaxed) == 0 {
      let content = UnsafeMutablePointer<ScopeContent>.allocate(capacity: 1)
      content.initialize(to: ScopeContent(slot: slot))
      slot.pointee.content.store(UInt(bitPattern: content), ordering: .releasing)
    }
    let life = slot.pointee.head.word.load(ordering: .relaxed) & Handle.lifeMask
    return (Handle(.scope, index: index, word: life), slot)
  }

  /// The slot of a handle, which may be of another life by now.
  static func find(_ scope: Handle) -> UnsafeMutablePointer<ScopeSlot>? {
    scopeTable.find(scope, .scope).map { ScopeSlot.at($0) }
  }

  /// Calls `body` with the content of a scope, under its mutex; nil: it is gone, or there is none.
  @inline(__always) static func locked<Result>(
    _ scope: Handle, _ body: (UnsafeMutablePointer<ScopeContent>) -> Result?
  ) -> Result? {
    guard let slot = find(scope),
      let content = UnsafeMutablePointer<ScopeContent>(
        bitPattern: slot.pointee.content.load(ordering: .acquiring))
    else { return nil }
    slot.pointee.mutex.lock()
    defer { slot.pointee.mutex.unlock() }
    guard content.pointee.life == scope.bits & Handle.lifeMask else { return nil }
    return body(content)
  }

  /// Whether there is a scope behind a handle, or why not.
  static func check(_ scope: Handle) -> tenon_status_t {
    guard let slot = find(scope) else { return SlotTable.refusal(scope) }
    let word = slot.pointee.head.word.load(ordering: .acquiring)
    return refusal(scope, word) ?? TENON_STATUS_OK
  }

  private static func refusal(_ scope: Handle, _ word: UInt) -> tenon_status_t? {
    if scope.lives(in: word) && word & ScopeSlot.referencesMask != 0 { return nil }
    return SlotTable.refusal(
      scope, word: scope.lives(in: word) ? SlotTable.endedLife(of: word) : word)
  }

  static func retain(_ scope: Handle) -> tenon_status_t {
    guard let slot = find(scope) else { return SlotTable.refusal(scope) }
    var word = slot.pointee.head.word.load(ordering: .acquiring)
    while true {
      if let refusal = refusal(scope, word) { return refusal }
      guard word & ScopeSlot.referencesMask != ScopeSlot.referencesMask else {
        return TENON_STATUS_NO_RESOURCES
      }
      let (exchanged, original) = slot.pointee.head.word.weakCompareExchange(
        expected: word, desired: word + 1, ordering: .acquiring)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }

  /// Gives a reference back, and says whether it was the last one.
  static func release(_ scope: Handle, _ wasLast: inout Bool) -> tenon_status_t {
    guard let slot = find(scope) else { return SlotTable.refusal(scope) }
    var word = slot.pointee.head.word.load(ordering: .acquiring)
    while true {
      if let refusal = refusal(scope, word) { return refusal }
      Handover.pass(slot)
      let (exchanged, original) = slot.pointee.head.word.weakCompareExchange(
        expected: word, desired: word - 1, ordering: .acquiringAndReleasing)
      if exchanged {
        wasLast = word & ScopeSlot.referencesMask == 1
        return TENON_STATUS_OK
      }
      word = original
    }
  }

  /// Gives the slot back: nobody holds the scope any more, and it has ended.
  static func free(_ scope: Handle) {
    let slot = ScopeSlot.at(scopeTable.address(of: scope.index))
    let word = slot.pointee.head.word.load(ordering: .relaxed)
    slot.pointee.head.word.store(SlotTable.endedLife(of: word), ordering: .releasing)
    scopeTable.give(scope.index, UnsafeMutableRawPointer(slot))
  }

  /// How many have not ended, and how many were released while they were open.
  static var counts: (live: UInt64, abandoned: UInt64) {
    var counts: (live: UInt64, abandoned: UInt64) = (0, 0)
    for index in 0..<scopeTable.slotsUsed {
      let slot = ScopeSlot.at(scopeTable.address(of: UInt32(index)))
      if slot.pointee.head.word.load(ordering: .relaxed) & ScopeSlot.running != 0 {
        counts.live += 1
      }
      counts.abandoned += UInt64(slot.pointee.abandoned.load(ordering: .relaxed))
    }
    return counts
  }
}
