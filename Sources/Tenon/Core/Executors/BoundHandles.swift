/// The promises and callbacks that are bound to one executor: what its close has to look at.
///
/// Who binds one adds it; who settles, tells or removes one does nothing here. So some of them have ended. Each that
/// comes has two of the oldest looked at, which go if they have ended and to the end of the queue otherwise: so
/// there are never many more than twice as many as are pending, and nobody ever looks at all of them at once.
struct BoundHandles: ~Copyable {
  private var handles = Queue<Handle>()
  /// How many a sweep left.
  private var kept = 0

  /// How many that may have ended are kept for whatever comes.
  private static let restMax = 256

  var count: Int { handles.count }

  mutating func add(_ handle: Handle) {
    handles.append(handle)
    inspectOldest()
    inspectOldest()
  }

  @inline(__always) private mutating func inspectOldest() {
    if let handle = handles.popFirst(), handle.isBound { handles.append(handle) }
  }

  /// After a burst has ended: lets go of what it has left. Called as often as you like: what it costs, the burst has paid.
  @inline(__always) mutating func sweep(pending: Int) {
    if _slowPath(count > max(BoundHandles.restMax, 4 * pending, 2 * kept)) { sweepAll() }
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
  fileprivate var isBound: Bool {
    if self.is(.registration) {
      let word = RegistrationSlot.at(index).pointee.head.word.load(ordering: .relaxed)
      // Free is one that is about to be armed: an ended life is another one.
      return lives(in: word)
        && word & RegistrationSlot.stateMask <= RegistrationSlot.State.armed.rawValue
    }
    let word = SlotTable.head(futureTable.address(of: index)).pointee.word.load(ordering: .relaxed)
    return lives(in: word) && FutureWord(word).isPending
  }
}
