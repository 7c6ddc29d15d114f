import CTenon
import Glibc
import Testing
@_spi(ExperimentalScheduling) import _Concurrency

@_spi(ExperimentalScheduling) @testable import Tenon

private actor Counter: LoopActor {
  nonisolated let executor: LoopExecutor
  private(set) var count = 0
  private(set) var threads: Set<UInt> = []

  init(on executor: LoopExecutor) { self.executor = executor }

  func add() {
    count += 1
    threads.insert(threadHere())
  }
}

/// Actors and clocks of a loop.
@Suite struct LoopTests {
  @Test func anActorsMethodsRunOnItsLoopsThread() async throws {
    try await withLoop { loop in
      let counter = Counter(on: loop)
      let thread = threadHere()
      try loop.result {
        for _ in 0..<10 { await counter.add() }
        #expect(await counter.count == 10)
        #expect(await counter.threads == [thread])
      }
    }
  }

  @Test func aTaskOfAnotherThreadReachesAnActorByItsLoop() async throws {
    try await withLoop { loop in
      let counter = Counter(on: loop)
      let thread = threadHere()
      let (promise, done) = try Promise.make()
      Task.detached {
        for _ in 0..<100 { await counter.add() }
        promise.resolve()
      }
      try loop.run(until: done)
      let threads = try loop.result { await counter.threads }
      #expect(threads == [thread])
    }
  }

  @Test func assumeIsolatedWorksInAPostedJob() async throws {
    try await withLoop { loop in
      let counter = Counter(on: loop)
      let context = Unmanaged.passRetained(counter).toOpaque()
      let job: tenon_job_fn = { context, _ in
        Unmanaged<Counter>.fromOpaque(context!).takeRetainedValue().assumeIsolated { $0.add() }
      }
      #expect(tenon_executor_post(loop.pointer, job, context) == TENON_STATUS_OK)
      loop.pollAll()
      let count = try loop.result { await counter.count }
      #expect(count == 1)
      #expect(!loop.isCurrent)
    }
  }

  @Test func aSleepIsNeverEarly() async throws {
    try await withLoop { loop in
      let clock = loop.clock
      let futures = try (0..<200).map { index in
        try loop.start {
          let deadline = clock.now.advanced(by: .microseconds(index * 37))
          try await clock.sleep(until: deadline)
          #expect(clock.now >= deadline)
        }
      }
      for future in futures { try loop.run(until: future) }
      #expect(futures.allSatisfy { tenon_future_poll($0.pointer) == TENON_STATUS_OK })
    }
  }

  @Test func sleepsEndByDeadlineAndEqualOnesInTheOrderInWhichTheyBegan() async throws {
    let host = VirtualHost()
    let loop = try host.makeExecutor()
    defer { #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_OK) }
    let ended = Shared<[Int]>([])
    // Instants some nanoseconds, and some milliseconds, apart.
    let offsets: [UInt64] = [7, 3, 7, 5_000_000, 3, 1, 5_000_000, 90_000, 7, 1, 60_000]
    let futures = try offsets.enumerated().map { index, offset in
      try loop.start {
        try await loop.clock.sleep(until: .init(nanoseconds: 1 + offset))
        ended.change { $0.append(index) }
      }
    }
    loop.pollAll()
    for time in [1, 4, 70_000, 20 * VirtualHost.unit] {
      host.now = time
      loop.pollAll()
    }
    let expected = offsets.indices.sorted { (offsets[$0], $0) < (offsets[$1], $1) }
    #expect(ended.value == expected)
    for future in futures { #expect(tenon_future_poll(future.pointer) == TENON_STATUS_OK) }
  }

  /// Swift's own clocks know nothing of it: how long a sleep lasts is what counts.
  @Test func aTaskSleepsInTheTimeOfItsLoopsHost() async throws {
    let host = VirtualHost()
    let loop = try host.makeExecutor()
    defer { #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_OK) }
    let runs = Shared(0)
    loop.enqueue(
      job { runs.change { $0 += 1 } }, after: .seconds(86_400), tolerance: nil,
      clock: ContinuousClock())
    for hours: UInt64 in [0, 23, 25] {
      host.now = hours * 3_600_000_000_000
      loop.pollAll()
      #expect(runs.value == (hours < 24 ? 0 : 1))
    }
  }

  @Test func aDurationIsRoundedUpToWholeNanoseconds() {
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 1).clampedNanoseconds == 1)
    #expect(
      Duration(secondsComponent: 1, attosecondsComponent: 999_999_999).clampedNanoseconds
        == 1_000_000_001)
    #expect(Duration.nanoseconds(7).clampedNanoseconds == 7)
    #expect(Duration.seconds(-1).clampedNanoseconds == 0)
    #expect(Duration.seconds(Int64.max).clampedNanoseconds == .max)
  }

  @Test func aDeadlineInThePastEndsAtOnce() async throws {
    try await withLoop { loop in
      try loop.result {
        try await loop.clock.sleep(until: .init(nanoseconds: 0))
        try await loop.clock.sleep(until: loop.clock.now.advanced(by: .seconds(-1)))
        try await loop.clock.sleep(for: .zero)
      }
    }
  }

  @Test func aCancelWakesTheLongestSleep() async throws {
    try await withLoop { loop in
      let deadlines: [UInt64] = [.max, UInt64(Int64.max), UInt64(Int64.max) + 1]
      for deadline in deadlines {
        let future = try loop.start {
          try await loop.clock.sleep(until: .init(nanoseconds: deadline))
        }
        loop.pollAll()
        #expect(!future.isSettled)
        future.cancel()
        try #require(try loop.run(until: future, timeout: .seconds(60)))
        #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
      }
      let longest = try loop.start { try await loop.clock.sleep(for: .seconds(Int64.max)) }
      loop.pollAll()
      #expect(!longest.isSettled)
      longest.cancel()
      try loop.run(until: longest)
    }
  }

  @Test func anInstantNeverOverflows() {
    let last = LoopClock.Instant(nanoseconds: .max)
    #expect(last.advanced(by: .seconds(Int64.max)) == last)
    #expect(LoopClock.Instant(nanoseconds: 5).advanced(by: .seconds(-1)).nanoseconds == 0)
    #expect(last.duration(to: last) == .zero)
    let first = LoopClock.Instant(nanoseconds: 1)
    #expect(first.duration(to: LoopClock.Instant(nanoseconds: 3)) == .nanoseconds(2))
    #expect(LoopClock.Instant(nanoseconds: 3).duration(to: first) == .nanoseconds(-2))
  }

  @Test func runTellsThatTheTimeWasNotEnough() async throws {
    try await withLoop { loop in
      let (promise, future) = try Promise.make()
      let isInTime = try loop.run(until: future, timeout: .milliseconds(1))
      #expect(!isInTime)
      promise.resolve()
      try #require(try loop.run(until: future))
    }
  }

  /// What blocking calls answer here: for ever and not at all, for a future and for all that is pending.
  private func blockingAnswers(
    _ loop: LoopExecutor, _ other: LoopExecutor, _ future: Future
  ) -> [tenon_status_t] {
    [
      tenon_future_wait(future.pointer, .max),
      tenon_future_wait(future.pointer, 0),
      tenon_executor_run_until(other.pointer, future.pointer, .max),
      tenon_executor_run_until(other.pointer, future.pointer, 0),
      tenon_executor_run_until(other.pointer, nil, .max),
      tenon_executor_run_until(loop.pointer, future.pointer, .max),
    ]
  }

  @Test func blockingInATaskIsADeadlock() async throws {
    try await withLoop { loop in
      let other = try LoopExecutor.create(name: "other")
      let (promise, future) = try Promise.make()
      let deadlocks = [tenon_status_t](repeating: TENON_STATUS_DEADLOCK, count: 5)
      let onLoop = try loop.result { blockingAnswers(loop, other, future) }
      #expect(onLoop == deadlocks + [TENON_STATUS_BUSY])
      // On one of the threads that Swift's runtime has for tasks.
      let elsewhere = try loop.result {
        await Task.detached { blockingAnswers(loop, other, future) }.value
      }
      #expect(elsewhere == deadlocks + [TENON_STATUS_DEADLOCK])
      // What has settled needs no waiting.
      promise.resolve()
      let settled = try loop.result {
        await Task.detached {
          [
            tenon_future_wait(future.pointer, .max),
            tenon_executor_run_until(other.pointer, future.pointer, .max),
          ]
        }.value
      }
      #expect(settled == [TENON_STATUS_OK, TENON_STATUS_OK])
      try other.close()
    }
  }

  @Test func anActorOfALoopThatHasClosedIsNeverRun() async throws {
    let loop = try LoopExecutor.create()
    #expect(tenon_executor_retain(loop.pointer) == TENON_STATUS_OK)
    let (counter, isThere) = (Counter(on: loop), Shared(false))
    try loop.close()
    Task.detached {
      isThere.value = true
      await counter.add()
      Issue.record("it has closed")
    }
    while loop.statistics.jobs_abandoned == 0 { await Task.yield() }
    #expect(isThere.value && loop.statistics.jobs_abandoned == 1)
    #expect(tenon_executor_release(loop.pointer) == TENON_STATUS_OK)
  }
}
