import CTenon
import Synchronization

/// What an executor with threads of its own has besides its ``ExecutorState``, whose mutex, inbox, timers and counts it uses.
///
/// A job that a thread of the pool adds goes into that thread's ring; any other one into the inbox. A thread looks into its
/// ring, the inbox, and the other rings; finds nothing for a moment; and sleeps. Two numbers decide whether an addition
/// wakes one, or starts one: `helpers`, how many could come, and `searching`, how many are on their way or looking. While
/// somebody searches nobody else is woken, and the last one that finds something wakes the next. So a thousand small jobs
/// wake a thread once, and work that is there for long spreads over all. A thread that came for nothing naps before it sleeps: as
/// long as one naps, what another thread adds to its own ring wakes nobody, since most likely it takes that itself.
///
/// It stays where it is when the executor is gone, as the state does: a thread that comes late finds another name under the
/// mutex.
struct PoolState: ~Copyable {
  /// How many threads one pool may have.
  static let threadsMax = 1024

  let executor: UnsafeMutablePointer<ExecutorState>
  /// Threads that do nothing, and threads that could be started. Changed under the mutex.
  let helpers = Atomic<Int>(0)
  let searching = Atomic<Int>(0)
  /// How many of the idle sleep for a moment only, and look again then.
  let napping = Atomic<Int>(0)
  /// How many jobs the inbox holds. Changed under the mutex.
  let inboxCount = Atomic<Int>(0)
  /// How many parallel loops look for help. Changed under the mutex.
  let loopCount = Atomic<Int>(0)
  /// When the next timer is due, or the time of the close is over. Changed under the mutex.
  let nextDeadline = Atomic<UInt64>(.max)
  /// The idle one that sleeps until the next deadline, or -1. Changed under the mutex.
  let keeper = Atomic<Int>(-1)
  /// How many places have ever had a thread.
  let placesUsed = Atomic<Int>(0)
  /// The places for threads, made when they are needed and kept: whoever has taken one off the list of the idle may signal it
  /// when it has gone.
  fileprivate let workers: UnsafeMutablePointer<UnsafeMutablePointer<Worker>?>

  // Memory of their own, because an access to a field may count as one to its struct.
  private let shapeMemory: UnsafeMutablePointer<Shape>
  private let sharedMemory: UnsafeMutablePointer<Shared>

  /// Written before there are threads, and when there are none any more.
  struct Shape {
    var threadsMax = 0
    /// How long a thread sleeps before it goes.
    var idleTime: UInt64 = 0
    /// What each thread keeps alive.
    var owner: Unmanaged<AnyObject>?
    /// Where the jobs of actors run that live on it.
    var serialExecutor: UnownedSerialExecutor?
    /// What a thread does until it goes. It gets its ``Worker``.
    var run: (@convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?)?
  }

  /// Under the executor's mutex.
  struct Shared: ~Copyable {
    /// How many threads there are.
    var threads = 0
    /// How many of them were woken, or started, and are not there yet.
    var coming = 0
    /// Swift tasks that have come to run something here, and go on elsewhere then.
    var visitors = 0
    /// How many of them wait in a job for something.
    var waiting = 0
    /// The idle one that is woken next, or -1.
    var firstIdle = -1
    /// The newest loop that looks for help: see `ParallelLoop`.
    var newestLoop: UnsafeMutableRawPointer?
    /// Threads that sleep until nothing is pending.
    var quietWaiters = 0
    /// The time of the close is over: how many jobs still run.
    var jobsOverdue: Int?
    /// One thread ends the close; or has.
    var isEnding = false
    var hasEnded = false
    /// Jobs of actors that live here, one at a time.
    var serialJobs = Queue<Job>()
    var hasSerialRunner = false
  }

  /// The thread that runs a job of an actor that lives here.
  let serialRunner = Atomic<UInt>(0)
  /// Which look for a circle has come here: see `PoolAwait`.
  let reachedBy = Atomic<UInt64>(0)

  init(_ executor: UnsafeMutablePointer<ExecutorState>) {
    self.executor = executor
    workers = .allocate(capacity: PoolState.threadsMax)
    workers.initialize(repeating: nil, count: PoolState.threadsMax)
    shapeMemory = .allocate(capacity: 1)
    shapeMemory.initialize(to: Shape())
    sharedMemory = .allocate(capacity: 1)
    sharedMemory.initialize(to: Shared())
  }

  fileprivate var shape: UnsafeMutablePointer<Shape> { shapeMemory }
  fileprivate var shared: UnsafeMutablePointer<Shared> { sharedMemory }
}

extension UnsafeMutablePointer where Pointee == PoolState {
  @inline(__always) var shape: UnsafeMutablePointer<PoolState.Shape> { pointee.shape }
  @inline(__always) var shared: UnsafeMutablePointer<PoolState.Shared> { pointee.shared }
  @inline(__always) var executor: UnsafeMutablePointer<ExecutorState> { pointee.executor }
  @inline(__always) var keeper: Int { pointee.keeper.load(ordering: .relaxed) }

  @inline(__always) func worker(_ index: Int) -> UnsafeMutablePointer<Worker> {
    pointee.workers[index].unsafelyUnwrapped
  }

  /// Under the mutex: the place that is used next, as if there had never been a thread.
  func addPlace() -> Int {
    let index = pointee.placesUsed.load(ordering: .relaxed)
    if let worker = pointee.workers[index] {
      worker.pointee.jobs.store(0, ordering: .relaxed)
    } else {
      let worker = UnsafeMutablePointer<Worker>.allocate(capacity: 1)
      worker.initialize(to: Worker(self, index))
      pointee.workers[index] = worker
      if index == 0 { ExecutorLayout.enter(self, UnsafeRawPointer(pointee.workers)) }
    }
    pointee.placesUsed.store(index + 1, ordering: .releasing)
    return index
  }

  /// Under the mutex: how many threads run jobs or look for some, those that wait in one included.
  @inline(__always) var busy: Int {
    shape.pointee.threadsMax - pointee.helpers.load(ordering: .relaxed)
  }

  /// Under the mutex: how many of them are in a job, or looking for one at this moment.
  var working: Int { busy - shared.pointee.coming }

  /// Under the mutex: whether nothing is left to do, now or later.
  var isQuiet: Bool {
    busy == 0 && !executor.hasArrivals
      && executor.shared.pointee.pendingElsewhere == 0
      && executor.own.pointee.timers.count == 0
  }

  /// Whether somebody would find something to do.
  var hasWork: Bool {
    if pointee.inboxCount.load(ordering: .relaxed) != 0 { return true }
    if pointee.loopCount.load(ordering: .relaxed) != 0 { return true }
    return (0..<pointee.placesUsed.load(ordering: .acquiring))
      .contains { worker($0).pointee.ring.count != 0 }
  }

  /// How many jobs its threads have run. Counted by each of them for itself.
  var jobCount: UInt64 {
    executor.pointee.mutex.withLock {
      (0..<pointee.placesUsed.load(ordering: .relaxed))
        .reduce(0) { $0 + worker($1).pointee.jobs.load(ordering: .relaxed) }
    }
  }

  /// How many threads there are, and how many of them have nothing to do.
  var threadCounts: (all: UInt64, idle: UInt64) {
    executor.pointee.mutex.withLock {
      (UInt64(shared.pointee.threads), UInt64(max(0, shared.pointee.threads - busy)))
    }
  }

  /// Whether this thread is one of the pool's.
  @inline(__always) var isHere: Bool { Worker.current?.pointee.pool == self }
}
