// The owned mode with a pool: the main actor is on the loop, and what names no executor on the pool's threads.
import CTenon
import Dispatch
import Glibc
import ProgramSupport
import Synchronization
import Tenon
import TenonExport

let loop = try LoopExecutor.create(name: "loop")
let pool = try ThreadPool.create(threads: 4, name: "pool")

@concurrent func whereConcurrent() async -> Bool { pool.isCurrent && !loop.isCurrent }

/// Blocks its thread until another task has run, as code does that was written for many threads.
func blocking(_ depth: Int) -> Int {
  if depth == 0 { return 0 }
  let done = DispatchSemaphore(value: 0)
  let answer = Answer()
  Task.detached {
    let inner = blocking(depth - 1)
    answer.value.withLock { $0 = inner + 1 }
    done.signal()
  }
  done.wait()
  return answer.value.withLock { $0 }
}

final class Answer: Sendable {
  let value = Mutex(0)
}

/// What threads wait for.
struct Semaphore: Sendable {
  // SAFETY: made for many threads; the pointer never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }
  func post() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0 {} }
}

actor Plain {
  func whereActor() -> Bool { pool.isCurrent }
}

@MainActor func stages() async {
  report("theMainActorIsOnTheLoop", loop.isCurrent)
  report("aDetachedTaskIsOnThePool", await Task.detached { pool.isCurrent }.value)
  report("theMainActorGoesOnOnTheLoop", loop.isCurrent)
  report("aTaskOfTheMainActorIsOnTheLoop", await Task { loop.isCurrent }.value)
  report("aConcurrentFunctionIsOnThePool", await whereConcurrent())
  report("andComesBack", loop.isCurrent)
  report("aPlainActorIsOnThePool", await Plain().whereActor())
  let blocked = await Task.detached { blocking(3) }.value
  report("codeThatBlocksOnOtherTasksGoesOn", blocked == 3)
  report(
    "codeOnThePoolCallsTheMainActor",
    await Task.detached { await MainActor.run { loop.isCurrent } }.value)
  let start = ContinuousClock.now
  try? await Task.detached { try await Task.sleep(for: .milliseconds(5)) }.value
  report("aSleepOnThePoolIsItsTimer", ContinuousClock.now - start >= .milliseconds(5))

  // While it computes on the pool, the loop goes on.
  let (isComputing, isOver) = (Answer(), Answer())
  let computing = Task.detached {
    isComputing.value.withLock { $0 = 1 }
    while isOver.value.withLock({ $0 }) == 0 {}
    return true
  }
  while isComputing.value.withLock({ $0 }) == 0 { await Task.yield() }
  for _ in 0..<10 { try? await Task.sleep(for: .milliseconds(1)) }
  isOver.value.withLock { $0 = 1 }
  report("theLoopGoesOnWhileThePoolComputes", await computing.value)
}

func wakes() -> UInt64 {
  var statistics = tenon_executor_statistics_t()
  statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
  _ = tenon_executor_get_statistics(loop.pointer, &statistics)
  return statistics.wakes
}

/// A thousand results that come while the loop is busy are one wake, or none.
@MainActor func batch() async {
  let arrived = Answer()
  let results = (0..<1000).map { number in
    Task.detached {
      arrived.value.withLock { $0 += 1 }
      return number
    }
  }
  let waiting = Task {
    var sum = 0
    for result in results { sum += await result.value }
    return sum
  }
  let before = wakes()
  while arrived.value.withLock({ $0 }) < 1000 {}
  report("allResultsAreThere", await waiting.value == 1000 * 999 / 2)
  report("aBatchIsOneWake", wakes() - before <= 3)
}

/// What must not hold up a loop leaves one without a pool, too: see `@Export(.concurrent)`.
func withoutAPool() throws {
  struct Boom: Error {}
  let away = try loop.start {
    report(
      "aFunctionLeavesALoopWithoutAPool",
      try await TenonExport.concurrently { !loop.isCurrent && !pool.isCurrent })
    report("andComesBackToIt", loop.isCurrent)
    do {
      try await TenonExport.concurrently { throw Boom() }
    } catch { report("whatItThrowsComesBack", error is Boom && loop.isCurrent) }
  }
  try loop.run(until: away)
  report("thatDoesNotFail", away.isSettled)

  // It ends by what the loop does meanwhile.
  let ticks = Semaphore()
  let endless = try loop.start {
    try await TenonExport.concurrently { for _ in 0..<5 { ticks.wait() } }
  }
  let ticking = try loop.start {
    for _ in 0..<5 {
      try await Task.sleep(for: .milliseconds(1))
      ticks.post()
    }
  }
  try loop.run(until: ticking)
  try loop.run(until: endless)
  report("theLoopGoesOnMeanwhile", endless.isSettled)

  let (begins, begun) = try Promise.make()
  let cancelled = try loop.start {
    try await TenonExport.concurrently {
      begins.resolve()
      while !Task.isCancelled { sched_yield() }
      throw CancellationError()
    }
  }
  try loop.run(until: begun)
  cancelled.cancel()
  try loop.run(until: cancelled)
  report("aCancelFindsIt", tenon_future_poll(cancelled.pointer) == TENON_STATUS_CANCELLED)

  // Nobody polls while a thousand end, so they wake the loop once; but those that were not quite back when the last one ended.
  let ended = Semaphore()
  let calls = try (0..<1000).map { _ in
    try loop.start { try await TenonExport.concurrently { ended.post() } }
  }
  var descriptor: Int32 = -1
  _ = tenon_executor_fd(loop.pointer, &descriptor)
  let before = wakes()
  let all = try loop.start { for _ in 0..<1000 { ended.wait() } }
  for call in calls + [all] { try loop.run(until: call) }
  report("aThousandComeBackInAFewWakes", wakes() - before <= 1 + ThreadPool.processors)
}

do {
  try loop.ownProcess()
  try withoutAPool()
  try loop.setPool(pool)
  let done = try loop.start {
    report("aCallIsOnTheLoop", loop.isCurrent)
    report("whatItCallsThatIsConcurrentIsOnThePool", await whereConcurrent())
    report("theCallGoesOnOnTheLoop", loop.isCurrent)
    await Task { @MainActor in
      await stages()
      await batch()
    }.value
  }
  try loop.run(until: done)
  try pool.close(timeout: .seconds(60))
  let after = try loop.start {
    report("withoutThePoolItIsTheLoop", await Task.detached { loop.isCurrent }.value)
  }
  try loop.run(until: after)
  let next = try ThreadPool.create(threads: 1)
  try loop.setPool(next)
  let last = try loop.start {
    report("anotherPoolMayHaveThePlace", await Task.detached { next.isCurrent }.value)
  }
  try loop.run(until: last)
  report("thatCloses", try next.close(timeout: .seconds(60)))
  report("theLoopCloses", try loop.close(timeout: .seconds(60)))
}

exitWithReport()
