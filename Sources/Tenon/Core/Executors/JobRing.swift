import Synchronization

/// The jobs of one thread of a pool, in order: its owner adds at the end, and owner and thieves take from the beginning.
///
/// A thief takes half at once (as Go's scheduler does), so that work spreads in a few steps. Whoever takes reads first and
/// then claims what it has read by moving `head`: if another one was faster it throws away what it read, which is why the
/// slots are atomic.
struct JobRing: @unchecked Sendable {
  // SAFETY: all that is behind the pointer is atomic.
  private let memory: UnsafeMutableRawPointer

  static let capacity: UInt = 256
  /// Two cache lines, because processors fetch them in pairs.
  private static let separation = 128

  init() {
    let size = 2 * JobRing.separation + Int(JobRing.capacity) * MemoryLayout<Slot>.stride
    memory = .allocate(byteCount: size, alignment: JobRing.separation)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  }

  private struct Slot: ~Copyable {
    let function: Atomic<UInt>
    let context: Atomic<UInt>
  }

  /// How many were ever taken.
  @inline(__always) private var head: UnsafeMutablePointer<Atomic<UInt>> {
    memory.assumingMemoryBound(to: Atomic<UInt>.self)
  }

  /// How many were ever added.
  @inline(__always) private var tail: UnsafeMutablePointer<Atomic<UInt>> {
    (memory + JobRing.separation).assumingMemoryBound(to: Atomic<UInt>.self)
  }

  @inline(__always) private func slot(_ position: UInt) -> UnsafeMutablePointer<Slot> {
    (memory + 2 * JobRing.separation).assumingMemoryBound(to: Slot.self)
      + Int(bitPattern: position & (JobRing.capacity &- 1))
  }

  @inline(__always) private func read(_ position: UInt) -> (UInt, UInt) {
    let slot = slot(position)
    return (
      slot.pointee.function.load(ordering: .relaxed), slot.pointee.context.load(ordering: .relaxed)
    )
  }

  @inline(__always) private func write(_ position: UInt, _ bits: (UInt, UInt)) {
    let slot = slot(position)
    slot.pointee.function.store(bits.0, ordering: .relaxed)
    slot.pointee.context.store(bits.1, ordering: .relaxed)
  }

  /// Any thread; exact for the owner when no thief is at work.
  @inline(__always) var count: Int {
    let taken = head.pointee.load(ordering: .relaxed)
    return max(0, Int(bitPattern: tail.pointee.load(ordering: .relaxed) &- taken))
  }

  /// The owner: adds a job; false: there is no room.
  @inline(__always) func push(_ job: Job) -> Bool {
    let end = tail.pointee.load(ordering: .relaxed)
    guard end &- head.pointee.load(ordering: .acquiring) < JobRing.capacity else { return false }
    write(end, job.bits)
    Handover.give(memory)
    tail.pointee.store(end &+ 1, ordering: .releasing)
    return true
  }

  /// Any thread: takes the job that has waited longest.
  @inline(__always) func pop() -> Job? {
    var first = head.pointee.load(ordering: .acquiring)
    while true {
      guard first != tail.pointee.load(ordering: .acquiring) else { return nil }
      let bits = read(first)
      let (isMine, actual) = head.pointee.weakCompareExchange(
        expected: first, desired: first &+ 1, successOrdering: .acquiringAndReleasing,
        failureOrdering: .acquiring)
      if isMine {
        Handover.take(memory)
        return Job(bits: bits)
      }
      first = actual
    }
  }

  /// The owner of `other`, whose ring is empty: takes half of the jobs, the first as the result and the rest into that ring.
  func steal(into other: JobRing) -> Job? {
    var first = head.pointee.load(ordering: .acquiring)
    while true {
      let available = tail.pointee.load(ordering: .acquiring) &- first
      if available == 0 { return nil }
      // What was read of the two does not belong together: others have taken meanwhile.
      if available > JobRing.capacity {
        first = head.pointee.load(ordering: .acquiring)
        continue
      }
      let taken = available &- available / 2
      let bits = read(first)
      let end = other.tail.pointee.load(ordering: .relaxed)
      for offset in 1..<max(taken, 1) { other.write(end &+ offset &- 1, read(first &+ offset)) }
      let (isMine, actual) = head.pointee.compareExchange(
        expected: first, desired: first &+ taken, successOrdering: .acquiringAndReleasing,
        failureOrdering: .acquiring)
      if isMine {
        Handover.take(memory)
        Handover.give(other.memory)
        if taken > 1 { other.tail.pointee.store(end &+ taken &- 1, ordering: .releasing) }
        return Job(bits: bits)
      }
      first = actual
    }
  }
}

extension Job {
  @inline(__always) fileprivate var bits: (UInt, UInt) {
    unsafeBitCast(self, to: (UInt, UInt).self)
  }

  @inline(__always) fileprivate init(bits: (UInt, UInt)) {
    self = unsafeBitCast(bits, to: Job.self)
  }
}
