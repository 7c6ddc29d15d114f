import CTenon
import Glibc
import Synchronization
import Testing
@_spi(ExperimentalScheduling) import _Concurrency

@_spi(ExperimentalScheduling) @testable import Tenon

private struct Boom: Error, Equatable { var index = 0 }

private actor Tally: LoopActor {
  nonisolated let executor: LoopExecutor
  private(set) var count = 0
  init(on executor: LoopExecutor) { self.executor = executor }
  func add() {
    assertIsolated()
    count += 1
  }
}

private actor Blocking: LoopActor {
  nonisolated let executor: LoopExecutor
  init(on executor: LoopExecutor) { self.executor = executor }
  func block(_ enters: Promise, _ gate: Gate) {
    enters.resolve()
    gate.wait()
  }
  func note(_ hasBegun: Shared<Bool>) { hasBegun.value = true }
}

/// Executors with threads, for Swift authors.
@Suite struct ThreadPoolTests {
  private func withPool(
    _ threads: Int = 3, _ body: (ThreadPool) async throws -> Void
  ) async throws {
    let pool = try ThreadPool.create(threads: threads, name: "test")
    try await body(pool)
    #expect(try pool.close(timeout: .seconds(60)))
  }

  @Test func aPoolNeedsAThread() {
    for count in [0, -1, 1025, Int.max] {
      #expect(throws: Failure.self) { try ThreadPool.create(threads: count) }
    }
  }

  @Test func workRunsOnThePoolAndGoesOnWhereItWasCalled() async throws {
    try await withPool { pool in
      #expect(!pool.isCurrent)
      let isThere = try await pool.run {
        await Task.yield()
        return pool.isCurrent
      }
      #expect(isThere)
      #expect(!pool.isCurrent)
      await #expect(throws: Boom.self) { try await pool.run { throw Boom() } }
    }
  }

  @Test func aClosedPoolSaysSo() async throws {
    let pool = try ThreadPool.create(threads: 1)
    try pool.close()
    await #expect(throws: Failure.self) { try await pool.run { 1 } }
    #expect(throws: Failure.self) { try pool.forEach(in: 0..<1) { _ in } }
    #expect(throws: Failure.self) { try pool.start { 1 } }
  }

  @Test func whoIsOnAPoolThatClosesComesBackAllTheSame() async throws {
    let pool = try ThreadPool.create(threads: 1)
    let (isThere, goesOn) = (Shared(false), Shared(false))
    let visit = Task {
      try await pool.run {
        isThere.value = true
        while !goesOn.value { sched_yield() }
        return 7
      }
    }
    while !isThere.value { await Task.yield() }
    // It does not wait for that.
    #expect(try !pool.close())
    goesOn.value = true
    #expect(try await visit.value == 7)
  }

  @Test func whatComesTooLateForAPoolIsCountedAndDoesNotRun() async throws {
    let pool = try ThreadPool.create(threads: 1)
    #expect(tenon_executor_retain(pool.pointer) == TENON_STATUS_OK)
    let actors = LoopSerialExecutor(state: pool.state, name: pool.name)
    let (isThere, goesOn, runs) = (Gate(), Gate(), Shared([Int]()))
    pool.enqueue(
      job {
        isThere.open()
        goesOn.wait()
      })
    isThere.wait()
    // The close runs what is ready, and not what that makes ready.
    pool.enqueue(
      job {
        runs.change { $0.append(1) }
        pool.enqueue(job { runs.change { $0.append(2) } })
        for _ in 0..<2 { actors.enqueue(job { runs.change { $0.append(3) } }) }
      })
    #expect(try !pool.close(timeout: .zero))
    goesOn.open()
    #expect(runs.value == [1])
    #expect(pool.statistics.jobs_abandoned == 3)
    #expect(tenon_executor_release(pool.pointer) == TENON_STATUS_OK)
  }

  @Test func whoeverWaitsForAPoolThatHasNoThreadRunsWhatSwiftHasForIt() async throws {
    let pool = try ThreadPool.create(threads: 1)
    // As when the system has none to give.
    let helpers = pool.pool.pointee.helpers.exchange(0, ordering: .relaxed)
    let (ranOn, waited) = (Shared<UInt>(0), Shared<UInt>(1))
    let (promise, future) = try Promise.make()
    pool.enqueue(
      job {
        ranOn.value = threadHere()
        promise.resolve()
      })
    let waiting = TestThread {
      waited.value = threadHere()
      #expect(throws: Never.self) { try pool.run(until: future) }
    }
    waiting.join()
    #expect(ranOn.value == waited.value)
    #expect(pool.statistics.threads == 0)
    pool.pool.pointee.helpers.store(helpers, ordering: .relaxed)
    #expect(try pool.close(timeout: .seconds(60)))
  }

  @Test func aPoolThatClosesEndsInTimeWhateverSleepsThere() async throws {
    let pool = try ThreadPool.create(threads: 2)
    #expect(tenon_executor_retain(pool.pointer) == TENON_STATUS_OK)
    let (isThere, goesOn) = (Gate(), Gate())
    pool.enqueue(
      job {
        isThere.open()
        while pool.isOpen { sched_yield() }
        // A later time than that of the close.
        pool.enqueue(
          job {}, after: .seconds(86_400), tolerance: nil, clock: ContinuousClock())
        goesOn.wait()
      })
    isThere.wait()
    let told = Gate()
    let (promise, future) = try Promise.make()
    let tell: tenon_completion_fn = { context, status, _ in
      #expect(status == TENON_STATUS_CLOSED)
      Unmanaged<Gate>.fromOpaque(context!).takeUnretainedValue().open()
    }
    #expect(
      tenon_future_on_complete(
        future.pointer, pool.pointer, tell, Unmanaged.passUnretained(told).toOpaque(), nil)
        == TENON_STATUS_OK)
    #expect(tenon_executor_begin_close(pool.pointer, 20_000_000) == TENON_STATUS_OK)
    told.wait()
    goesOn.open()
    promise.resolve()
    #expect(tenon_executor_release(pool.pointer) == TENON_STATUS_OK)
  }

  /// Which thread of a pool sleeps until the next timer, if it is the one that would be woken first and another one sleeps, too.
  private func firstKeeper(of pool: ThreadPool) -> Int? {
    pool.state.pointee.mutex.withLock {
      let first = pool.pool.shared.pointee.firstIdle
      guard first >= 0, first == pool.pool.keeper,
        pool.pool.worker(first).shared.pointee.nextIdle >= 0
      else { return nil }
      return first
    }
  }

  @Test func aJobLeavesTheThreadAloneThatSleepsUntilTheNextTimer() async throws {
    try await withPool(2) { pool in
      let (areThere, goOn) = (Shared(0), Gate())
      for _ in 0..<2 {
        pool.enqueue(
          job {
            areThere.change { $0 += 1 }
            goOn.wait()
          })
      }
      while areThere.value < 2 { await Task.yield() }
      goOn.open()
      // Each timer that is earlier than those before has the keeper come back, and go to sleep again.
      var hours = 1000
      var timers: [OpaquePointer?] = []
      while firstKeeper(of: pool) == nil {
        let ignore: tenon_timer_fn = { _, _ in }
        var timer: OpaquePointer?
        let deadline = tenon_timer_now_ns() + UInt64(hours) * 3_600_000_000_000
        #expect(
          tenon_timer_start(pool.pointer, deadline, ignore, nil, &timer) == TENON_STATUS_OK)
        timers.append(timer)
        hours -= 1
        for _ in 0..<1000 where firstKeeper(of: pool) == nil { await Task.yield() }
      }
      let keeper = firstKeeper(of: pool)
      let goesOn = Gate()
      pool.enqueue(job { goesOn.wait() })
      #expect(keeper == pool.pool.keeper)
      goesOn.open()
      for timer in timers { #expect(tenon_timer_cancel(timer) == TENON_STATUS_OK) }
    }
  }

  @Test func detachedWorkOfAPoolGoesOnWhenNobodyHoldsItsFuture() async throws {
    try await withPool { pool in
      let (goesOn, ends) = (Gate(), Gate())
      let isCancelled = Shared(true)
      do {
        let future = try pool.start(detached: true) {
          goesOn.wait()
          isCancelled.value = Task.isCancelled
          ends.open()
        }
        #expect(!future.isSettled)
      }
      goesOn.open()
      ends.wait()
      #expect(!isCancelled.value)
    }
  }

  @Test func anActorWithManyCallsRunsThemAll() async throws {
    try await withPool(1) { pool in
      let (tally, isThere, goesOn) = (Tally(on: pool), Shared(false), Shared(false))
      let blocker = try pool.start {
        isThere.value = true
        while !goesOn.value { sched_yield() }
      }
      while !isThere.value { await Task.yield() }
      let calls = (0..<200).map { _ in Task { await tally.add() } }
      // All of them wait for the pool's only thread.
      while pool.state.pointee.mutex.withLock({ pool.pool.shared.pointee.serialJobs.count }) < 200 {
        await Task.yield()
      }
      goesOn.value = true
      for call in calls { await call.value }
      #expect(await tally.count == 200)
      await blocker.settled()
    }
  }

  @Test func tasksThatPreferAPoolStayThere() async throws {
    try await withPool { pool in
      let count = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<1000 {
          group.addTask(executorPreference: pool) {
            await Task.yield()
            return pool.isCurrent
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(count == 1000)
    }
  }

  @Test func aHundredThousandChildrenAreJoined() async throws {
    try await withPool(2) { pool in
      let sum = try await pool.run {
        await withTaskGroup(of: Int.self) { group in
          for index in 0..<100_000 { group.addTask { index } }
          return await group.reduce(0, +)
        }
      }
      #expect(sum == 100_000 * 99_999 / 2)
    }
  }

  @Test func callsOfAPoolAreFuturesThatAreCancelled() async throws {
    try await withPool { pool in
      let answer = try pool.start { () async throws -> Int in 42 }
      guard case .i64(42) = try await answer.take() else {
        Issue.record("another answer")
        return
      }
      let endless = try pool.start {
        while !Task.isCancelled { await Task.yield() }
        throw CancellationError()
      }
      endless.cancel()
      await #expect(throws: CancellationError.self) { _ = try await endless.take() }
    }
  }

  @Test func aCloseCancelsCallsAndWaitsForThem() async throws {
    let pool = try ThreadPool.create(threads: 2)
    let futures = try (0..<100).map { _ in
      try pool.start { while !Task.isCancelled { await Task.yield() } }
    }
    #expect(try pool.close(timeout: .seconds(60)))
    for future in futures { await future.settled() }
  }

  @Test func actorsOnAPoolAreSerial() async throws {
    try await withPool(4) { pool in
      let tally = Tally(on: pool)
      try await pool.run {
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<10 {
            group.addTask { for _ in 0..<1000 { await tally.add() } }
          }
        }
      }
      #expect(await tally.count == 10_000)
    }
  }

  /// Another thread is idle, and takes what comes after the actors' next job, but not that one.
  @Test func whatAnActorDoesKeepsTheOthersOfItsPoolWaitingAndNobodyElse() async throws {
    try await withPool(2) { pool in
      let (enters, isIn) = try Promise.make()
      let gate = Gate()
      let blocking = Task { await Blocking(on: pool).block(enters, gate) }
      await isIn.settled()
      let hasBegun = Shared(false)
      let other = Blocking(on: pool)
      // They are in the pool's queue by then: more than it runs before others have a turn.
      let waiting = (0..<100).map { _ in Task.immediate { await other.note(hasBegun) } }
      let isAlone = try await pool.run { !hasBegun.value }
      #expect(isAlone)
      gate.open()
      await blocking.value
      for task in waiting { await task.value }
    }
  }

  @Test func sleepsAreThePoolsTimers() async throws {
    try await withPool(1) { pool in
      let start = ContinuousClock.now
      try await pool.run { try await pool.clock.sleep(for: .milliseconds(5)) }
      #expect(ContinuousClock.now - start >= .milliseconds(5))
    }
  }

  // MARK: Loops

  @Test func aLoopMeetsAllOfWhatItBorrows() async throws {
    try await withPool { pool in
      let numbers = Array(0..<10_000)
      let sum = Atomic(0)
      try pool.forEach(in: numbers.span, chunk: 7) { part, begin in
        for index in 0..<part.count {
          #expect(part[index] == begin + index)
          sum.wrappingAdd(part[index], ordering: .relaxed)
        }
      }
      #expect(sum.load(ordering: .relaxed) == 10_000 * 9_999 / 2)
      var squares = numbers
      var span = squares.mutableSpan
      try pool.forEach(in: &span) { part, begin in
        for index in 0..<part.count { part[index] *= begin + index }
      }
      #expect(squares == numbers.map { $0 * $0 })
      #expect(try pool.map(numbers.span) { String($0) } == numbers.map { String($0) })
    }
  }

  @Test func aLoopThrowsTheFirstErrorInOrder() async throws {
    try await withPool { pool in
      for first in [0, 1, 99, 500] {
        #expect(throws: Boom(index: first)) {
          try pool.forEach(in: 0..<1000, chunk: 1) { range in
            if range.lowerBound >= first { throw Boom(index: range.lowerBound) }
          }
        }
      }
    }
  }

  @Test func aLoopInACancelledTaskEndsEarly() async throws {
    try await withPool { pool in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        try pool.forEach(in: 0..<1000) { _ in Issue.record("it begins") }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  // MARK: Streams

  @Test func aParallelStageKeepsTheOrder() async throws {
    try await withPool(4) { pool in
      let numbers = AsyncStream { continuation in
        for number in 0..<2000 { continuation.yield(number) }
        continuation.finish()
      }
      var next = 0
      for try await number in numbers.parallelMap(
        on: pool, width: 5,
        { number in
          for _ in 0..<(number % 7) { await Task.yield() }
          return number
        })
      {
        #expect(number == next)
        next += 1
      }
      #expect(next == 2000)
    }
  }

  @Test func aParallelStageReadsNoFurtherThanItsWidth() async throws {
    try await withPool(4) { pool in
      let counts = Shared((started: 0, running: 0, most: 0))
      let numbers = AsyncStream { continuation in
        for number in 0..<200 { continuation.yield(number) }
        continuation.finish()
      }
      var taken = 0
      for try await _ in numbers.parallelMap(
        on: pool, width: 3,
        { number in
          counts.change {
            $0.started += 1
            $0.running += 1
            $0.most = max($0.most, $0.running)
          }
          await Task.yield()
          counts.change { $0.running -= 1 }
          return number
        })
      {
        taken += 1
        #expect(counts.value.started <= taken + 3)
      }
      #expect(taken == 200)
      #expect(counts.value.most <= 3)
    }
  }

  @Test func aParallelStageBetweenAStreamAndAStreamKeepsBackpressure() async throws {
    let started = Shared(0)
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: 3)
      let (sink, source) = try Stream.make(capacity: 4)
      let writing = try loop.start {
        for number in 0..<1000 { try await sink.send(number) }
        sink.close()
      }
      let results = try loop.stream(
        from: source.parallelMap(on: pool, width: 3) { value -> Int in
          started.change { $0 += 1 }
          guard case .i64(let number) = value else { throw Boom() }
          for _ in 0..<(number % 5) { await Task.yield() }
          return Int(number) * 2
        }, capacity: 4)
      let reading = try loop.start {
        var next = 0
        for try await value in results {
          guard case .i64(let number) = value else { throw Boom() }
          #expect(number == next * 2)
          next += 1
          // Those that were taken, that wait in the buffer or to be sent, and that are on their way.
          #expect(started.value <= next + 4 + 1 + 3)
        }
        #expect(next == 1000)
      }
      try loop.run(until: reading)
      try loop.run(until: writing)
      #expect(tenon_future_poll(reading.pointer) == TENON_STATUS_OK)
      #expect(try pool.close(timeout: .seconds(60)))
    }
    #expect(started.value == 1000)
  }

  @Test func aSequenceIsMappedInItsOrderAndNoWiderThanItMayBe() async throws {
    try await withPool(4) { pool in
      let counts = Shared((running: 0, most: 0))
      let outputs = try await (0..<2000).parallelMap(on: pool, width: 3) { number in
        counts.change {
          $0.running += 1
          $0.most = max($0.most, $0.running)
        }
        for _ in 0..<(number % 7) { await Task.yield() }
        counts.change { $0.running -= 1 }
        return number * 2
      }
      #expect(outputs == (0..<2000).map { $0 * 2 })
      #expect(counts.value.most <= 3)
      #expect(try await EmptyCollection<Int>().parallelMap(on: pool) { $0 }.isEmpty)
    }
  }

  @Test func aSequencesMapEndsWithItsFirstErrorAndItsTasksCancel() async throws {
    try await withPool(4) { pool in
      let begun = Shared(0)
      await #expect(throws: Boom(index: 5)) {
        _ = try await (0..<Int.max).parallelMap(on: pool, width: 4) { number in
          begun.change { $0 += 1 }
          if number == 5 { throw Boom(index: 5) }
          if number > 5 { while !Task.isCancelled { await Task.yield() } }
          return number
        }
      }
      #expect(begun.value <= 10)
      let task = Task {
        try await (0..<Int.max).parallelMap(on: pool, width: 2) { number in
          while !Task.isCancelled { await Task.yield() }
          return number
        }
      }
      task.cancel()
      await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
  }

  @Test func aParallelStageEndsWithItsFirstErrorAndCancelsTheRest() async throws {
    try await withPool(4) { pool in
      let endless = AsyncStream<Int> { continuation in
        for number in 0..<100 { continuation.yield(number) }
      }
      var count = 0
      await #expect(throws: Boom(index: 10)) {
        for try await _ in endless.parallelMap(
          on: pool, width: 4,
          { number in
            if number >= 10 {
              if number > 10 { while !Task.isCancelled { await Task.yield() } }
              throw Boom(index: number)
            }
            return number
          })
        { count += 1 }
      }
      #expect(count == 10)
    }
  }

  @Test func aParallelStageWhoseReaderLeavesIsCancelled() async throws {
    try await withPool(4) { pool in
      let endless = AsyncStream<Int> { continuation in
        for number in 0..<100 { continuation.yield(number) }
      }
      for try await _ in endless.parallelMap(
        on: pool, width: 4,
        { number in
          if number > 0 { while !Task.isCancelled { await Task.yield() } }
          return number
        })
      { break }
      let reader = Task {
        for try await _ in endless.parallelMap(
          on: pool, width: 2,
          { _ in
            while !Task.isCancelled { await Task.yield() }
            throw CancellationError()
          })
        {}
      }
      reader.cancel()
      _ = await reader.result
    }
  }

  @Test func whatACallReturnsWhenItsPoolHasClosedAndNobodyReadsItIsDropped() async throws {
    let (isIn, isLetGo, drops) = (Gate(), Gate(), Shared(0))
    let pool = try ThreadPool.create(threads: 1)
    do {
      let call = try pool.start { () -> Value in
        isIn.open()
        isLetGo.wait()
        return .object(Witness(drops))
      }
      isIn.wait()
      #expect(tenon_executor_close(pool.pointer, 0) == TENON_STATUS_TIMEOUT)
      #expect(tenon_future_poll(call.pointer) == TENON_STATUS_REJECTED)
    }
    isLetGo.open()
    while drops.value == 0 { await Task.yield() }
    #expect(drops.value == 1)
  }
}
