import CTenon
import Synchronization

/// Everything that an executor keeps, in memory that stays what it is when the executor is gone: a thread
/// that comes late finds another `name` under the mutex, or a closed phase, and does nothing.
struct ExecutorState: ~Copyable {
  enum Phase: UInt8, AtomicRepresentable { case open, closing, closed }
  enum Cancelling { case no, now, done }
  /// What is refused: new work once it is closing, and everything once it is closed.
  enum Admission { case newWork, inFlight }

  /// The thread that polls, or 0. Whoever puts its name here, under the mutex, owns `own`; between polls, the resident does.
  /// Any thread reads it.
  let poller = Atomic<UInt>(0)
  /// The thread that polled last, or created it.
  let home = Atomic<UInt>(0)
  /// Whose life this is: an ``ExecutorName``. Written under the mutex, like the phase.
  let name = Atomic<UInt32>(0)
  let phase = Atomic<Phase>(.closed)
  let mutex = Mutex()
  let residence = Residence()
  /// What ``interrupt(_:)`` has done, and who is in it.
  let interruption = Interruption()
  /// For threads that run until their futures have settled.
  let runners = Monitor()
  /// The one of them that polls, or 0. Written under that monitor.
  let runner = Atomic<UInt>(0)
  /// When that one has waited for long enough.
  let waitDeadline = Atomic<UInt64>(.max)

  let wakes = Atomic<UInt64>(0)
  let lateWakes = Atomic<UInt64>(0)
  let abandonedJobs = Atomic<UInt64>(0)
  // Changed by the polling thread only, read by any.
  let pollCount = Atomic<UInt64>(0)
  let jobCount = Atomic<UInt64>(0)
  let callCount = Atomic<UInt64>(0)
  let driverCount = Atomic<UInt64>(0)
  let timerCount = Atomic<UInt64>(0)
  let timersPending = Atomic<Int>(0)
  /// Timers were armed outside of a poll and are not in the wheel yet. Written under the mutex.
  let hasArrivedTimers = Atomic<Bool>(false)
  let pendingHere = Atomic<Int>(0)
  /// Whether a thread may run the loop until a future has settled: not with a host that cannot run once.
  let isRunnable = Atomic<Bool>(true)
  /// Whether there is a host that wants to know what follows.
  let tellsAlive = Atomic<Bool>(false)
  /// Whether there is a host that has a time of its own.
  let hasOwnTime = Atomic<Bool>(false)
  /// Whether the host was told last that something is pending: by the poll, or by its own thread outside of one.
  let toldAlive = Atomic<Bool>(false)

  /// The address of the pool where concurrent code of its calls runs, or 0. Written under the mutex.
  let concurrentBits = Atomic<UInt>(0)

  /// The address of what it has besides if it has threads of its own, or 0; and of that memory, which is kept.
  let poolBits = Atomic<UInt>(0)
  let poolKept = Atomic<UInt>(0)

  // Memory of their own, because an access to a field may count as one to its struct.
  fileprivate let sourceMemory: UnsafeMutablePointer<WakeSource?>
  fileprivate let sharedMemory: UnsafeMutablePointer<Shared>
  fileprivate let ownMemory: UnsafeMutablePointer<Own>

  /// Under the mutex.
  struct Shared: ~Copyable {
    var inbox = Queue<Job>()
    var calls = Queue<Call>()
    var timers = ArrivedTimers()
    /// Somebody waits, and has been told nothing since the executor went idle: the next producer wakes it. Nobody
    /// does while no loop watches and no thread sleeps, and then a wake costs nothing.
    var isSleeping = false
    /// There is reason to poll since the last poll ended.
    var isAsked = false
    /// Producers that are calling the host's wake.
    var wakersInFlight = 0
    /// Threads that sleep on the source until there is work.
    var sleepers = 0
    /// How many polls have changed what such a thread goes by.
    var turns: UInt64 = 0
    /// Our own source has been woken.
    var isSignalled = false
    /// Work and callbacks that are pending, as far as they were counted outside of polls.
    var pendingElsewhere = 0
    var closeDeadline = UInt64.max
    /// The last handle is gone: a poll that runs is the last one.
    var isUnattended = false
    /// The object that the last handle kept, for the poll that runs to let go of.
    var left: UnsafeMutableRawPointer?
    /// After the close, while there are handles: what has the descriptor, which a loop may still watch.
    var closedSource: WakeSource?
    /// Whoever began to close is cancelling what is in flight; or has, and what that leads to has not run yet.
    var cancelling = Cancelling.no
    /// The thread that is.
    var canceller: UInt = 0
    var drivers = DriverTable()
    /// The pool where concurrent code of its calls runs, with a reference of a handle.
    var concurrentPool: AnyObject?
    /// What its futures wait for of descriptors, from the first of them on.
    var descriptors: WatchedDescriptors?
    /// Who wants to know that it has closed, apart from its host.
    var whenClosed: (@Sendable () -> Void)?
    /// The names of the calls that the close left behind.
    var leftBehind: [UInt] = []
    /// But for those in `own.bound`.
    var bound = BoundHandles()
    var alarms = Alarms()
    var terms = Residence.Terms()
  }

  /// The polling thread's; the first two are the resident's between polls.
  struct Own: ~Copyable {
    /// Jobs in the order in which they came: what jobs make goes to the end, and so does what others have added,
    /// when it is looked at.
    var ready = Queue<Job>()
    var readyCalls = Queue<Call>()
    var timers = TimingWheel()
    /// Promises and callbacks that were bound in this poll, until it takes the mutex anyway.
    var bound = Queue<Handle>()
    /// Promises of those that are to be cancelled, because a close had begun before it did.
    var uncancelled = Queue<Handle>()
    /// Timers were armed since they were last looked at.
    var hasNewTimers = false
    /// What the host was told last.
    var armedDeadline = UInt64.max
    /// Jobs that this poll may still run.
    var budget: UInt64 = 0
    var idleDrivers: [Driver] = []
    /// Drivers that were resumed and have not run yet.
    var scheduledDrivers = 0
    /// The driver that is running now.
    var runningDriver: Driver?
    /// What comes first in each poll: what Dispatch's main queue has.
    var beforeJobs: (@Sendable () -> Void)?
    /// And then which descriptors are ready. Kept by `shared`.
    var descriptors: Unmanaged<WatchedDescriptors>?
    /// The close ended before the work did.
    var wasCutShort = false
    /// The time of the close is over: how many jobs it still runs. nil: it has time.
    var jobsOverdue: UInt64?
  }

  init() {
    sourceMemory = .allocate(capacity: 1)
    sourceMemory.initialize(to: nil)
    sharedMemory = .allocate(capacity: 1)
    sharedMemory.initialize(to: Shared())
    ownMemory = .allocate(capacity: 1)
    ownMemory.initialize(to: Own())
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Set at the beginning and the end of a life; used by the polling thread, and by the producers that are counted in
  /// `wakersInFlight`.
  @inline(__always) var source: UnsafeMutablePointer<WakeSource?> { pointee.sourceMemory }
  @inline(__always) var shared: UnsafeMutablePointer<ExecutorState.Shared> { pointee.sharedMemory }
  @inline(__always) var own: UnsafeMutablePointer<ExecutorState.Own> { pointee.ownMemory }

  /// What it has besides if it has threads of its own.
  @inline(__always) var pool: UnsafeMutablePointer<PoolState>? {
    UnsafeMutablePointer<PoolState>(bitPattern: pointee.poolBits.load(ordering: .acquiring))
  }

  /// Whether this is still that executor's life.
  @inline(__always) func isNamed(_ name: ExecutorName) -> Bool {
    pointee.name.load(ordering: .relaxed) == name.bits
  }

  /// Whether this is that executor's life, and open. The phase first, as who asks without the mutex may be so late that it
  /// is the next life's: then the name is, too.
  @inline(__always) func isOpen(as name: ExecutorName) -> Bool {
    pointee.phase.load(ordering: .acquiring) == .open && isNamed(name)
  }

  /// The same, and closing perhaps.
  @inline(__always) func isThere(as name: ExecutorName) -> Bool {
    pointee.phase.load(ordering: .acquiring) != .closed && isNamed(name)
  }
}

extension Atomic where Value == UInt64 {
  /// Counts, where one thread at a time does.
  @inline(__always) func count(_ more: UInt64 = 1) {
    store(load(ordering: .relaxed) &+ more, ordering: .relaxed)
  }
}

extension Atomic where Value == Int {
  /// Changes, where one thread at a time does.
  @inline(__always) func change(by difference: Int) {
    store(load(ordering: .relaxed) &+ difference, ordering: .relaxed)
  }
}

extension ExecutorName {
  /// The state in the slot that this names; whether it is still this executor's is for the callee to check.
  @inline(__always) var state: UnsafeMutablePointer<ExecutorState>? {
    if self == .none || !executorTable.contains(index) { return nil }
    return ExecutorSlot.at(executorTable.address(of: index)).pointee.state
  }
}

/// A slot for an executor: it keeps one state for all its lives.
///
///     bit 0..31 of the word   references held by handles
struct ExecutorSlot: ~Copyable {
  var head: SlotHead
  /// The address of the state, or 0. Whoever looks through all slots reads it while others are made.
  private let stateBits: Atomic<UInt>
  /// The Swift object, retained while there are handles.
  var object: UnsafeMutableRawPointer?

  @inline(__always) var state: UnsafeMutablePointer<ExecutorState>? {
    UnsafeMutablePointer(bitPattern: stateBits.load(ordering: .acquiring))
  }

  borrowing func adopt(_ state: UnsafeMutablePointer<ExecutorState>) {
    stateBits.store(UInt(bitPattern: state), ordering: .releasing)
  }

  static let referencesMask: UInt = 0xffff_ffff

  @inline(__always) static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<ExecutorSlot>
  { slot.assumingMemoryBound(to: ExecutorSlot.self) }
}
