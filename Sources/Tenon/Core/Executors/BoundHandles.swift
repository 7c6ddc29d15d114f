/// The promises and callbacks that are bound to one executor: what its close has to look at.
///
/// Who binds one adds it; who settles, tells or removes one does nothing here. So some of them have ended. When there are
/// twice as many as were left last time, each that comes has some of the oldest looked at, which go if they have ended and
/// to the end of the queue otherwise, until all have been: so there are never many more than twice as many as are pending, and
/// nobody ever looks at all of them at once.
struct BoundHandles: ~Copyable {
  private var handles = Queue<Handle>()
  /// How many are still to be looked at, and how many of those before them have stayed.
  private var unseen = 0
  private var kept = 0
  /// How many there are when that begins anew.
  private var limit = BoundHandles.fewMax
  /// How many the last sweep has left.
  private var swept = 0

  /// So many may have ended before anybody looks.
  private static let fewMax = 128

  var count: Int { handles.count }

  /// Makes room for one more; false: there is no memory for that.
  @inline(__always) mutating func makeRoom() -> Bool { handles.makeRoom() }

  @inline(__always) mutating func add(_ handle: Handle) {
    handles.append(handle)
    if _slowPath(handles.count > limit) { inspectSome() }
  }

  @inline(never) private mutating func inspectSome() {
    if unseen == 0 { (unseen, kept) = (handles.count, 0) }
    for _ in 0..<min(unseen, 8) { inspectOldest() }
    // Until then each that comes is one too many. Of those that came meanwhile nobody knows whether they stay.
    if unseen == 0 { limit = 2 * kept + BoundHandles.fewMax }
  }

  @inline(__always) private mutating func inspectOldest() {
    unseen -= 1
    if let handle = handles.popFirst(), handle.isBound {
      handles.append(handle)
      kept += 1
    }
  }

  /// After a burst has ended: lets go of what it has left. Called as often as you like: what it costs, the burst has paid.
  mutating func sweep(pending: Int) {
    if count > max(2 * swept, 4 * pending) + 2 * BoundHandles.fewMax { sweepAll() }
  }

  /// Whether that may be worth it.
  @inline(__always) var areMany: Bool { count > 2 * BoundHandles.fewMax }

  @inline(never) private mutating func sweepAll() {
    unseen = count
    while unseen != 0 { inspectOldest() }
    swept = count
    limit = 2 * count + BoundHandles.fewMax
  }

  /// Some of them in order, from `offset` on. Those that follow are found at the same offsets, as long as none is added
  /// but by ``append(_:)``.
  func some(from offset: Int) -> [Handle] {
    (offset..<max(offset, min(offset + 64, count))).map { handles[$0] }
  }

  /// Adds one without a look at others: while the executor closes.
  mutating func append(_ handle: Handle) { handles.append(handle) }

  /// Hands out all, and keeps none.
  mutating func takeAll() -> Queue<Handle> {
    var all = Queue<Handle>()
    all.take(allOf: &handles)
    (unseen, kept, limit, swept) = (0, 0, BoundHandles.fewMax, 0)
    return all
  }
}

extension Handle {
  /// Whether it may still have to be told that its executor closes.
  @inline(__always) fileprivate var isBound: Bool {
    let isCallback = kindBits == Kind.registration.rawValue
    let slot = isCallback ? registrationTable.address(of: index) : futureTable.address(of: index)
    let word = SlotTable.head(slot).pointee.word.load(ordering: .relaxed)
    guard lives(in: word) else { return false }
    // A promise is pending in the first stage. A callback that is in it is about to be armed: an ended life is another one.
    let last = isCallback ? RegistrationSlot.State.armed.rawValue : 0
    return word & slotStageMask <= last
  }
}
