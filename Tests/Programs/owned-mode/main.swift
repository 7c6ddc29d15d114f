// The owned mode in a process of its own: everything that Swift runs, runs on the thread that polls.
import CTenon
import Dispatch
import Glibc
import ProgramSupport
import Synchronization
import Tenon

// SAFETY: written once, before any task.
nonisolated(unsafe) var home = pthread_self()

/// The process has one thread, and this is it.
func isAlone() -> Bool { pthread_equal(pthread_self(), home) != 0 && threadCount() == 1 }

/// The same, said by code that the compiler does not know to be on the main actor.
func isAloneOnTheMainActor() -> Bool { MainActor.assumeIsolated { isAlone() } }

func threadCount() -> Int {
  guard let file = fopen("/proc/self/status", "r") else { return -1 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 512)
  while fgets(&line, 512, file) != nil {
    let text = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    if text.hasPrefix("Threads:") {
      return Int(text.dropFirst(8).filter(\.isNumber)) ?? -1
    }
  }
  return -1
}

actor Tally {
  private(set) var count = 0
  private(set) var isAlways = true
  func add() {
    count += 1
    isAlways = isAlways && isAlone()
  }
}

@MainActor final class MainState {
  var count = 0
  func add() { count += 1 }
}

typealias Stage = (name: String, run: @Sendable () async throws -> Bool)

let stages: [Stage] = [
  ("anUnstructuredTaskRunsOnTheLoop", { await Task { isAlone() }.value }),
  ("aDetachedTaskRunsOnTheLoop", { await Task.detached { isAlone() }.value }),
  (
    "aDetachedTaskOfAnyPriorityRunsOnTheLoop",
    {
      var isRight = true
      for priority in [TaskPriority.high, .low, .background, .userInitiated] {
        let ran = await Task.detached(priority: priority) {
          await Task.yield()
          return isAlone()
        }.value
        isRight = ran && isRight
      }
      return isRight
    }
  ),
  (
    "taskSleepIsATimerOfTheLoop",
    {
      let start = ContinuousClock.now
      try await Task.sleep(for: .milliseconds(5))
      return isAlone() && ContinuousClock.now - start >= .milliseconds(5)
    }
  ),
  (
    "taskSleepInNanosecondsIsATimerOfTheLoop",
    {
      try await Task.sleep(nanoseconds: 2_000_000)
      return isAlone()
    }
  ),
  (
    "clocksSleepOnTheLoop",
    {
      try await ContinuousClock().sleep(for: .milliseconds(2))
      let isFirstRight = isAlone()
      try await SuspendingClock().sleep(for: .milliseconds(2))
      return isFirstRight && isAlone()
    }
  ),
  (
    "aCancelWakesASleepingTask",
    {
      let task = Task {
        do {
          try await Task.sleep(for: .seconds(86_400))
          return false
        } catch { return error is CancellationError && isAlone() }
      }
      await Task.yield()
      task.cancel()
      return await task.value
    }
  ),
  (
    "aTaskGroupRunsOnTheLoop",
    {
      await withTaskGroup(of: Bool.self) { group in
        for index in 0..<100 {
          group.addTask {
            if index % 2 == 0 { await Task.yield() }
            return isAlone()
          }
        }
        return await group.reduce(true) { $0 && $1 } && isAlone()
      }
    }
  ),
  (
    "anAsyncStreamRunsOnTheLoop",
    {
      let (stream, continuation) = AsyncStream<Int>.makeStream()
      let producer = Task {
        for number in 1...50 {
          continuation.yield(number)
          await Task.yield()
        }
        continuation.finish()
      }
      var sum = 0
      var isRight = true
      for await number in stream {
        sum += number
        isRight = isRight && isAlone()
      }
      await producer.value
      return isRight && sum == 1275
    }
  ),
  (
    "theMainActorIsOnTheLoop",
    {
      let state = MainState()
      for _ in 0..<10 { await state.add() }
      let isRight = await MainActor.run { isAlone() }
      return await state.count == 10 && isRight
    }
  ),
  (
    "assumeIsolatedWorksOnTheMainActor",
    {
      await MainActor.run {
        isAloneOnTheMainActor()
      }
    }
  ),
  (
    "aTaskOfTheMainActorRunsOnTheLoop",
    { await Task { @MainActor in isAloneOnTheMainActor() }.value }
  ),
  (
    "theMainQueueRunsOnTheLoop",
    {
      await withCheckedContinuation { continuation in
        DispatchQueue.main.async { continuation.resume(returning: isAloneOnTheMainActor()) }
      }
    }
  ),
  (
    "workOfTheMainQueueMakesMore",
    {
      var isRight = true
      for _ in 0..<10 {
        let isHere = await withCheckedContinuation { continuation in
          DispatchQueue.main.async {
            DispatchQueue.main.async { continuation.resume(returning: isAlone()) }
          }
        }
        let isActorHere = await MainActor.run { isAlone() }
        isRight = isRight && isHere && isActorHere
      }
      return isRight
    }
  ),
  (
    "anActorRunsOnTheLoop",
    {
      let tally = Tally()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<50 { group.addTask { await tally.add() } }
      }
      let (count, isAlways) = (await tally.count, await tally.isAlways)
      return count == 50 && isAlways
    }
  ),
  (
    "aContinuationResumesOnTheLoop",
    {
      let value = await withCheckedContinuation { continuation in
        Task { continuation.resume(returning: 7) }
      }
      return value == 7 && isAlone()
    }
  ),
  (
    "asyncLetRunsOnTheLoop",
    {
      async let first = isAlone()
      async let second = isAlone()
      return await [first, second] == [true, true]
    }
  ),
]

let loop = try LoopExecutor.create(name: "owned")
try loop.ownProcess()
report("theModeIsOwned", tenon_process_get_mode() == TENON_PROCESS_OWNED)
report("oneThreadBeforeTheFirstTask", threadCount() == 1)

for stage in stages {
  let outcome = Mutex(false)
  let future = try loop.start {
    let isRight = (try? await stage.run()) ?? false
    outcome.withLock { $0 = isRight }
  }
  let isInTime = try loop.run(until: future, timeout: .seconds(30))
  report(stage.name, isInTime && outcome.withLock { $0 })
  report("\(stage.name): one thread", threadCount() == 1)
}

// A task that nobody waits for, made outside of any poll.
do {
  let outcome = Mutex(false)
  let (promise, future) = try Promise.make()
  Task {
    outcome.withLock { $0 = isAlone() }
    promise.resolve()
  }
  let isInTime = try loop.run(until: future, timeout: .seconds(30))
  report("aTaskMadeOutsideOfAPollRunsInTheNext", isInTime && outcome.withLock { $0 })
}

// Another thread wakes a loop that sleeps.
do {
  let isThere = Mutex(false)
  let (promise, future) = try Promise.make()
  var thread = pthread_t()
  let context = Unmanaged.passRetained(promise).toOpaque()
  let status = pthread_create(
    &thread, nil,
    { @Sendable context in
      let promise = takeContext(context, as: Promise.self)
      DispatchQueue.main.async { promise.resolve(pthread_equal(pthread_self(), home) != 0) }
      return nil
    }, context)
  precondition(status == 0)
  let isInTime = try loop.run(until: future, timeout: .seconds(30))
  pthread_join(thread, nil)
  let reader = try loop.start {
    if case .boolean(true) = try await future.value { isThere.withLock { $0 = true } }
  }
  try loop.run(until: reader, timeout: .seconds(30))
  report("workOfTheMainQueueWakesTheLoop", isInTime && isThere.withLock { $0 })
}

// For a loop that has a host, and for anybody who watches the descriptor.
do {
  var descriptor: Int32 = -1
  report(
    "theMainQueueHasADescriptor",
    tenon_process_main_queue_fd(&descriptor) == TENON_STATUS_OK && descriptor >= 0)
  let isThere = Mutex(false)
  DispatchQueue.main.async { isThere.withLock { $0 = isAlone() } }
  report("theMainQueueCanBeDrained", tenon_process_drain_main_queue() == TENON_STATUS_OK)
  report("whatWasDrainedRan", isThere.withLock { $0 })
}

do {
  let another = try LoopExecutor.create(name: "another")
  var isRefused = false
  do { try another.ownProcess() } catch let error as Failure {
    isRefused = error.code == Int64(TENON_STATUS_BUSY.rawValue)
  }
  report("aSecondOwnerIsRefused", isRefused)
  try another.close()
}

// Two loops, each on its thread: a task goes to the loop of the thread that made it, the main actor to the first.
final class Seen: Sendable {
  let threads = Mutex<[pthread_t]>([])
  func add() { threads.withLock { $0.append(pthread_self()) } }
}
let (plain, fromPoll, main) = (Seen(), Seen(), Seen())
let second = Mutex(pthread_t())
let (secondPromise, secondDone) = try Promise.make()

var thread = pthread_t()
let status = pthread_create(
  &thread, nil,
  { @Sendable _ in
    second.withLock { $0 = pthread_self() }
    do {
      let loop = try LoopExecutor.create(name: "second")
      let (promise, done) = try Promise.make()
      Task {
        plain.add()
        await Task.yield()
        plain.add()
        promise.resolve()
      }
      try loop.run(until: done, timeout: .seconds(30))
      let work = try loop.start {
        await Task { fromPoll.add() }.value
        await Task.detached { fromPoll.add() }.value
        await MainActor.run { main.add() }
        try await Task.sleep(for: .milliseconds(1))
        fromPoll.add()
      }
      try loop.run(until: work, timeout: .seconds(30))
      try loop.close(timeout: .seconds(10))
    } catch { print("second loop: \(error)") }
    secondPromise.resolve()
    return nil
  }, nil)
precondition(status == 0)
let isSecondDone = try loop.run(until: secondDone, timeout: .seconds(60))
pthread_join(thread, nil)
let secondThread = second.withLock { $0 }
report("bothLoopsEnd", isSecondDone)
report(
  "aTaskStartedFromTheSecondLoopsThreadRunsThere",
  plain.threads.withLock { $0 } == [secondThread, secondThread])
report(
  "aTaskStartedInTheSecondLoopsPollRunsThere",
  fromPoll.threads.withLock { $0 } == [secondThread, secondThread, secondThread])
report("theMainActorStaysOnTheFirstLoop", main.threads.withLock { $0 } == [home])
report("oneThreadInTheEnd", threadCount() == 1)

// Sleeps that end at one instant end in the order in which they began.
final class Order: Sendable {
  private let indices = Mutex<[Int]>([])
  var all: [Int] { indices.withLock { $0 } }
  func append(_ index: Int) { indices.withLock { $0.append(index) } }
}

/// Has 200 tasks sleep until one instant, which comes long after all have begun to, as late as it must be for that. Gives the order in
/// which they ended. `run` has each of them do what it is given.
func orderOfSleeps<SomeClock: Clock>(
  until clock: SomeClock, _ run: (_ one: @escaping @Sendable (Int) async -> Void) throws -> Void
) throws -> [Int] where SomeClock.Duration == Duration {
  var distance = Duration.milliseconds(20)
  while true {
    let (early, ended) = (Order(), Order())
    let instant = clock.now.advanced(by: distance)
    let soonest = instant.advanced(by: distance / -2)
    try run { index in
      if clock.now < soonest { early.append(index) }
      try? await Task.sleep(until: instant, clock: clock)
      ended.append(index)
    }
    if early.all.count == 200 { return ended.all }
    distance *= 2
  }
}

func runInGroup(_ one: @escaping @Sendable (Int) async -> Void) throws {
  let work = try loop.start {
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<200 { group.addTask { await one(index) } }
    }
  }
  try loop.run(until: work)
}

do {
  report(
    "sleepsUntilOneInstantEndInTheOrderInWhichTheyBegan",
    try orderOfSleeps(until: ContinuousClock(), runInGroup) == Array(0..<200)
      && orderOfSleeps(until: SuspendingClock(), runInGroup) == Array(0..<200))
  let order = try orderOfSleeps(until: ContinuousClock()) { one in
    let (promise, haveEnded) = try Promise.make()
    let ended = Order()
    for index in 0..<200 {
      Task {
        await one(index)
        ended.append(index)
        if ended.all.count == 200 { promise.resolve() }
      }
    }
    try loop.run(until: haveEnded)
  }
  report("soDoThoseOfTasksThatNameNoLoop", order == Array(0..<200))
}

// A loop does not live for what is left of a sleep that was cancelled.
do {
  let (begins, begun) = try Promise.make()
  let (ends, ended) = try Promise.make()
  let task = Task {
    begins.resolve()
    try? await Task.sleep(for: .seconds(86_400))
    ends.resolve()
  }
  try loop.run(until: begun)
  task.cancel()
  try loop.run(until: ended, timeout: .seconds(30))
  report("aSleepThatWasCancelledEnds", ended.isSettled)
  report("noLoopLivesForASleepThatWasCancelled", try loop.run(timeout: .seconds(10)))
}

// A sleep lasts as long as it should, whatever owners do meanwhile.
func slept(_ duration: Duration) async -> Bool {
  let start = ContinuousClock.now
  try? await Task.sleep(for: duration)
  return ContinuousClock.now - start >= duration
}

do {
  let isRight = Mutex(false)
  let (begins, begun) = try Promise.make()
  let work = try loop.start {
    begins.resolve()
    // Waits until it is told that the loop closes, and sleeps then.
    try? await Task.sleep(for: .seconds(86_400))
    let isLong = await Task { await slept(.milliseconds(20)) }.value
    isRight.withLock { $0 = isLong }
  }
  try loop.run(until: begun)
  let isDrained = try loop.close(timeout: .seconds(10))
  report("theCloseDrains", isDrained)
  report("aSleepThatBeginsWhileTheOwnerClosesIsNotCutShort", isRight.withLock { $0 })
  report("theCallThatWaitedForItEnds", tenon_future_poll(work.pointer) == TENON_STATUS_OK)
}

/// Whether a task that nobody waits for has slept as long as it should.
final class Outcome: Sendable {
  private let promise: Promise
  private let future: Future
  private let outcome = Mutex(false)

  init() throws { (promise, future) = try Promise.make() }

  func end(_ isLong: Bool) {
    outcome.withLock { $0 = isLong }
    promise.resolve()
  }

  /// Runs `owner` until it has.
  func isLong(on owner: LoopExecutor) throws -> Bool {
    try owner.run(until: future, timeout: .seconds(30)) && outcome.withLock { $0 }
  }
}

do {
  let (asleep, between, onMain) = try (Outcome(), Outcome(), Outcome())
  let first = try LoopExecutor.create(name: "first")
  try first.ownProcess()
  Task { asleep.end(await slept(.milliseconds(100))) }
  Task { @MainActor in onMain.end(await slept(.milliseconds(100))) }
  let work = try first.start { await Task.yield() }
  try first.run(until: work)
  try first.close()
  Task { between.end(await slept(.milliseconds(30))) }
  let next = try LoopExecutor.create(name: "next")
  try next.ownProcess()
  report("aTaskThatSleptWhenTheOwnerClosedSleepsOnAndEnds", try asleep.isLong(on: next))
  report("soDoesOneOfTheMainActor", try onMain.isLong(on: next))
  report("aSleepOfATaskMadeBetweenOwnersLastsAsItShould", try between.isLong(on: next))
  report("nobodyEndedBefore", try next.close())
}

exitWithReport()
