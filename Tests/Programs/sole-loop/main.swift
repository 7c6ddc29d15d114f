// The owned mode with a sole loop, in a process of its own: its calls prefer no executor, so there is to be no other.
import CTenon
import Glibc
import ProgramSupport
import Synchronization
import Tenon
import TenonExport

/// Whether making an executor is refused as it is to be.
func isRefused(_ make: () throws -> LoopExecutor) -> Bool {
  do {
    try make().close()
    return false
  } catch let failure as Failure {
    return failure.code == Int64(TENON_STATUS_BUSY.rawValue)
  } catch {
    return false
  }
}

func isRefusedInC() -> Bool {
  var executor: OpaquePointer?
  return tenon_executor_create(nil, &executor) == TENON_STATUS_BUSY && executor == nil
}

let loop = try LoopExecutor.create(name: "sole")

actor Shared {
  private var sum = 0
  func add(_ count: Int) -> Bool {
    for i in 0..<count { sum = (sum &* 31) ^ i }
    return loop.isCurrent
  }
}

let shared = Shared()

@MainActor func isOnMain() -> Bool { loop.isCurrent }
@concurrent func isConcurrent() async -> Bool { loop.isCurrent }

/// What a call does; all of it is to be on the loop.
nonisolated(nonsending) func work(_ rounds: Int) async -> Bool {
  var isRight = true
  for round in 0..<rounds {
    isRight = await shared.add(300) && loop.isCurrent && isRight
    async let child = {
      _ = await shared.add(300)
      return loop.isCurrent
    }()
    isRight = await child && isRight
    isRight = await isConcurrent() && isRight
    if round % 16 == 0 { await Task.yield() }
    isRight = await isOnMain() && loop.isCurrent && isRight
  }
  return isRight
}

func body(of name: String, _ operation: @escaping @Sendable () async throws -> Bool) throws {
  let done = try loop.start { report(name, try await operation()) }
  try loop.run(until: done)
}

func beforeItIsSole() throws {
  let other = try LoopExecutor.create(name: "other")
  report("beside another executor it is refused", (try? loop.ownProcessSolely()) == nil)
  report("which changes nothing", tenon_process_get_mode() == TENON_PROCESS_LIBRARY)
  try other.close()
  // Its driver prefers the loop, and is replaced.
  try body(of: "a call before it is the sole one") { loop.isCurrent }
  try loop.ownProcessSolely()
  report("when that has closed it is not", tenon_process_get_mode() == TENON_PROCESS_OWNED)
  report("twice is once too often", (try? loop.ownProcessSolely()) == nil)
}

func noOther() throws {
  report("another executor is refused", isRefused { try LoopExecutor.create() })
  report("so is a pool", isRefused { try ThreadPool.create(threads: 2) })
  report("so it is in C", isRefusedInC())
  // Two loops on two threads that share an actor are what would not work: a call that goes on where the actor was run last, by
  // the other loop, is not enqueued again, so nobody could send it home.
  onAnotherThread {
    report("so is a second loop", isRefused { try LoopExecutor.create(name: "second") })
  }
}

/// What threads wait for.
struct Semaphore: Sendable {
  // SAFETY: made for many threads; the pointer never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }
  func post() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0 {} }
}

/// An executor that somebody else has brought, with a thread for each job.
final class Foreign: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      {
        let job = unsafeBitCast($0, to: UnownedJob.self)
        job.runSynchronously(on: Foreign.shared.asUnownedTaskExecutor())
        return nil
      }, unsafeBitCast(job, to: UnsafeMutableRawPointer.self))
    pthread_detach(thread)
  }
  static let shared = Foreign()
}

func amongForeigners() throws {
  let others = (0..<2).map { _ in
    Task(executorPreference: Foreign.shared) {
      for _ in 0..<200 {
        _ = await shared.add(3000)
        await Task.yield()
      }
    }
  }
  let isRight = Mutex(true)
  var ended = 0
  for _ in 0..<50 {
    let calls = try (0..<4).map { _ in
      try loop.start {
        if !loop.isCurrent { isRight.withLock { $0 = false } }
        // From here on it may be anywhere.
        for _ in 0..<8 { _ = await shared.add(3000) }
      }
    }
    for call in calls {
      try loop.run(until: call)
      ended += 1
    }
  }
  report("calls end whoever runs their actors", ended == 200)
  report("and each begins on the loop", isRight.withLock { $0 })
  try body(of: "others end, too") {
    for other in others { await other.value }
    return true
  }
  try body(of: "then all is on the loop again") { await work(20) }
}

/// An executor that somebody else has brought, with one thread, of which one knows when it has nothing to do.
final class OneForeigner: TaskExecutor {
  private let jobs = Mutex<(waiting: [UnownedJob], isRunning: Bool)>(([], false))
  private let hasJobs = Semaphore()

  init() {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      {
        let foreigner = Unmanaged<OneForeigner>.fromOpaque($0!).takeUnretainedValue()
        while true {
          foreigner.hasJobs.wait()
          let job = foreigner.jobs.withLock {
            $0.isRunning = true
            return $0.waiting.removeFirst()
          }
          job.runSynchronously(on: foreigner.asUnownedTaskExecutor())
          foreigner.jobs.withLock { $0.isRunning = false }
        }
      }, Unmanaged.passRetained(self).toOpaque())
    pthread_detach(thread)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.waiting.append(job) }
    hasJobs.post()
  }

  /// Until all that has come has run.
  func awaitJobs() {
    while jobs.withLock({ $0.isRunning || !$0.waiting.isEmpty }) { sched_yield() }
  }
}

/// A call of the loop that goes on where a foreigner has run its actor, until it is told to come back.
struct Trip {
  private actor Place {
    /// By the foreigner, who is to go on with this when nobody is here: then he runs what comes meanwhile, too.
    func hold(_ waits: Answer, _ isHeld: Semaphore, _ goesOn: Semaphore) async {
      await withUnsafeContinuation { waits.keep($0) }
      isHeld.post()
      goesOn.wait()
    }

    func isAway() -> Bool { !loop.isCurrent }
  }

  let call: Future
  let hasBeenAway: Bool
  private let foreigner = OneForeigner()
  private let comesBack = Semaphore()

  init() throws {
    let (place, isHeld, goesOn, isThere) = (Place(), Semaphore(), Semaphore(), Semaphore())
    let (foreigner, comesBack) = (self.foreigner, self.comesBack)
    let answer = Answer()
    Task.detached(executorPreference: foreigner) { await place.hold(answer, isHeld, goesOn) }
    foreigner.awaitJobs()
    answer.resume()
    isHeld.wait()
    call = try loop.start {
      answer.begin()
      answer.give(await place.isAway())
      isThere.post()
      comesBack.wait()
    }
    while !answer.hasBegun { poll() }
    goesOn.post()
    isThere.wait()
    hasBeenAway = answer.isRight
  }

  /// Its driver is on its way home, or has been refused, when this returns.
  func comeBack() {
    comesBack.post()
    foreigner.awaitJobs()
  }
}

final class Answer: Sendable {
  private let state = Mutex((hasBegun: false, isRight: false))
  private let continuation = Mutex<UnsafeContinuation<Void, Never>?>(nil)
  var hasBegun: Bool { state.withLock { $0.hasBegun } }
  var isRight: Bool { state.withLock { $0.isRight } }
  func begin() { state.withLock { $0.hasBegun = true } }
  func give(_ isRight: Bool) { state.withLock { $0.isRight = isRight } }
  func keep(_ one: UnsafeContinuation<Void, Never>) { continuation.withLock { $0 = one } }
  func resume() { continuation.withLock { $0 }?.resume() }
}

/// Whether the loop has closed.
@discardableResult
func poll(_ jobs: UInt64 = 4096) -> Bool {
  var result = tenon_poll_result_t()
  result.struct_size = MemoryLayout<tenon_poll_result_t>.size
  var budget = tenon_poll_budget_t()
  (budget.struct_size, budget.jobs_max) = (MemoryLayout<tenon_poll_budget_t>.size, jobs)
  return tenon_executor_poll(loop.pointer, &budget, &result) != TENON_STATUS_OK || result.closed
}

func statistics() -> tenon_executor_statistics_t {
  var statistics = tenon_executor_statistics_t()
  statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
  _ = tenon_executor_get_statistics(loop.pointer, &statistics)
  return statistics
}

func thereAndBack() throws {
  let trip = try Trip()
  report("a call goes on where its actor was run", trip.hasBeenAway)
  report("and has not ended meanwhile", !trip.call.isSettled)
  trip.comeBack()
  report("it ends there", trip.call.isSettled)
  poll()
  let drivers = statistics().drivers
  try body(of: "the next call is on the loop") { loop.isCurrent }
  report("its driver has come home", statistics().drivers == drivers)
}

func theEnd() throws {
  let (early, late) = (try Trip(), try Trip())
  let held = Mutex<UnsafeContinuation<Void, Never>?>(nil)
  let goneOn = Answer()
  let left = try loop.start {
    await withUnsafeContinuation { continuation in held.withLock { $0 = continuation } }
    goneOn.begin()
  }
  let cancelled = try loop.start {
    try await Task.sleep(for: .seconds(1000))
  }
  let first = try loop.start { await Task.yield() }
  try loop.run(until: first)
  cancelled.cancel()
  try loop.run(until: cancelled)
  report("a sleep ends when its call is cancelled", cancelled.isSettled)
  Task { try? await Task.sleep(for: .seconds(1000)) }
  Task { @MainActor in try? await Task.sleep(for: .seconds(1000)) }
  poll()
  _ = tenon_executor_retain(loop.pointer)
  // One is on its way when the loop closes, in the same poll, and the other one has not come back.
  let close: tenon_job_fn = { _, _ in _ = tenon_executor_close(loop.pointer, 0) }
  let comeBack: tenon_job_fn = { trip, _ in
    trip!.assumingMemoryBound(to: Trip.self).pointee.comeBack()
  }
  withUnsafePointer(to: early) {
    _ = tenon_executor_post(loop.pointer, comeBack, UnsafeMutableRawPointer(mutating: $0))
    _ = tenon_executor_post(loop.pointer, close, nil)
    while !poll() {}
  }
  report("a close that leaves a call behind settles its future", left.isSettled)
  report("one that came back in time has ended", early.call.isSettled)
  report("one that has not is settled, too", late.call.isSettled)
  report("nobody wakes who sleeps", statistics().jobs_abandoned >= 2)
  let before = statistics().jobs_abandoned
  late.comeBack()
  report("it ends where it is", statistics().jobs_abandoned == before)
  held.withLock { $0 }?.resume()
  Task.detached { goneOn.begin() }
  Task { @MainActor in goneOn.begin() }
  report("nothing of it runs afterwards", !goneOn.hasBegun)
  report("and that is counted", statistics().jobs_abandoned == before + 3)
  _ = tenon_executor_release(loop.pointer)
  _ = tenon_executor_release(loop.pointer)
  report("another executor is refused for ever", isRefused { try LoopExecutor.create() })
  report("in C, too", isRefusedInC())
}

try beforeItIsSole()
try noOther()
try body(of: "all of a call is on the loop") { await work(200) }
try body(of: "so is a task of its own") { await Task { await work(20) }.value }
try body(of: "so is a call with a priority") {
  guard case .boolean(let isRight) = try await loop.start(priority: .high, { loop.isCurrent }).value
  else { return false }
  return isRight
}
try body(of: "so is a function that leaves others") {
  try await TenonExport.concurrently { loop.isCurrent }
}
try amongForeigners()
try thereAndBack()
try theEnd()

exitWithReport()
