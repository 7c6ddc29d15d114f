import CLinux
import CTenon
import Synchronization

/// Between two polls the loop's own thread adds without the mutex, from the second addition on: it is the resident, and owns
/// `own` as a poll does.
///
/// It says when it is in there by two plain stores. Who wants that place instead, to poll on another thread or to close, evicts
/// it under the mutex, and has each thread pass a barrier (`membarrier`), which so costs nobody else anything: see
/// docs/decisions/0030-the-loops-thread-adds-without-a-lock.md.
struct Residence: ~Copyable {
  /// The resident, or 0: nobody enters before he has asked under the mutex, where this is written. Not 0 only while the loop has
  /// been asked to poll and told to stay alive, and nobody else has added anything.
  fileprivate let door = Atomic<UInt>(0)
  /// Written by the resident only.
  fileprivate let isIn = Atomic<Bool>(false)

  /// Under the mutex.
  struct Terms {
    /// Who may be in there, or 0. Not 0 only while the executor is open and nobody polls.
    fileprivate var resident: UInt = 0
    /// What the home thread has added since the last poll.
    fileprivate var additions = 0
    /// How many it takes. A loop that other threads poll, too, is worth it for many only.
    fileprivate var additionsMin = 2

    fileprivate static let additionsMax = 1024
  }

  /// Whether the system has such a barrier.
  fileprivate static let isPossible = tenon__has_barrier()
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Begins to use `own`, if this thread polls, or is the resident: then ``leave()`` ends it, and nothing before waits or calls
  /// out.
  @inline(__always) func enter() -> Bool {
    let thread = currentThread
    if pointee.poller.load(ordering: .relaxed) == thread { return true }
    guard pointee.residence.door.load(ordering: .relaxed) == thread else { return false }
    // Of a thread that has ended, and was named alike.
    _ = pointee.residence.isIn.load(ordering: .acquiring)
    pointee.residence.isIn.store(true, ordering: .relaxed)
    tenon__keep_order()
    if _fastPath(pointee.residence.door.load(ordering: .relaxed) == thread) { return true }
    leave()
    return false
  }

  /// Ends that, which is nothing for the thread that polls.
  @inline(__always) func leave() {
    withUnsafePointer(to: pointee.residence.isIn) { Handover.give($0) }
    pointee.residence.isIn.store(false, ordering: .releasing)
  }

  /// Under the mutex, by who has added something.
  @inline(__always) func noteAddition() {
    if pointee.home.load(ordering: .relaxed) == currentThread {
      shared.pointee.terms.additions += 1
      if shared.pointee.terms.additions >= shared.pointee.terms.additionsMin { settleDown() }
    } else if pointee.residence.door.load(ordering: .relaxed) != 0 {
      // What the resident adds when it knows of this comes after it.
      pointee.residence.door.store(0, ordering: .relaxed)
    }
  }

  @inline(never) private func settleDown() {
    guard pointee.phase.load(ordering: .relaxed) == .open, Residence.isPossible else { return }
    // What has been added so far comes before what this thread will add.
    moveArrivals()
    shared.pointee.terms.resident = currentThread
    pointee.residence.door.store(currentThread, ordering: .relaxed)
  }

  /// Under the mutex, where nobody else polls: from here on nobody but the caller uses `own`.
  @inline(__always) func evict() {
    shared.pointee.terms.additions = 0
    if shared.pointee.terms.resident != 0 { evictResident() }
  }

  @inline(never) private func evictResident() {
    let resident = shared.pointee.terms.resident
    shared.pointee.terms.resident = 0
    pointee.residence.door.store(0, ordering: .relaxed)
    if resident == currentThread { return }
    shared.pointee.terms.additionsMin = min(
      shared.pointee.terms.additionsMin * 2, Residence.Terms.additionsMax)
    // From here on it finds the door closed, or is seen to be in there.
    tenon__barrier_everywhere()
    var backoff = Backoff()
    while pointee.residence.isIn.load(ordering: .acquiring) && backoff.pause() {}
    withUnsafePointer(to: pointee.residence.isIn) { Handover.take($0) }
  }

  /// Begins a life, in which there is no resident yet.
  func resetResidence() { shared.pointee.terms = Residence.Terms() }
}
