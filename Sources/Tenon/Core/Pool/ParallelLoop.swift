import CLinux
import CTenon
import Synchronization

/// A loop whose chunks run on several threads: on its caller's, and on those of a pool that have nothing better to do.
///
/// It lies on its caller's stack, in a list of the pool as long as it wants help. Chunks are claimed in order, by a count: one by
/// one, or some at once where they turn out to be short and many are left, since threads that claim all the time wait for each
/// other. So the caller needs nobody: what no other thread has claimed it runs itself, and in the end it only waits for
/// chunks that run.
///
/// The order makes the first failure a matter of the work, not of time: when a chunk fails, all before it have been claimed,
/// and run to their ends; the failure with the lowest index is the same each time.
struct ParallelLoop: ~Copyable {
  /// Runs what it can claim of the loop at this address, on one thread.
  typealias Worker = @convention(c) (UnsafeMutableRawPointer?) -> Void
  typealias Body = @convention(c) (UnsafeMutableRawPointer?, Int, Int) -> tenon_status_t

  typealias Line = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
  private static let line: Line = (0, 0, 0, 0, 0, 0, 0)

  fileprivate let worker: Worker
  /// The worker's.
  let context: UnsafeMutableRawPointer
  private let count: UInt
  private let chunk: UInt
  let chunks: UInt
  /// As many threads as may run it.
  private let width: UInt
  /// What is cancelled when the loop is to end early.
  private let promise: Handle?
  /// The first chunk that must not begin any more.
  private let limit: Atomic<UInt>

  /// How many chunks were ever claimed. On a cache line of its own, as all threads change it.
  private let beforeClaimed = ParallelLoop.line
  private let claimed = Atomic<UInt>(0)
  private let afterClaimed = ParallelLoop.line
  private let wasCancelled = Atomic<Bool>(false)
  /// Threads that help, and a bit that says that the caller sleeps until there are none.
  fileprivate let helpers = Atomic<UInt32>(0)
  fileprivate static let isAwaited: UInt32 = 1 << 31
  private let failures: Mutex
  private let sharedMemory: UnsafeMutablePointer<Shared>

  struct Shared {
    /// Under the executor's mutex: how many more may help; whether it is in the pool's list, and its neighbours.
    var wanted = 0
    var isListed = false
    var next: UnsafeMutablePointer<ParallelLoop>?
    var previous: UnsafeMutablePointer<ParallelLoop>?
    /// Under `failures`: where the first chunk that failed begins, and how it failed.
    var failed = UInt.max
    var failure = TENON_STATUS_OK
  }

  init(
    count: UInt, chunk: UInt, width: UInt, promise: Handle?, _ worker: Worker,
    _ context: UnsafeMutableRawPointer, _ sharedMemory: UnsafeMutablePointer<Shared>
  ) {
    self.worker = worker
    self.width = width
    self.context = context
    self.count = count
    self.chunk = chunk
    self.promise = promise
    self.sharedMemory = sharedMemory
    failures = Mutex()
    chunks = count / chunk + (count % chunk == 0 ? 0 : 1)
    limit = Atomic(chunks)
  }

  fileprivate var shared: UnsafeMutablePointer<Shared> { sharedMemory }

  /// Where a chunk begins and ends. C's indices may be larger than an `Int`, and so this is no `Range`.
  struct Chunk {
    let lowerBound: Int
    let upperBound: Int
  }

  /// What one thread has claimed and not begun.
  struct Share {
    fileprivate var next: UInt = 0
    fileprivate var end: UInt = 0
    /// How many it claims at once, and when it did so last.
    fileprivate var size: UInt = 1
    fileprivate var time: UInt64 = 0

    fileprivate static let most: UInt = 32
    /// As long as what it claims at once may take, if it is to claim more: a thread that has nothing left waits for it.
    fileprivate static let short: UInt64 = 2000
  }

  /// A worker claims some of the next chunks; false: there are none.
  @inline(__always) borrowing func claim(_ share: inout Share) -> Bool {
    let left = chunks &- Swift.min(chunks, claimed.load(ordering: .relaxed))
    let most = left / (8 &* width)
    if most > 1 { measure(&share, most) } else { share.size = 1 }
    share.next = claimed.wrappingAdd(share.size, ordering: .relaxed).oldValue
    if share.next >= limit.load(ordering: .relaxed) || Fork.isChild { return false }
    share.end = share.next &+ Swift.min(share.size, chunks &- share.next)
    guard let promise, isCancelRequested(promise) else { return true }
    wasCancelled.store(true, ordering: .relaxed)
    failures.withLock { limit.store(0, ordering: .relaxed) }
    return false
  }

  /// Twice as many as the last time, if those were short.
  private borrowing func measure(_ share: inout Share, _ most: UInt) {
    let now = Time.now
    let wasShort = now &- share.time < Share.short
    share.size = wasShort ? Swift.min(2 &* share.size, Share.most, most) : 1
    share.time = now
  }

  /// The next one that was claimed; nil: there is none, or it must not begin.
  @inline(__always) borrowing func next(_ share: inout Share) -> Chunk? {
    if share.next == share.end || share.next >= limit.load(ordering: .relaxed) { return nil }
    if _slowPath(Fork.isChild) { return nil }
    let begin = share.next &* chunk
    share.next &+= 1
    let end = count &- begin < chunk ? count : begin &+ chunk
    return Chunk(lowerBound: Int(bitPattern: begin), upperBound: Int(bitPattern: end))
  }

  /// Where the next one that was claimed would begin.
  borrowing func begin(of share: Share) -> Int { Int(bitPattern: share.next &* chunk) }

  /// The chunk that begins there has failed: none after it begins. `keep` is called, by one thread at a time, if none before it
  /// has until now.
  borrowing func fail(_ begin: Int, _ status: tenon_status_t, _ keep: () -> Void = {}) {
    failures.withLock {
      if UInt(bitPattern: begin) < shared.pointee.failed {
        shared.pointee.failed = UInt(bitPattern: begin)
        shared.pointee.failure = status
        keep()
      }
      let index = UInt(bitPattern: begin) / chunk
      limit.store(Swift.min(limit.load(ordering: .relaxed), index), ordering: .relaxed)
    }
  }

  /// How the loop has ended.
  fileprivate var end: tenon_status_t {
    if shared.pointee.failure != TENON_STATUS_OK { return shared.pointee.failure }
    return wasCancelled.load(ordering: .relaxed) ? TENON_STATUS_CANCELLED : TENON_STATUS_OK
  }
}

extension UnsafeMutablePointer where Pointee == ParallelLoop {
  fileprivate var shared: UnsafeMutablePointer<ParallelLoop.Shared> { pointee.shared }

  /// Runs chunks as long as there are some.
  func run() { pointee.worker(self) }

  /// Under the executor's mutex: a thread begins to help.
  fileprivate func join() { pointee.helpers.wrappingAdd(1, ordering: .relaxed) }

  /// A helper is through. The caller may be gone with its stack at once.
  func leave() {
    let address = withUnsafePointer(to: pointee.helpers) { UnsafeRawPointer($0) }
    Handover.give(address)
    let before = pointee.helpers.wrappingSubtract(1, ordering: .acquiringAndReleasing).oldValue
    if before == ParallelLoop.isAwaited | 1 { tenon__futex_wake(address, 1) }
  }

  /// The caller: waits for those that help.
  fileprivate func awaitHelpers() {
    let address = withUnsafePointer(to: pointee.helpers) { UnsafeRawPointer($0) }
    defer { Handover.take(address) }
    for _ in 0..<64 {
      if pointee.helpers.load(ordering: .acquiring) == 0 { return }
      tenon__spin()
    }
    var word =
      pointee.helpers.bitwiseOr(ParallelLoop.isAwaited, ordering: .acquiringAndReleasing).newValue
    while word != ParallelLoop.isAwaited {
      withUnsafePointer(to: pointee.helpers) { tenon__futex_wait($0, word) }
      word = pointee.helpers.load(ordering: .acquiring)
    }
  }
}

extension UnsafeMutablePointer where Pointee == PoolState {
  /// Runs a loop on this thread and on as many others as want to help; returns when all has run.
  func runLoop(
    _ name: ExecutorName, count: UInt, chunk: UInt, promise: Handle?, _ body: ParallelLoop.Body,
    _ context: UnsafeMutableRawPointer?
  ) -> tenon_status_t {
    var calls = RangeCalls(body: body, context: context)
    return withUnsafeMutablePointer(to: &calls) {
      runLoop(name, count: count, chunk: chunk, promise: promise, worker: callForRanges, $0)
    }
  }

  /// The same for a worker, which is called once on each thread.
  func runLoop(
    _ name: ExecutorName, count: UInt, chunk: UInt, promise: Handle?, worker: ParallelLoop.Worker,
    _ context: UnsafeMutableRawPointer
  ) -> tenon_status_t {
    let others = UInt(shape.pointee.threadsMax) - (isHere ? 1 : 0)
    // Eight for each thread: enough to even out what is uneven, and few enough to cost nothing.
    let chunk = chunk != 0 ? chunk : max(1, count / (8 * (others + 1)))
    return withUnsafeTemporaryAllocation(of: ParallelLoop.Shared.self, capacity: 1) { memory in
      let shared = memory.baseAddress.unsafelyUnwrapped
      shared.initialize(to: ParallelLoop.Shared())
      return withUnsafeTemporaryAllocation(of: ParallelLoop.self, capacity: 1) { memory in
        let loop = memory.baseAddress.unsafelyUnwrapped
        loop.initialize(
          to: ParallelLoop(
            count: count, chunk: chunk, width: others + 1, promise: promise, worker, context, shared
          ))
        defer { loop.deinitialize(count: 1) }
        guard list(loop, name, others) else { return TENON_STATUS_CLOSED }
        loop.run()
        // A chunk has forked: who helps is not here.
        if Fork.isChild { return TENON_STATUS_FORKED }
        unlist(loop)
        loop.awaitHelpers()
        return loop.pointee.end
      }
    }
  }

  /// Asks for help, if that is of use; false: closed.
  private func list(
    _ loop: UnsafeMutablePointer<ParallelLoop>, _ name: ExecutorName, _ others: UInt
  ) -> Bool {
    executor.pointee.mutex.lock()
    guard executor.admits(.newWork, name) else {
      executor.pointee.mutex.unlock()
      return false
    }
    let chunks = loop.pointee.chunks
    guard chunks > 1, others > 0 else {
      executor.pointee.mutex.unlock()
      return true
    }
    loop.shared.pointee.wanted = Int(min(chunks - 1, others))
    loop.shared.pointee.isListed = true
    // The newest first: who made it may be a chunk of an older one.
    let first = newestLoop
    loop.shared.pointee.next = first
    first?.shared.pointee.previous = loop
    newestLoop = loop
    pointee.loopCount.wrappingAdd(1, ordering: .relaxed)
    unlockAndWake()
    return true
  }

  /// The newest loop that looks for help. Under the mutex.
  private var newestLoop: UnsafeMutablePointer<ParallelLoop>? {
    get { shared.pointee.newestLoop?.assumingMemoryBound(to: ParallelLoop.self) }
    nonmutating set { shared.pointee.newestLoop = newValue.map { UnsafeMutableRawPointer($0) } }
  }

  /// Nobody comes any more.
  private func unlist(_ loop: UnsafeMutablePointer<ParallelLoop>) {
    guard loop.pointee.chunks > 1 else { return }
    executor.pointee.mutex.lock()
    remove(loop)
    executor.pointee.mutex.unlock()
  }

  private func remove(_ loop: UnsafeMutablePointer<ParallelLoop>) {
    let place = loop.shared
    guard place.pointee.isListed else { return }
    place.pointee.isListed = false
    place.pointee.next?.shared.pointee.previous = place.pointee.previous
    if let previous = place.pointee.previous {
      previous.shared.pointee.next = place.pointee.next
    } else {
      newestLoop = place.pointee.next
    }
    pointee.loopCount.wrappingSubtract(1, ordering: .relaxed)
  }

  /// A loop that wants help, for a thread that has nothing better to do. It calls `leave` when it is through.
  func joinLoop() -> UnsafeMutablePointer<ParallelLoop>? {
    executor.pointee.mutex.withLock {
      guard let loop = newestLoop else { return nil }
      loop.join()
      loop.shared.pointee.wanted -= 1
      if loop.shared.pointee.wanted == 0 { remove(loop) }
      return loop
    }
  }
}

/// What a worker of C's calls for each chunk.
private struct RangeCalls {
  let body: ParallelLoop.Body
  let context: UnsafeMutableRawPointer?
}

private func callForRanges(_ loop: UnsafeMutableRawPointer?) {
  let loop = loop.unsafelyUnwrapped.assumingMemoryBound(to: ParallelLoop.self)
  let calls = loop.pointee.context.assumingMemoryBound(to: RangeCalls.self).pointee
  var share = ParallelLoop.Share()
  while loop.pointee.claim(&share) {
    while let range = loop.pointee.next(&share) {
      let status = calls.body(calls.context, range.lowerBound, range.upperBound)
      if _slowPath(status != TENON_STATUS_OK) {
        return loop.pointee.fail(range.lowerBound, status)
      }
    }
  }
}
