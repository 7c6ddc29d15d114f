import CTenon
import Glibc
import Testing

@testable import Tenon

/// Both orders of what two threads do at once, many times; made for the thread sanitizer.
@Suite(.serialized) struct RaceTests {
  private static let rounds = 4000

  private static let count: tenon_completion_fn = { context, _, _ in
    let told = Unmanaged<Shared<Int>>.fromOpaque(context!).takeUnretainedValue()
    told.change { $0 += 1 }
  }

  @Test func aCancelAgainstTheEndOfACallEndsItExactlyOnce() async throws {
    try await withLoop { loop in
      let (ends, told, settled) = (Shared(0), Shared(0), Shared(0))
      let (stop, stopped) = try Promise.make()
      let canceller = TestThread {
        for round in 0..<RaceTests.rounds {
          guard
            let future = try? loop.start({ [witness = Witness(ends)] in
              if round & 1 == 0 { await Task.yield() }
              return Value.object(witness)
            })
          else { break }
          let context = Unmanaged.passUnretained(told).toOpaque()
          let status = tenon_future_on_complete(
            future.pointer, loop.pointer, RaceTests.count, context, nil)
          #expect(status == TENON_STATUS_OK)
          for _ in 0..<(round & 31) { sched_yield() }
          future.cancel()
          if future.isSettled { settled.change { $0 += 1 } }
        }
        stop.resolve()
      }
      try loop.run(until: stopped)
      canceller.join()
      try loop.run()
      #expect(told.value == RaceTests.rounds)
      #expect(ends.value == RaceTests.rounds)
    }
  }

  @Test func aCallbackAgainstACancelResumesTheTaskExactlyOnce() async throws {
    try await withLoop { loop in
      let inbox = Shared<[Promise]>([])
      let (stop, stopped) = try Promise.make()
      let finished = Shared(false)
      let resolver = TestThread {
        while !finished.value {
          for promise in inbox.change({ promises in
            let taken = promises
            promises = []
            return taken
          }) { promise.resolve(1) }
          sched_yield()
        }
      }
      let canceller = TestThread {
        for round in 0..<RaceTests.rounds {
          guard
            let future = try? loop.start({
              _ = try await withPromise { promise in inbox.change { $0.append(promise) } }
            })
          else { break }
          for _ in 0..<(round & 15) { sched_yield() }
          future.cancel()
          while !future.isSettled { sched_yield() }
          let status = tenon_future_poll(future.pointer)
          #expect(status == TENON_STATUS_OK || status == TENON_STATUS_CANCELLED)
        }
        stop.resolve()
      }
      try loop.run(until: stopped)
      canceller.join()
      finished.value = true
      resolver.join()
    }
  }

  @Test func aCancelAgainstASleepsEndResumesItExactlyOnce() async throws {
    try await withLoop { loop in
      let (stop, stopped) = try Promise.make()
      let canceller = TestThread {
        for round in 0..<(RaceTests.rounds / 4) {
          let clock = loop.clock
          guard
            let future = try? loop.start({
              try await clock.sleep(for: .microseconds(round & 127))
            })
          else { break }
          for _ in 0..<(round & 63) { sched_yield() }
          future.cancel()
          while !future.isSettled { sched_yield() }
        }
        stop.resolve()
      }
      try loop.run(until: stopped)
      canceller.join()
      try loop.run()
      #expect(loop.statistics.pending == 0)
    }
  }

  @Test func ofManyThreadsThatSettleExactlyOneWins() async throws {
    for _ in 0..<(RaceTests.rounds / 20) {
      let (promise, future) = try Promise.make()
      let (ends, wins, told) = (Shared(0), Shared(0), Shared(0))
      let context = Unmanaged.passUnretained(told).toOpaque()
      #expect(
        tenon_future_on_complete(future.pointer, nil, RaceTests.count, context, nil)
          == TENON_STATUS_OK)
      let threads = (0..<4).map { index in
        TestThread {
          if index == 3 { future.cancel() }
          let won =
            index == 2 ? promise.cancel() : promise.resolve(Value.object(Witness(ends)))
          if won { wins.change { $0 += 1 } }
        }
      }
      for thread in threads { thread.join() }
      #expect(wins.value == 1)
      #expect(told.value == 1)
      _ = try? await future.take()
      #expect(ends.value == 3)
    }
  }

  @Test func aCloseAgainstNewCallsLosesNone() async throws {
    for _ in 0..<(RaceTests.rounds / 40) {
      let ends = Shared(0)
      let started = Shared(0)
      try await withLoop { loop in
        let (isRunning, running) = try Promise.make()
        let producer = TestThread {
          for round in 0..<64 {
            let witness = Witness(ends)
            started.change { $0 += 1 }
            let future = try? loop.start { withExtendedLifetime(witness) {} }
            if round == 8 { isRunning.resolve() }
            if future == nil { break }
          }
        }
        try loop.run(until: running)
        try loop.close(timeout: .seconds(60))
        producer.join()
      }
      #expect(ends.value == started.value)
    }
  }

  @Test func aCloseBegunElsewhereEndsNotBeforeTheWorkIsCancelled() async throws {
    try await withLoop { _ in
      for _ in 0..<500 {
        let loop = try LoopExecutor.create(name: "closing")
        let future = try loop.start { try await loop.clock.sleep(for: .seconds(86_400)) }
        loop.pollAll()
        let closer = TestThread { _ = tenon_executor_begin_close(loop.pointer, 0) }
        var result = PollResult()
        while !result.closed { _ = loop.poll(PollBudget(), &result) }
        closer.join()
        #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
        #expect(tenon_executor_release(loop.pointer) == TENON_STATUS_OK)
      }
    }
  }

  @Test func callsThatTheLoopsThreadStartsWhileAnotherOnePollsAllRun() async throws {
    try await withLoop { _ in
      for round in 0..<(RaceTests.rounds / 20) {
        let loop = try LoopExecutor.create(name: "home")
        let ends = Shared(0)
        let other = TestThread {
          for _ in 0..<(round & 15) { sched_yield() }
          loop.pollAll()
        }
        let futures = try (0..<16).map { _ in
          try loop.start { [witness = Witness(ends)] in withExtendedLifetime(witness) {} }
        }
        other.join()
        try loop.run()
        for future in futures { #expect(tenon_future_poll(future.pointer) == TENON_STATUS_OK) }
        #expect(ends.value == futures.count)
        #expect(loop.statistics.pending == 0)
        try loop.close()
      }
    }
  }
}
