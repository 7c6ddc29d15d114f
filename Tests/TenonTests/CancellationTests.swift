import CTenon
import Testing

@testable import Tenon

/// Cancellation in both directions, and the end of an executor.
@Suite struct CancellationTests {
  @Test func cancellingATaskReachesTheProducerInC() async throws {
    try await withLoop { loop in
      let (promise, pointer) = makePromiseInC()
      let future = try Future(adopting: pointer)
      let told = Shared<[Int32]>([])
      let context = Unmanaged.passUnretained(told).toOpaque()
      let onCancel: tenon_cancel_fn = { context, status in
        let told = Unmanaged<Shared<[Int32]>>.fromOpaque(context!).takeUnretainedValue()
        told.change { $0.append(status.rawValue) }
      }
      #expect(tenon_promise_on_cancel(promise, nil, onCancel, context, nil) == TENON_STATUS_OK)
      let task = Shared<Task<Void, any Error>?>(nil)
      _ = try loop.result {
        task.value = Task(executorPreference: loop) { _ = try await future.value }
      }
      loop.pollAll()
      #expect(told.value.isEmpty)
      task.value?.cancel()
      #expect(told.value == [TENON_STATUS_CANCELLED.rawValue])
      #expect(tenon_promise_is_cancelled(promise))
      #expect(tenon_promise_cancel(promise) == TENON_STATUS_OK)
      #expect(throws: CancellationError.self) { try loop.result { try await task.value!.value } }
      #expect(told.value.count == 1)
    }
  }

  @Test func cancellingAFutureCancelsTheTaskThatRunsItsCall() async throws {
    try await withLoop { loop in
      let saw = Shared(false)
      let future = try loop.start {
        while !Task.isCancelled { await Task.yield() }
        saw.value = true
        try Task.checkCancellation()
      }
      let other = try loop.start {
        for _ in 0..<32 { await Task.yield() }
        #expect(!Task.isCancelled)
      }
      loop.pollSome()
      #expect(!saw.value)
      #expect(tenon_future_cancel(future.pointer) == TENON_STATUS_OK)
      try loop.run(until: future)
      #expect(saw.value)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
      try loop.run(until: other)
      #expect(tenon_future_poll(other.pointer) == TENON_STATUS_OK)
    }
  }

  @Test func aCallAfterACancelledOneIsNotCancelled() async throws {
    try await withLoop { loop in
      for _ in 0..<8 {
        let cancelled = try loop.start { while !Task.isCancelled { await Task.yield() } }
        loop.pollSome()
        cancelled.cancel()
        try loop.run(until: cancelled)
        let isCancelled = try loop.result { Task.isCancelled }
        #expect(!isCancelled)
      }
    }
  }

  /// They wait behind it, and would have been run by its driver.
  @Test func theCallsBehindOneThatIgnoresItsCancelAreNotCancelled() async throws {
    try await withLoop { loop in
      for count in 0..<8 {
        let first = Shared<Future?>(nil)
        let saw = Shared<[Bool]>([])
        func start(_ body: @escaping @Sendable () -> Void) throws -> Future {
          if count % 2 == 0 { return try loop.start { body() } }
          var pointer: OpaquePointer?
          let status = export(on: loop.pointer, future: &pointer, with: count) { _ in body() }
          #expect(status == TENON_STATUS_OK)
          return try Future(adopting: pointer)
        }
        first.value = try start {
          first.value?.cancel()
          saw.change { $0.append(Task.isCancelled) }
        }
        let others = try (0..<3).map { _ in
          try start { saw.change { $0.append(Task.isCancelled) } }
        }
        for future in [first.value!] + others { try loop.run(until: future) }
        #expect(saw.value == [true, false, false, false])
        first.value = nil
      }
    }
  }

  /// What it has captured ends while no lock is held: it may start, and post.
  @Test func aRefusedOperationEndsOutsideOfTheExecutor() async throws {
    final class Poster: Sendable {
      let loop: LoopExecutor
      let told: Shared<[Int32]>
      init(_ loop: LoopExecutor, _ told: Shared<[Int32]>) { (self.loop, self.told) = (loop, told) }
      deinit {
        let status = tenon_executor_post(loop.pointer, { _, _ in }, nil)
        told.change { $0.append(status.rawValue) }
      }
    }
    try await withLoop { loop in
      let told = Shared<[Int32]>([])
      @Sendable func start() -> tenon_status_t {
        let poster = Poster(loop, told)
        var pointer: OpaquePointer?
        return export(on: loop.pointer, future: &pointer) { withExtendedLifetime(poster) {} }
      }
      // In a poll of an executor that closes, then of one that has closed, on this thread and on another.
      let late = Shared<[Int32]>([])
      _ = try loop.start(detached: true) {
        while !Task.isCancelled { await Task.yield() }
        late.change { $0.append(start().rawValue) }
      }
      loop.pollSome()
      #expect(tenon_executor_close(loop.pointer, 10_000_000_000) == TENON_STATUS_OK)
      late.change { $0.append(start().rawValue) }
      TestThread { late.change { $0.append(start().rawValue) } }.join()
      let closed = TENON_STATUS_CLOSED.rawValue
      #expect(late.value == [closed, closed, closed])
      #expect(told.value == [closed, closed, closed])
    }
  }

  @Test func aCallCancelledBeforeItsTurnNeverRunsAndIsDestroyed() async throws {
    try await withLoop { loop in
      let (ends, runs) = (Shared(0), Shared(0))
      let future: Future
      do {
        let witness = Witness(ends)
        future = try loop.start {
          withExtendedLifetime(witness) { runs.change { $0 += 1 } }
        }
      }
      #expect(ends.value == 0)
      future.cancel()
      try loop.run(until: future)
      try loop.run()
      #expect(runs.value == 0)
      #expect(ends.value == 1)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func lettingGoOfTheLastReferenceCancelsUnlessDetached() async throws {
    try await withLoop { loop in
      let runs = Shared<[Bool]>([])
      _ = try loop.start { runs.change { $0.append(false) } }
      _ = try loop.start(detached: true) { runs.change { $0.append(true) } }
      try loop.run()
      #expect(runs.value == [true])
    }
  }

  /// The callback alone keeps it.
  @Test func aCallbackIsToldOfACallWhoseFutureNobodyHolds() async throws {
    try await withLoop { loop in
      let told = Shared<[Int32]>([])
      let tell: tenon_completion_fn = { context, status, _ in
        let told = Unmanaged<Shared<[Int32]>>.fromOpaque(context!).takeUnretainedValue()
        told.change { $0.append(status.rawValue) }
      }
      let context = Unmanaged.passUnretained(told).toOpaque()
      try withExtendedLifetime(loop.start {}) { call in
        let status = tenon_future_on_complete(call.pointer, nil, tell, context, nil)
        #expect(status == TENON_STATUS_OK)
      }
      loop.pollAll()
      #expect(told.value == [TENON_STATUS_OK.rawValue])
    }
  }

  @Test func withPromiseCallsOnCancelOnce() async throws {
    try await withLoop { loop in
      let calls = Shared(0)
      let kept = Shared<Promise?>(nil)
      let future = try loop.start {
        try await withPromise {
          kept.value = $0
        } onCancel: {
          calls.change { $0 += 1 }
          kept.value?.cancel()
        }
      }
      loop.pollAll()
      future.cancel()
      future.cancel()
      try loop.run(until: future)
      #expect(calls.value == 1)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aCloseThatIsCutShortRejectsWhatIsSuspendedAsClosed() async throws {
    try await withLoop { loop in
      let (promise, gate) = try Promise.make()
      let futures = try (0..<4).map { _ in try loop.start { await gate.settled() } }
      loop.pollAll()
      let isDrained = try loop.close()
      #expect(!isDrained)
      for future in futures {
        #expect(tenon_future_poll(future.pointer) == TENON_STATUS_REJECTED)
        let error = ErrorInC(of: future)
        #expect(error.domain == "tenon")
        #expect(error.code == Int64(TENON_STATUS_CLOSED.rawValue))
        error.release()
      }
      promise.resolve()
      #expect(throws: Failure.self) { try loop.start {} }
    }
  }

  @Test func aCloseDrainsCancelledWork() async throws {
    try await withLoop { loop in
      let ends = Shared(0)
      let futures = try (0..<16).map { _ in
        let witness = Witness(ends)
        return try loop.start {
          defer { withExtendedLifetime(witness) {} }
          try await loop.clock.sleep(for: .seconds(86_400))
        }
      }
      loop.pollAll()
      #expect(futures.allSatisfy { !$0.isSettled })
      let isDrained = try loop.close(timeout: .seconds(60))
      #expect(isDrained)
      for future in futures {
        #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
      }
      #expect(ends.value == 16)
    }
  }

  /// The ways to close an executor, for one whose work never ends.
  enum Ending: CaseIterable { case close, closeAtOnce, begin, beginWithOneJobAPoll, release }

  @Test(arguments: Ending.allCases)
  func aCloseEndsAlthoughATaskIgnoresItsCancellation(ending: Ending) async throws {
    try await withLoop { loop in
      let runs = Shared(0)
      let futures = try (0..<3).map { _ in
        try loop.start {
          while true {
            runs.change { $0 += 1 }
            await Task.yield()
          }
        }
      }
      loop.pollSome()
      #expect(runs.value > 0)
      let pointer = loop.pointer
      switch ending {
      case .close: #expect(tenon_executor_close(pointer, 5_000_000) == TENON_STATUS_TIMEOUT)
      case .closeAtOnce: #expect(tenon_executor_close(pointer, 0) == TENON_STATUS_TIMEOUT)
      case .release: #expect(tenon_executor_release(pointer) == TENON_STATUS_OK)
      case .begin, .beginWithOneJobAPoll:
        #expect(tenon_executor_begin_close(pointer, 0) == TENON_STATUS_OK)
        var result = PollResult()
        for _ in 0..<1000 where !result.closed {
          _ = loop.poll(PollBudget(jobs: ending == .begin ? 100 : 1), &result)
        }
        #expect(result.closed)
      }
      for future in futures {
        #expect(tenon_future_poll(future.pointer) == TENON_STATUS_REJECTED)
        let error = ErrorInC(of: future)
        #expect(error.code == Int64(TENON_STATUS_CLOSED.rawValue))
        error.release()
      }
      // Nothing of it runs ever again.
      let last = runs.value
      var result = PollResult()
      #expect(loop.poll(PollBudget(), &result) == TENON_STATUS_CLOSED)
      #expect(runs.value == last)
      #expect(loop.state.pointee.abandonedJobs.load(ordering: .relaxed) >= 3)
    }
  }

  @Test func whatIsReadyWhenTheTimeOfACloseIsOverStillRuns() async throws {
    try await withLoop { loop in
      let (runs, told) = (Shared(0), Shared<[Int32]>([]))
      let future = try loop.start { while true { await Task.yield() } }
      loop.pollSome()
      let job: tenon_job_fn = { context, status in
        let told = Unmanaged<Shared<[Int32]>>.fromOpaque(context!).takeUnretainedValue()
        told.change { $0.append(status.rawValue) }
      }
      let context = Unmanaged.passUnretained(told).toOpaque()
      for _ in 0..<10_000 {
        #expect(tenon_executor_post(loop.pointer, job, context) == TENON_STATUS_OK)
      }
      let late = try loop.start(detached: true) { runs.change { $0 += 1 } }
      #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_TIMEOUT)
      #expect(told.value.count == 10_000)
      #expect(told.value.allSatisfy { $0 == TENON_STATUS_OK.rawValue })
      #expect(runs.value == 0, "a call that waited for its turn is cancelled")
      #expect(tenon_future_poll(late.pointer) == TENON_STATUS_CANCELLED)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_REJECTED)
    }
  }

  @Test func aCloseThatCannotWaitGoesOnInThePollsThatFollow() async throws {
    try await withLoop { _ in
      // A host that has no way to run its loop once.
      var host = tenon_executor_host_t()
      host.struct_size = MemoryLayout<tenon_executor_host_t>.size
      host.wake = { _ in }
      let loop = try LoopExecutor.create(host: host, context: nil, label: nil).get()
      let (promise, gate) = try Promise.make()
      let future = try loop.start { await gate.settled() }
      loop.pollAll()
      #expect(tenon_executor_close(loop.pointer, 60_000_000_000) == TENON_STATUS_PENDING)
      #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_CLOSED)
      #expect(!future.isSettled)
      promise.cancel()
      var result = PollResult()
      for _ in 0..<100 where !result.closed { _ = loop.poll(PollBudget(), &result) }
      #expect(result.closed)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_OK)
      #expect(tenon_executor_release(loop.pointer) == TENON_STATUS_OK)
    }
  }
}
