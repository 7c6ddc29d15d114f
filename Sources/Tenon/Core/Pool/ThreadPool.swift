import CTenon
import Glibc
import Synchronization

/// An executor with threads of its own: for what computes, and what must block its thread.
///
/// Its jobs run on several threads at once, and in no order. It has at most as many threads as it was made with; they are
/// started when there is work, and go when there was none for some time. It is a task executor, like every
/// ``LoopExecutor``; actors that live on it run one at a time.
///
///     let pool = try ThreadPool.create(threads: 4)
///     let sum = try await pool.run { checksum(of: bytes) }
// SAFETY: all that changes is in `state` and `pool`, which say who may touch what.
public final class ThreadPool: LoopExecutor, @unchecked Sendable {
  let pool: UnsafeMutablePointer<PoolState>

  struct Options {
    var threadsMax: Int
    var idleTime: UInt64

    static let idleTime: UInt64 = 10_000_000_000

    /// nil: too many threads.
    init?(_ threads: UInt32, _ idleMilliseconds: UInt32) {
      guard threads <= PoolState.threadsMax else { return nil }
      threadsMax = Int(threads)
      idleTime =
        idleMilliseconds == 0 ? Options.idleTime : UInt64(idleMilliseconds) * 1_000_000
    }
  }

  init(
    state: UnsafeMutablePointer<ExecutorState>, handle: Handle, label: String?, _ options: Options
  ) {
    pool = state.makePool()
    super.init(state: state, handle: handle, label: label)
    pool.begin(options, self)
  }

  deinit {
    // Each thread keeps it alive: so the last one has gone, or is this one.
    pool.end()
  }
}

extension LoopExecutor {
  /// Makes an executor with threads of its own.
  static func create(label: String?, threads options: ThreadPool.Options)
    -> Result<LoopExecutor, StatusError>
  {
    create(host: nil, context: nil, label: label) {
      ThreadPool(state: $0, handle: $1, label: $2, options)
    }
  }

  /// This, if it has threads of its own.
  var threadPool: ThreadPool? {
    state.pool == nil ? nil : unsafeDowncast(self, to: ThreadPool.self)
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// The memory for what a pool has besides, which is kept; nobody polls from now on.
  fileprivate func makePool() -> UnsafeMutablePointer<PoolState> {
    if pointee.poolKept.load(ordering: .relaxed) == 0 {
      let memory = UnsafeMutablePointer<PoolState>.allocate(capacity: 1)
      memory.initialize(to: PoolState(self))
      pointee.poolKept.store(UInt(bitPattern: memory), ordering: .relaxed)
    }
    let bits = pointee.poolKept.load(ordering: .relaxed)
    pointee.poolBits.store(bits, ordering: .releasing)
    pointee.poller.store(nobody, ordering: .relaxed)
    return UnsafeMutablePointer<PoolState>(bitPattern: bits).unsafelyUnwrapped
  }
}

/// In the place of the thread that polls: no thread has this name.
private let nobody: UInt = 1

extension UnsafeMutablePointer where Pointee == PoolState {
  /// Begins a life. Before anybody can know of it.
  fileprivate func begin(_ options: ThreadPool.Options, _ owner: ThreadPool) {
    executor.pointee.mutex.lock()
    shape.pointee.threadsMax = options.threadsMax
    shape.pointee.idleTime = options.idleTime
    shape.pointee.owner = .passUnretained(owner)
    shape.pointee.serialExecutor = owner.asUnownedSerialExecutor()
    shape.pointee.run = { worker in
      runWorker(worker.unsafelyUnwrapped.assumingMemoryBound(to: Worker.self))
      return nil
    }
    shared.pointee.jobsOverdue = nil
    shared.pointee.isEnding = false
    shared.pointee.hasEnded = false
    shared.pointee.coming = 0
    shared.pointee.visitors = 0
    pointee.keeper.store(-1, ordering: .relaxed)
    pointee.placesUsed.store(0, ordering: .relaxed)
    pointee.searching.store(0, ordering: .relaxed)
    pointee.napping.store(0, ordering: .relaxed)
    pointee.inboxCount.store(0, ordering: .relaxed)
    pointee.nextDeadline.store(.max, ordering: .relaxed)
    pointee.helpers.store(options.threadsMax, ordering: .relaxed)
    executor.pointee.mutex.unlock()
  }

  fileprivate func end() {
    executor.pointee.mutex.lock()
    let ended = takeEnded()
    pointee.placesUsed.store(0, ordering: .relaxed)
    shape.pointee.owner = nil
    executor.pointee.poolBits.store(0, ordering: .releasing)
    executor.pointee.poller.store(0, ordering: .releasing)
    executor.pointee.mutex.unlock()
    for thread in ended {
      if pthread_equal(thread, pthread_self()) != 0 {
        pthread_detach(thread)
      } else {
        Thread.join(thread)
      }
    }
  }
}
