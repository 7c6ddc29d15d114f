/// The promises and callbacks that are bound to one executor: what its close has to look at.
///
/// Who binds one adds it; who settles, tells or removes one does nothing here. So some of them have ended. When there are
/// more than a few, each that comes has two of the oldest looked at, which go if they have ended and to the end of the
/// queue otherwise: so there are never many more than twice as many as are pending, and nobody ever looks at all of them
/// at once.
struct BoundHandles: ~Copyable {
  private var handles = Queue<Handle>()
  /// How many a sweep left.
  private var kept = 0

  /// So many may have ended before anybody looks.
  private static let fewMax = 128

  var count: Int { handles.count }

  mutating func add(_ handle: Handle) {
    handles.append(handle)
    if handles.count > BoundHandles.fewMax {
      inspectOldest()
      inspectOldest()
    }
  }

  @inline(__always) private mutating func inspectOldest() {
    if let handle = handles.popFirst(), handle.isBound { handles.append(handle) }
  }

  /// After a burst has ended: lets go of what it has left. Called as often as you like: what it costs, the burst has paid.
  @inline(__always) mutating func sweep(pending: Int) {
    if _slowPath(count > max(2 * BoundHandles.fewMax, 4 * pending, 2 * kept)) { sweepAll() }
  }

  @inline(never) private mutating func sweepAll() {
    for _ in 0..<count { inspectOldest() }
    kept = count
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
    kept = 0
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
    // A callback that is free is about to be armed: an ended life is another one.
    return isCallback
      ? word & RegistrationSlot.stateMask <= RegistrationSlot.State.armed.rawValue
      : FutureWord(word).isPending
  }
}
