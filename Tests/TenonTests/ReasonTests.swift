import CTenon
import Testing

@testable import Tenon

/// Why something was cancelled, on both sides of the border.
@Suite struct ReasonTests {
  struct TooSlow: Error, Equatable { let limit: Int }

  @Test func aTaskReadsTheReasonOfItsOwnCancel() async throws {
    try await withLoop { loop in
      for priority in [nil, TaskPriority.medium] {
        let seen = Shared<(any Error)?>(nil)
        let future = try loop.start(priority: priority) {
          #expect(Task.cancelReason == nil)
          while !Task.isCancelled { await Task.yield() }
          seen.value = Task.cancelReason
          try Task.checkCancellation()
        }
        loop.pollSome()
        future.cancel(because: TooSlow(limit: 3))
        try loop.run(until: future)
        // The very Swift error that was given.
        #expect(seen.value as? TooSlow == TooSlow(limit: 3))
        let cause = ErrorInC(of: future)
        #expect(cause.domain == "tenon" && cause.code == Int64(TENON_STATUS_CANCELLED.rawValue))
        cause.release()
      }
    }
  }

  @Test func aTaskWithoutAReasonHasACancellationError() async throws {
    try await withLoop { loop in
      let seen = Shared<(any Error)?>(nil)
      let future = try loop.start {
        while !Task.isCancelled { await Task.yield() }
        seen.value = Task.cancelReason
      }
      loop.pollSome()
      future.cancel()
      try loop.run(until: future)
      #expect(seen.value is CancellationError)
      _ = try loop.result { #expect(Task.cancelReason == nil) }
    }
  }

  @Test func aReasonGoesThroughATaskToWhatItAwaits() async throws {
    try await withLoop { loop in
      let (promise, input) = try Promise.make()
      let (other, otherInput) = try Promise.make()
      let future = try loop.start {
        // In a child task, which Tenon did not start.
        async let child = otherInput.take()
        _ = try? await input.take()
        _ = try await child
      }
      loop.pollAll()
      #expect(promise.cancelReason == nil)
      future.cancel(because: TooSlow(limit: 5))
      #expect(promise.cancelReason as? TooSlow == TooSlow(limit: 5))
      promise.cancel()
      // It had not been waiting for this one when it was cancelled, perhaps.
      loop.pollAll()
      #expect(other.isCancelled)
      other.cancel()
      try loop.run(until: future)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aFutureThatIsAwaitedAfterTheCancelHearsOfTheReason() async throws {
    try await withLoop { loop in
      let (promise, input) = try Promise.make()
      let future = try loop.start {
        while !Task.isCancelled { await Task.yield() }
        _ = try await input.take()
      }
      loop.pollSome()
      future.cancel(because: TooSlow(limit: 7))
      loop.pollAll()
      #expect(promise.cancelReason as? TooSlow == TooSlow(limit: 7))
      promise.cancel()
      try loop.run(until: future)
    }
  }

  @Test func aCallThatWaitedForItsTurnKeepsTheReason() async throws {
    try await withLoop { loop in
      let future = try loop.start { Issue.record("it never starts") }
      future.cancel(because: TooSlow(limit: 9))
      try loop.run(until: future)
      var error: OpaquePointer?
      #expect(tenon_future_copy_error(future.pointer, &error) == TENON_STATUS_OK)
      let failure = Failure(adopting: Handle(error))
      #expect(failure.cause as? TooSlow == TooSlow(limit: 9))
    }
  }

  @Test func aReasonFromCIsAFailure() async throws {
    try await withLoop { loop in
      let (promise, pointer) = makePromiseInC()
      let swift = try Promise.make()
      var why: OpaquePointer?
      #expect(tenon_error_create("test", 5, "enough", nil, &why) == TENON_STATUS_OK)
      #expect(tenon_future_cancel_with(swift.1.pointer, why) == TENON_STATUS_OK)
      let reason = swift.0.cancelReason as? Failure
      #expect(reason?.domain == "test" && reason?.code == 5 && reason?.message == "enough")
      #expect(tenon_error_release(why) == TENON_STATUS_OK)
      #expect(tenon_promise_release(promise) == TENON_STATUS_OK)
      #expect(tenon_future_release(pointer) == TENON_STATUS_OK)
    }
  }

  @Test func aClosingExecutorGivesItsReason() async throws {
    try await withLoop { loop in
      let seen = Shared<(any Error)?>(nil)
      _ = try loop.start(detached: true) {
        while !Task.isCancelled { await Task.yield() }
        seen.value = Task.cancelReason
      }
      loop.pollSome()
      try loop.close(timeout: .seconds(10))
      #expect((seen.value as? Failure)?.code == Int64(TENON_STATUS_CLOSED.rawValue))
    }
  }
}
