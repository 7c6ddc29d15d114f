import CTenon
import Glibc
import TenonExport
import Testing

@testable import Tenon

private struct Boom: Error, Equatable {}

private actor Plain {
  func isOn(_ executor: LoopExecutor) -> Bool { executor.isCurrent }
}

private actor OnTheLoop: LoopActor {
  nonisolated let executor: LoopExecutor
  init(on executor: LoopExecutor) { self.executor = executor }
  func isHere() -> Bool { executor.isCurrent }
}

@concurrent private func leaving<Result: Sendable>(
  _ body: @Sendable () async throws -> Result
) async rethrows -> Result { try await body() }

private func begin(
  at home: isolated DriverHome, _ body: nonisolated(nonsending) @Sendable () async -> Void
) async {
  home.begin()
  home.assertIsolated()
  await body()
}

private nonisolated(nonsending) func isHere(_ executor: LoopExecutor) async -> Bool {
  executor.isCurrent
}

/// A loop that has a pool: what Swift runs concurrently leaves the loop, and comes back.
@Suite struct PoolOfALoopTests {
  private func withPool(
    _ threads: Int = 3, _ body: @escaping @Sendable (LoopExecutor, ThreadPool) throws -> Void
  ) async throws {
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: threads, name: "pool")
      try loop.setPool(pool)
      try body(loop, pool)
      _ = try? pool.close(timeout: .seconds(60))
    }
  }

  @Test(arguments: [nil, TaskPriority.high])
  func concurrentCodeLeavesTheLoopAndComesBack(_ priority: TaskPriority?) async throws {
    try await withPool { loop, pool in
      let done = try loop.start(priority: priority) {
        #expect(loop.isCurrent)
        #expect(await leaving { pool.isCurrent && !loop.isCurrent })
        #expect(loop.isCurrent)
        #expect(await isHere(loop))
        #expect(await Plain().isOn(pool))
        #expect(loop.isCurrent)
        async let child = leaving { pool.isCurrent }
        #expect(await child)
        #expect(loop.isCurrent)
        #expect(
          await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 { group.addTask { pool.isCurrent } }
            return await group.reduce(true) { $0 && $1 }
          })
        #expect(loop.isCurrent)
        #expect(await OnTheLoop(on: loop).isHere())
        #expect(await leaving { await OnTheLoop(on: loop).isHere() })
        await #expect(throws: Boom.self) { try await leaving { throw Boom() } }
        #expect(loop.isCurrent)
      }
      try loop.run(until: done)
    }
  }

  @Test func whatIsSuspendedGoesOnWhereItWas() async throws {
    try await withPool { loop, pool in
      let (promise, future) = try Promise.make()
      let (promise2, future2) = try Promise.make()
      let done = try loop.start {
        await leaving {
          await future.settled()
          #expect(pool.isCurrent)
          await Task.yield()
          #expect(pool.isCurrent)
          try? await Task.sleep(for: .milliseconds(1))
          #expect(pool.isCurrent)
        }
        await future2.settled()
        #expect(loop.isCurrent)
        await Task.yield()
        #expect(loop.isCurrent)
        try? await Task.sleep(for: .milliseconds(1))
        #expect(loop.isCurrent)
      }
      loop.pollAll()
      promise.resolve()
      promise2.resolve()
      try loop.run(until: done)
    }
  }

  @Test func theLoopGoesOnWhileThePoolBlocks() async throws {
    try await withPool { loop, pool in
      let gate = Gate()
      let blocked = try loop.start { await leaving { gate.wait() } }
      // Nobody could open it if that were on the loop.
      let opens = try loop.start {
        try? await Task.sleep(for: .milliseconds(1))
        gate.open()
      }
      try loop.run(until: opens)
      try loop.run(until: blocked)
    }
  }

  @Test func aThousandResultsComeBackInOneWake() async throws {
    try await withPool { loop, pool in
      let gate = Gate()
      let calls = try (0..<1000).map { _ in
        try loop.start { await leaving { gate.wait() } }
      }
      // Watched, as by a loop that is asleep.
      var descriptor: Int32 = -1
      #expect(tenon_executor_fd(loop.pointer, &descriptor) == TENON_STATUS_OK)
      loop.pollAll()
      let before = loop.statistics.wakes
      // All of them return, and nobody polls meanwhile.
      gate.open()
      try pool.run()
      #expect(loop.statistics.wakes - before == 1)
      for call in calls { #expect(tenon_future_poll(call.pointer) == TENON_STATUS_PENDING) }
      loop.pollAll()
      for call in calls { #expect(tenon_future_poll(call.pointer) == TENON_STATUS_OK) }
      #expect(loop.statistics.wakes - before == 1)
    }
  }

  @Test func aHundredThousandCallsGoAndComeBack() async throws {
    try await withPool { loop, pool in
      let count = isSanitized ? 2_000 : 100_000
      let sum = Shared(0)
      let calls = try (0..<count).map { number in
        try loop.start {
          let square = await leaving { number * 2 }
          #expect(loop.isCurrent)
          sum.change { $0 += square }
        }
      }
      for call in calls { try loop.run(until: call) }
      #expect(sum.value == count * (count - 1))
      #expect(loop.statistics.pending == 0)
    }
  }

  @Test func aCancelFindsACallOnThePool() async throws {
    try await withPool { loop, pool in
      let isThere = Gate()
      let endless = try loop.start { () async throws -> Void in
        try await leaving {
          isThere.open()
          while !Task.isCancelled { await Task.yield() }
          throw CancellationError()
        }
      }
      loop.pollAll()
      isThere.wait()
      endless.cancel()
      try loop.run(until: endless)
      #expect(tenon_future_poll(endless.pointer) == TENON_STATUS_CANCELLED)
      let (promise, pointer) = makePromiseInC()
      let future = try Future(adopting: pointer)
      let isCancelled = Gate()
      let open: tenon_cancel_fn = { context, _ in
        Unmanaged<Gate>.fromOpaque(context!).takeUnretainedValue().open()
      }
      let context = Unmanaged.passUnretained(isCancelled).toOpaque()
      #expect(tenon_promise_on_cancel(promise, nil, open, context, nil) == TENON_STATUS_OK)
      let waiting = try loop.start { try await leaving { try await future.take() } }
      loop.pollAll()
      waiting.cancel()
      isCancelled.wait()
      #expect(tenon_promise_cancel(promise) == TENON_STATUS_OK)
      try loop.run(until: waiting)
      #expect(tenon_future_poll(waiting.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aCloseOfTheLoopWaitsForCallsOnThePool() async throws {
    try await withPool { loop, pool in
      let ends = Shared(0)
      let calls = try (0..<100).map { _ in
        try loop.start {
          await leaving { while !Task.isCancelled { await Task.yield() } }
          #expect(loop.isCurrent)
          ends.change { $0 += 1 }
        }
      }
      loop.pollAll()
      #expect(try loop.close(timeout: .seconds(60)))
      #expect(calls.allSatisfy { tenon_future_poll($0.pointer) != TENON_STATUS_PENDING })
      #expect(ends.value <= 100)
    }
  }

  @Test func aCloseThatDoesNotWaitLeavesThePoolAlone() async throws {
    try await withPool { loop, pool in
      let gate = Gate()
      let call = try loop.start { await leaving { gate.wait() } }
      loop.pollAll()
      #expect(try !loop.close(timeout: .zero))
      #expect(tenon_future_poll(call.pointer) == TENON_STATUS_REJECTED)
      gate.open()
      #expect(try pool.close(timeout: .seconds(60)))
      #expect(tenon_future_poll(call.pointer) == TENON_STATUS_REJECTED)
    }
  }

  @Test func aClosedPoolGivesItsWorkBackToTheLoop() async throws {
    try await withPool(1) { loop, pool in
      let (gate, isThere) = (Gate(), Gate())
      let (promise, future) = try Promise.make()
      // One is suspended on the pool, one waits in its queue, one begins later.
      let suspended = try loop.start {
        await leaving { await future.settled() }
        #expect(loop.isCurrent)
      }
      loop.pollAll()
      try pool.run()
      let blocked = try loop.start {
        await leaving {
          isThere.open()
          gate.wait()
        }
      }
      let queued = try loop.start { await leaving {} }
      loop.pollAll()
      // The close runs by itself what has not begun.
      isThere.wait()
      #expect(try !pool.close(timeout: .zero))
      gate.open()
      promise.resolve()
      let late = try loop.start { #expect(await leaving { loop.isCurrent }) }
      for call in [suspended, blocked, queued, late] { try loop.run(until: call) }
    }
  }

  /// As in each build that counts what is covered: the compiler leaves the task's closure something to do before its work.
  @Test func aDriverBeginsInThePollWhateverItsClosureDoesBefore() async throws {
    try await withPool { loop, pool in
      let home = DriverHome(loop, pool)
      let (places, isGone) = (Shared([Bool]()), Gate())
      let note: @Sendable () -> Void = { places.change { $0.append(loop.isCurrent) } }
      Task.detached(executorPreference: home) {
        note()
        await begin(at: home) {
          note()
          await leaving {
            note()
            isGone.open()
          }
        }
      }
      loop.pollAll()
      #expect(places.value.prefix(2) == [true, true])
      isGone.wait()
      #expect(places.value == [true, true, false])
    }
  }

  /// As of what C has exported: the operation gets words, and makes its value itself.
  @Test func callsWithWordsLeaveTheLoopAndComeBack() async throws {
    try await withPool { loop, pool in
      for (words, expected) in [
        (Words(40, 2), TENON_STATUS_OK), (Words(0, 0), TENON_STATUS_REJECTED),
      ] {
        var pointers: [OpaquePointer?] = [nil, nil]
        for index in pointers.indices {
          let status = exportWords(on: loop.pointer, &pointers[index], false, "words", words) {
            (one: UInt, two: UInt) in
            #expect(await leaving { pool.isCurrent })
            #expect(loop.isCurrent)
            if one == 0 { throw Boom() }
            return tenon_value_u64(UInt64(one + two))
          }
          #expect(status == TENON_STATUS_OK)
        }
        for pointer in pointers {
          let future = try Future(adopting: pointer)
          try loop.run(until: future)
          var value = tenon_value_none()
          #expect(tenon_future_take(future.pointer, &value) == expected)
          #expect(value.as.u64 == (expected == TENON_STATUS_OK ? 42 : 0))
        }
      }
    }
  }

  @Test func callsWithWordsFollowEachOtherInOneDriver() async throws {
    try await withPool { loop, pool in
      let order = Shared([UInt]())
      var pointers = [OpaquePointer?](repeating: nil, count: 5)
      for index in pointers.indices {
        let status = exportWords(
          on: loop.pointer, &pointers[index], false, "words", Words(UInt(index), 7)
        ) { (one: UInt, two: UInt) in
          order.change { $0.append(one) }
          return tenon_value_u64(UInt64(one + two))
        }
        #expect(status == TENON_STATUS_OK)
      }
      // It is not for one with words any more.
      let last = try loop.start { order.change { $0.append(5) } }
      loop.pollAll()
      #expect(order.value == Array(0...5))
      #expect(loop.statistics.drivers == 1)
      for (index, pointer) in pointers.enumerated() {
        let future = try Future(adopting: pointer)
        var value = tenon_value_none()
        #expect(tenon_future_take(future.pointer, &value) == TENON_STATUS_OK)
        #expect(value.as.u64 == UInt64(index + 7))
      }
      #expect(last.isSettled)
    }
  }

  /// The driver's task is cancelled with it, and is of no use to the next one.
  @Test func aCallThatCancelsItselfTakesNoOtherWithIt() async throws {
    try await withPool { loop, pool in
      let (itself, isCancelled) = (Shared<Future?>(nil), Shared([Bool]()))
      let call = try loop.start {
        itself.value?.cancel()
        isCancelled.change { $0.append(Task.isCancelled) }
      }
      itself.value = call
      let next = try loop.start { isCancelled.change { $0.append(Task.isCancelled) } }
      try loop.run(until: next)
      #expect(isCancelled.value == [true, false])
      #expect(call.isSettled && next.isSettled)
      itself.value = nil
    }
  }

  @Test func itIsForCallsThatBeginLater() async throws {
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: 1)
      let other = try ThreadPool.create(threads: 1)
      let (promise, future) = try Promise.make()
      let first = try loop.start {
        await future.settled()
        #expect(await leaving { loop.isCurrent })
      }
      loop.pollAll()
      for _ in 0..<3 {
        try loop.setPool(pool)
        #expect(try loop.result { await leaving { pool.isCurrent } })
        try loop.setPool(other)
        #expect(try loop.result { await leaving { other.isCurrent } })
        try loop.setPool(nil)
        #expect(try loop.result { await leaving { loop.isCurrent } })
      }
      try loop.setPool(pool)
      promise.resolve()
      try loop.run(until: first)
      #expect(throws: Failure.self) { try pool.setPool(other) }
      try other.close()
      #expect(throws: Failure.self) { try loop.setPool(other) }
      #expect(try loop.result { await leaving { pool.isCurrent } })
      try loop.close(timeout: .seconds(60))
      #expect(throws: Failure.self) { try loop.setPool(pool) }
      #expect(try pool.close(timeout: .seconds(60)))
    }
  }

  /// What a call can be suspended in before there is a pool: then it goes on in a driver that must not take those behind it.
  @Test(arguments: [true, false])
  func aCallBehindOneFromBeforeThePoolIsOnIt(awaitsAFuture: Bool) async throws {
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: 1)
      let (promise, future) = try Promise.make()
      let first = try loop.start {
        if awaitsAFuture { return await future.settled() }
        while !future.isSettled { await Task.yield() }
      }
      loop.pollSome()
      try loop.setPool(pool)
      promise.resolve()
      let isOnThePool = Shared(false)
      let second = try loop.start { isOnThePool.value = await leaving { pool.isCurrent } }
      for call in [first, second] { try loop.run(until: call) }
      #expect(isOnThePool.value)
      #expect(try pool.close(timeout: .seconds(60)))
    }
  }

  @Test func aCallBehindTheOneThatNamesAPoolIsOnIt() async throws {
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: 1)
      let isOnThePool = Shared(false)
      let first = try loop.start { try loop.setPool(pool) }
      let second = try loop.start { isOnThePool.value = await leaving { pool.isCurrent } }
      for call in [first, second] { try loop.run(until: call) }
      #expect(isOnThePool.value)
      #expect(try pool.close(timeout: .seconds(60)))
    }
  }

  /// What `@Export(.concurrent)` is made of.
  @Test func anExportedFunctionThatBlocksIsOnThePool() async throws {
    try await withPool { loop, pool in
      #expect(try loop.result { try await TenonExport.concurrently { pool.isCurrent } })
      #expect(throws: Boom.self) {
        try loop.result { try await TenonExport.concurrently { throw Boom() } }
      }
      let isThere = Gate()
      let endless = try loop.start {
        try await TenonExport.concurrently {
          isThere.open()
          while !Task.isCancelled { usleep(100) }
          throw CancellationError()
        }
      }
      loop.pollAll()
      isThere.wait()
      endless.cancel()
      try loop.run(until: endless)
      #expect(tenon_future_poll(endless.pointer) == TENON_STATUS_CANCELLED)
      // Without a pool it is on a thread of Swift's.
      try loop.setPool(nil)
      #expect(
        try loop.result {
          try await TenonExport.concurrently { !pool.isCurrent && !loop.isCurrent }
        })
      #expect(try loop.result { loop.isCurrent })
    }
  }

  @Test func callsOfSeveralLoopsShareAPool() async throws {
    let pool = try ThreadPool.create(threads: 2)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await withLoop { loop in
            try loop.setPool(pool)
            let calls = try (0..<200).map { _ in
              try loop.start {
                for _ in 0..<5 {
                  #expect(await leaving { pool.isCurrent })
                  #expect(loop.isCurrent)
                }
              }
            }
            for call in calls { try loop.run(until: call) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try pool.close(timeout: .seconds(60)))
  }
}
