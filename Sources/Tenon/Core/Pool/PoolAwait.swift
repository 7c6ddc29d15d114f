import Synchronization

/// A job of one pool that waits, for as long as it takes, until another pool has ended or has nothing to do. Until it returns its own
/// pool has something to do: so where such waits would go round in a circle, the last one is none.
struct PoolAwait {
  private static let mutex = Mutex()
  // SAFETY: under the mutex; each is on the stack of a thread that waits.
  nonisolated(unsafe) private static var newest: UnsafeMutablePointer<PoolAwait>?
  nonisolated(unsafe) private static var looks: UInt64 = 0

  private let waiting: UnsafeMutablePointer<PoolState>
  private let awaited: UnsafeMutablePointer<PoolState>
  private var next: UnsafeMutablePointer<PoolAwait>?

  fileprivate init(
    _ waiting: UnsafeMutablePointer<PoolState>, _ awaited: UnsafeMutablePointer<PoolState>
  ) {
    (self.waiting, self.awaited) = (waiting, awaited)
  }

  /// Adds it to those that wait; false: that would close a circle.
  fileprivate static func begin(_ one: UnsafeMutablePointer<PoolAwait>) -> Bool {
    mutex.withLock {
      if leads(from: one.pointee.awaited, to: one.pointee.waiting) { return false }
      one.pointee.next = newest
      newest = one
      return true
    }
  }

  fileprivate static func end(_ one: UnsafeMutablePointer<PoolAwait>) {
    // A job that this thread has run meanwhile has forked, and nobody may be left who would open the mutex.
    if Fork.isChild { return }
    mutex.withLock {
      guard newest != one else {
        newest = one.pointee.next
        return
      }
      var before = newest
      while let other = before, other.pointee.next != one { before = other.pointee.next }
      before?.pointee.next = one.pointee.next
    }
  }

  private static func leads(
    from first: UnsafeMutablePointer<PoolState>, to last: UnsafeMutablePointer<PoolState>
  ) -> Bool {
    looks += 1
    first.pointee.reachedBy.store(looks, ordering: .relaxed)
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      var each = newest
      while let one = each?.pointee {
        each = one.next
        guard one.waiting.pointee.reachedBy.load(ordering: .relaxed) == looks,
          one.awaited.pointee.reachedBy.exchange(looks, ordering: .relaxed) != looks
        else { continue }
        if one.awaited == last { return true }
        hasChanged = true
      }
    }
    return false
  }
}

extension UnsafeMutablePointer where Pointee == PoolState {
  /// Calls `body`, in which this thread waits for all that this pool has to do; nil: without a deadline it would for ever.
  func awaited<Result>(until deadline: UInt64, _ body: () -> Result) -> Result? {
    guard deadline == .max, let waiting = Worker.current?.pointee.pool else { return body() }
    var wait = PoolAwait(waiting, self)
    return withUnsafeMutablePointer(to: &wait) { wait in
      guard PoolAwait.begin(wait) else { return nil }
      defer { PoolAwait.end(wait) }
      return body()
    }
  }
}
