import CTenonRoot
internal import CTrace
import Synchronization

/// Looks, now and then, at what goes on in this process, and knows what has gone on for too long. One thread's.
struct Lookout {
  struct Limits {
    /// In nanoseconds; 0: not looked at.
    var job: UInt64 = 0
    var call: UInt64 = 0
    var wait: UInt64 = 0

    var shortest: UInt64? { [job, call, wait].filter { $0 != 0 }.min() }
  }

  struct Finding {
    let kind: Watch.Kind
    let id: UInt
    /// The system's number of the thread that is in it, if it is one's.
    let thread: Int32?
    let duration: UInt64
  }

  private let limits: Limits
  /// Where the copies of Tenon say what they keep, each with what has been seen there.
  private var copies: [(root: UInt, seen: Seen)] = []
  private var looks = 0

  /// What threads are in, by executors' states and pools' places.
  private var started: [UInt: (job: Job, since: UInt64, isTold: Bool)] = [:]

  private struct Seen {
    var calls = Ages()
    var waits = Ages()
    /// Of threads that sleep, by where they are noted: since when.
    var told: [UInt: UInt64] = [:]
  }

  /// What a thread was in when it was first seen there.
  private struct Job: Equatable {
    let owner: UInt
    let round: UInt
    let count: UInt
    let thread: UInt
  }

  init(_ limits: Limits) { self.limits = limits }

  /// What is found by one look at most: the next one finds the rest.
  private static let findingsMax = 1000

  mutating func look(_ now: UInt64) -> [Finding] {
    // A library may bring another copy.
    if looks % 64 == 0, let found = copiesNow() {
      for copy in found where !copies.contains(where: { $0.root == copy.root }) {
        copies.append((copy.root, Seen()))
      }
    }
    looks += 1
    var findings: [Finding] = []
    for index in copies.indices {
      let root = Root(copies[index].root)
      if limits.job != 0 { lookAtJobs(root, now, &findings) }
      if limits.call != 0 { lookAtCalls(root, &copies[index].seen, now, &findings) }
      if limits.wait != 0 { lookAtWaits(root, &copies[index].seen, now, &findings) }
    }
    return findings
  }

  private func copiesNow() -> [Copy]? {
    try? Target.withOwn { target throws(Failure) in try target.copies() }
  }

  // MARK: Jobs

  private mutating func lookAtJobs(_ root: Root, _ now: UInt64, _ findings: inout [Finding]) {
    let layout = root.executor
    guard layout.counters != 0 else { return }
    root.forEachSlot(.executor, below: root.used(.executor)) { index, slot in
      let state = word(slot &+ 16)
      guard state != 0, half(state &+ 16) != 0 else { return }
      let executor = Handle(.executor, Table.Slot(index: index, address: slot, word: word(slot)))
      let pool = word(state &+ UInt(layout.pool))
      if pool == 0 {
        let polls = UInt(MemoryLayout<tenon__inspect_counters_t>.offset(of: \.polls) ?? 0)
        let job = Job(
          owner: executor.bits, round: word(state &+ UInt(layout.counters) &+ polls),
          count: word(word(state &+ UInt(layout.own)) &+ UInt(layout.own_budget)),
          thread: word(state))
        note(state, job.thread == 0 ? nil : job, now, &findings)
      } else {
        lookAtWorkers(pool, root.pool, executor.bits, now, &findings)
      }
    }
  }

  private mutating func lookAtWorkers(
    _ pool: UInt, _ layout: tenon__inspect_pool_t, _ executor: UInt, _ now: UInt64,
    _ findings: inout [Finding]
  ) {
    guard layout.worker_jobs != 0 else { return }
    for place in 0..<min(word(pool &+ UInt(layout.places)), 1024) {
      let worker = word(word(pool &+ UInt(layout.workers)) &+ place &* 8)
      let shared = word(worker &+ UInt(layout.worker_shared))
      let isInJob = byte(worker &+ UInt(layout.worker_is_in_job)) != 0
      let job = Job(
        owner: executor, round: 0, count: word(worker &+ UInt(layout.worker_jobs)),
        thread: word(shared &+ UInt(layout.worker_thread)))
      note(worker, isInJob ? job : nil, now, &findings)
    }
  }

  /// What somebody is in now; nil: in nothing.
  private mutating func note(
    _ place: UInt, _ job: Job?, _ now: UInt64, _ findings: inout [Finding]
  ) {
    guard let job else {
      started[place] = nil
      return
    }
    guard var known = started[place], known.job == job else {
      started[place] = (job, now, false)
      return
    }
    if known.isTold || now - known.since < limits.job { return }
    known.isTold = true
    started[place] = known
    findings.append(
      Finding(
        kind: .job, id: job.owner, thread: Lookout.number(of: job.thread),
        duration: now - known.since))
  }

  /// A thread may have gone, and its memory with it.
  private static func number(of thread: UInt) -> Int32? {
    #if arch(x86_64)
      var number: Int32 = 0
      return tenon__read_own(thread &+ 720, &number, 4) == 4 ? number : nil
    #else
      return nil
    #endif
  }

  // MARK: Calls and waits

  private func lookAtCalls(
    _ root: Root, _ seen: inout Seen, _ now: UInt64, _ findings: inout [Finding]
  ) {
    let count = root.used(.future)
    guard seen.calls.makeRoom(for: count) else { return }
    root.forEachSlot(.future, below: count) { index, slot in
      let bits = word(slot)
      guard findings.count < Lookout.findingsMax, bits >> 63 == 1, bits & (7 | 1 << 8) == 1 << 8,
        let age = seen.calls.age(of: index, bits, now, limits.call)
      else { return }
      let future = Handle(.future, Table.Slot(index: index, address: slot, word: bits))
      findings.append(Finding(kind: .call, id: future.bits, thread: nil, duration: age))
    }
  }

  private func lookAtWaits(
    _ root: Root, _ seen: inout Seen, _ now: UInt64, _ findings: inout [Finding]
  ) {
    // Its own callback is how a thread that sleeps is woken.
    var asleep: Set<UInt> = []
    root.forEachSleeper { place, thread, future, since in
      asleep.insert(future)
      guard findings.count < Lookout.findingsMax, now > since, now - since >= limits.wait,
        seen.told[place] != since
      else { return }
      seen.told[place] = since
      findings.append(
        Finding(
          kind: .wait, id: future, thread: Lookout.number(of: thread), duration: now - since))
    }
    let count = root.used(.registration)
    guard seen.waits.makeRoom(for: count) else { return }
    root.forEachSlot(.registration, below: count) { index, slot in
      let bits = word(slot)
      // Armed, and no timer.
      guard findings.count < Lookout.findingsMax, bits >> 63 == 1, bits & 7 == 1,
        byte(slot &+ 61) == 0
      else { return }
      let subject = Handle(word(slot &+ 32))
      if byte(slot &+ 62) != 0, asleep.contains(subject.bits) { return }
      guard subject.kind == .future, let age = seen.waits.age(of: index, bits, now, limits.wait)
      else { return }
      findings.append(Finding(kind: .wait, id: subject.bits, thread: nil, duration: age))
    }
  }
}

/// Since when what is in slots has been seen.
private struct Ages {
  private var lives: [UInt32] = []
  private var since: [UInt64] = []

  /// For so many slots. False: there is no memory for them.
  mutating func makeRoom(for count: UInt) -> Bool {
    let count = Int(count)
    if count <= lives.count { return true }
    let more = max(count, lives.count * 2) - lives.count
    // Both are copied, each time that they grow.
    let size = MemoryLayout<UInt32>.size + MemoryLayout<UInt64>.size
    let grown: Void? = Room.with(6 * (lives.count + more) * size + 1 << 16) {
      () throws(Never) in
      lives += Array(repeating: 0, count: more)
      since += Array(repeating: 0, count: more)
    }
    return grown != nil
  }

  /// How old it is, if that is too old and was not said before.
  mutating func age(of index: UInt, _ word: UInt, _ now: UInt64, _ limit: UInt64) -> UInt64? {
    let (index, life) = (Int(index), UInt32(truncatingIfNeeded: word >> 38))
    if lives[index] != life {
      (lives[index], since[index]) = (life, now)
      return nil
    }
    if since[index] == .max || now - since[index] < limit { return nil }
    defer { since[index] = .max }
    return now - since[index]
  }
}

// MARK: This process's memory, as it is now: of tables, executors and sleepers, which stay what they are

private func word(_ address: UInt) -> UInt {
  UnsafePointer<Atomic<UInt>>(bitPattern: address).map { $0.pointee.load(ordering: .acquiring) }
    ?? 0
}

private func half(_ address: UInt) -> UInt32 {
  UnsafePointer<Atomic<UInt32>>(bitPattern: address).map { $0.pointee.load(ordering: .acquiring) }
    ?? 0
}

private func byte(_ address: UInt) -> UInt8 {
  UnsafePointer<Atomic<UInt8>>(bitPattern: address).map { $0.pointee.load(ordering: .acquiring) }
    ?? 0
}

private struct Root {
  private let address: UInt

  init(_ address: UInt) { self.address = address }

  private var root: UnsafePointer<tenon__inspect_root_t> {
    UnsafePointer(bitPattern: address).unsafelyUnwrapped
  }
  var executor: tenon__inspect_executor_t { root.pointee.executor }
  var pool: tenon__inspect_pool_t { root.pointee.pool }

  private func table(_ kind: Table.Kind) -> UInt {
    word(address &+ Table.offset(\tenon__inspect_root_t.tables) &+ UInt(kind.rawValue) &* 8)
  }

  /// How many slots of a kind were ever used.
  func used(_ kind: Table.Kind) -> UInt {
    let table = table(kind)
    return table == 0 ? 0 : word(table &+ Table.offset(\tenon__inspect_table_t.fresh))
  }

  func forEachSlot(
    _ kind: Table.Kind, below count: UInt, _ body: (_ index: UInt, _ slot: UInt) -> Void
  ) {
    if count == 0 { return }
    let base = word(table(kind) &+ Table.offset(\tenon__inspect_table_t.base))
    for index in 0..<count { body(index, base &+ index &* Table.slotSize) }
  }

  func forEachSleeper(
    _ body: (_ place: UInt, _ thread: UInt, _ future: UInt, _ since: UInt64) -> Void
  ) {
    let size = UInt(MemoryLayout<tenon__inspect_sleeper_t>.stride)
    var block = address &+ Table.offset(\tenon__inspect_root_t.sleepers)
    while block != 0 {
      for index in 0..<UInt(TENON__INSPECT_SLEEPERS) {
        let place = block &+ Table.offset(\tenon__inspect_sleepers_t.all) &+ index &* size
        let thread = word(place)
        // Smaller: it is just being written.
        if thread > 4096 {
          body(place, thread, word(place &+ 8), UInt64(word(place &+ 16)))
        }
      }
      block = word(block &+ Table.offset(\tenon__inspect_sleepers_t.next))
    }
  }
}
