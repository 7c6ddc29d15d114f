import CTenon
import Testing

@testable import Tenon

/// Many calls that are suspended at once. Each of them starts and ends at a constant cost: if that grew with their number,
/// these would take minutes.
@Suite struct SuspendedCallTests {
  private static let count = isSanitized ? 5000 : 50_000

  /// Calls that await the given futures, and have begun to.
  private static func suspended(
    on loop: LoopExecutor, awaiting futures: [Future], priority: TaskPriority? = nil
  ) throws -> [Future] {
    let calls = try futures.map { future in
      try loop.start(priority: priority) { await future.settled() }
    }
    loop.pollAll()
    return calls
  }

  @Test(arguments: [nil, TaskPriority.high])
  func manyFinish(_ priority: TaskPriority?) async throws {
    try await withLoop { loop in
      let ends = try (0..<Self.count).map { _ in try Promise.make() }
      let calls = try Self.suspended(on: loop, awaiting: ends.map(\.1), priority: priority)
      // From the last to the first, and then the other way round.
      for end in ends[..<(Self.count / 2)].reversed() { end.0.resolve() }
      for end in ends[(Self.count / 2)...] { end.0.resolve() }
      loop.pollAll()
      #expect(calls.allSatisfy { tenon_future_poll($0.pointer) == TENON_STATUS_OK })
      #expect(loop.statistics.pending == 0)
    }
  }

  @Test(arguments: [nil, TaskPriority.high])
  func manyAreCancelled(_ priority: TaskPriority?) async throws {
    try await withLoop { loop in
      let ends = try (0..<Self.count).map { _ in try Promise.make() }
      let calls = try Self.suspended(on: loop, awaiting: ends.map(\.1), priority: priority)
      for call in calls.reversed() { call.cancel() }
      #expect(ends.allSatisfy { $0.0.isCancelled })
      for end in ends { end.0.cancel() }
      loop.pollAll()
      #expect(calls.allSatisfy { tenon_future_poll($0.pointer) != TENON_STATUS_PENDING })
      #expect(loop.statistics.pending == 0)
    }
  }

  @Test func manyAreCancelledByAClose() async throws {
    try await withLoop { loop in
      let ends = try (0..<Self.count).map { _ in try Promise.make() }
      let calls = try Self.suspended(on: loop, awaiting: ends.map(\.1))
      #expect(try !loop.close(timeout: .zero))
      #expect(ends.allSatisfy { $0.0.isCancelled })
      #expect(calls.allSatisfy { tenon_future_poll($0.pointer) == TENON_STATUS_REJECTED })
      // What they wait for may still come, and is nobody's any more.
      for end in ends { end.0.resolve() }
    }
  }

  /// Each call awaits the next one; the last one awaits `last`.
  private static func chain(_ loop: LoopExecutor, _ length: Int, _ last: Future) async throws {
    guard length > 0 else {
      _ = try await last.value
      return
    }
    let next = try loop.start { try await Self.chain(loop, length - 1, last) }
    _ = try await next.value
  }

  @Test func aCancelGoesDownAChainOfAnyLength() async throws {
    try await withLoop { loop in
      let (promise, last) = try Promise.make()
      let head = try loop.start { try await Self.chain(loop, Self.count, last) }
      loop.pollAll()
      #expect(!promise.isCancelled)
      head.cancel(because: Unwanted())
      // Told before the cancel returns, and to each for the reason of the first.
      #expect(promise.isCancelled)
      #expect(promise.cancelReason is Unwanted)
      promise.cancel()
      loop.pollAll()
      #expect(tenon_future_poll(head.pointer) == TENON_STATUS_CANCELLED)
      #expect(loop.statistics.pending == 0)
    }
  }

  private struct Unwanted: Error {}

  // MARK: The drivers that they are in

  @Test func aPollRunsNoMoreCallsThanItMay() async throws {
    try await withLoop { loop in
      let begun = Shared(0)
      let calls = try (0..<10).map { _ in try loop.start { begun.change { $0 += 1 } } }
      for _ in 0..<3 {
        let before = begun.value
        var result = PollResult()
        #expect(loop.poll(PollBudget(jobs: 3), &result) == TENON_STATUS_OK)
        #expect(result.more && result.jobs <= 3)
        #expect(begun.value - before <= 3)
      }
      loop.pollAll()
      #expect(begun.value == calls.count)
    }
  }

  @Test func afterABurstFewDriversWaitForTheNextOne() async throws {
    try await withLoop { loop in
      let many = 2 * LoopExecutor.idleDriversMax
      let (promise, future) = try Promise.make()
      let calls = try Self.suspended(on: loop, awaiting: Array(repeating: future, count: many))
      promise.resolve()
      loop.pollAll()
      #expect(calls.allSatisfy { tenon_future_poll($0.pointer) == TENON_STATUS_OK })
      #expect(loop.state.own.pointee.idleDrivers.count == LoopExecutor.idleDriversMax)
    }
  }

  /// A callback of a call's cancel comes before its task is cancelled: what the driver is in by then is another call.
  @Test func aCancelDoesNotReachTheCallThatFollows() async throws {
    final class Scene: Sendable {
      let loop: LoopExecutor
      let (end, never): (Promise, Promise)
      let wait: Future
      let follower = Shared<Future?>(nil)
      let wasCancelled = Shared<Bool?>(nil)

      init(_ loop: LoopExecutor, _ end: Promise) throws {
        (self.loop, self.end) = (loop, end)
        (never, wait) = try Promise.make()
      }

      func follow() throws {
        end.resolve()
        follower.value = try loop.start {
          await self.wait.settled()
          self.wasCancelled.value = Task.isCancelled
        }
        loop.pollAll()
      }
    }
    try await withLoop { loop in
      let (end, future) = try Promise.make()
      let scene = try Scene(loop, end)
      let call = try Self.suspended(on: loop, awaiting: [future])[0]
      let told: tenon_cancel_fn = { context, status in
        let scene = Unmanaged<Scene>.fromOpaque(context!).takeUnretainedValue()
        #expect(status == TENON_STATUS_CANCELLED)
        #expect(throws: Never.self) { try scene.follow() }
      }
      let promise = call.handle.as(.promise)
      let context = Unmanaged.passUnretained(scene).toOpaque()
      #expect(
        tenon_promise_on_cancel(promise.pointer, nil, told, context, nil) == TENON_STATUS_OK)
      call.cancel()
      #expect(tenon_future_poll(call.pointer) == TENON_STATUS_OK)
      #expect(!scene.never.isCancelled)
      scene.never.resolve()
      loop.pollAll()
      #expect(scene.wasCancelled.value == false)
      scene.follower.value = nil
    }
  }

  /// A task that was cancelled is known by its address, which is soon another one's.
  @Test func ofACancelNobodyKnowsWhenItsTaskHasEnded() async throws {
    try await withLoop { loop in
      for _ in 0..<100 {
        let (promise, future) = try Promise.make()
        let call = try Self.suspended(on: loop, awaiting: [future])[0]
        call.cancel()
        promise.resolve()
        loop.pollAll()
        #expect(try loop.result { CancelledCalls.here == nil })
      }
    }
  }
}
