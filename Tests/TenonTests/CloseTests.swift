import CTenon
import Glibc
import Testing

@testable import Tenon

/// What a close whose time is over ends, and what it leaves behind: docs/guide/shutdown.md.
@Suite struct CloseTests {
  private static func countDrops(_ drops: Shared<Int>) -> tenon_value_t {
    tenon_value_pointer(
      Unmanaged.passRetained(Witness(drops)).toOpaque(), nil,
      { pointer, _ in Unmanaged<Witness>.fromOpaque(pointer!).release() })
  }

  private static func resolved(
    _ value: consuming tenon_value_t, dropOn loop: LoopExecutor
  ) throws -> Future {
    let (promise, future) = try #require(createFuture(.none, flags: 0))
    #expect(tenon_value_set_drop_executor(&value, loop.pointer) == TENON_STATUS_OK)
    #expect(tenon_promise_resolve(promise.pointer, &value) == TENON_STATUS_OK)
    return Future(adopting: future)
  }

  @Test func workThatDoesNotEndInTimeIsLeftBehindWithWhatItHolds() async throws {
    try await withLoop { loop in
      let (begun, waiting, dropped) = (Shared(0), Shared(0), Shared(0))
      let (promise, never) = try Promise.make()
      let held = Witness(begun)
      let call = try loop.start {
        // Its cancel is passed on, and not heeded.
        await never.settled()
        withExtendedLifetime(held) {}
      }
      loop.pollAll()
      let queued = Witness(waiting)
      let other = try loop.start { withExtendedLifetime(queued) {} }
      let ready = try Self.resolved(Self.countDrops(dropped), dropOn: loop)
      #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_TIMEOUT)
      #expect(tenon_future_poll(call.pointer) == TENON_STATUS_REJECTED)
      // What had not begun never does; it is let go of as soon as nobody here holds it.
      #expect(tenon_future_poll(other.pointer) == TENON_STATUS_CANCELLED)
      #expect(promise.isCancelled)
      promise.resolve()
      #expect(loop.statistics.jobs_abandoned == 1)
      // The executor of its drop is closed: it ends where it is let go of.
      var value = tenon_value_none()
      #expect(tenon_future_take(ready.pointer, &value) == TENON_STATUS_OK)
      #expect(dropped.value == 0)
      #expect(tenon_value_drop(&value) == TENON_STATUS_OK)
      #expect(dropped.value == 1)
      #expect(begun.value == 0)
    }
  }

  @Test func whatWaitsForItsTurnIsDestroyedInTheClose() async throws {
    try await withLoop { loop in
      let ends = Shared(0)
      let (promise, never) = try Promise.make()
      _ = try loop.start(detached: true) { await never.settled() }
      loop.pollAll()
      for _ in 0..<3 {
        let witness = Witness(ends)
        _ = try loop.start(detached: true) { withExtendedLifetime(witness) {} }
      }
      var value = Self.countDrops(ends)
      #expect(tenon_value_set_drop_executor(&value, loop.pointer) == TENON_STATUS_OK)
      #expect(tenon_value_drop(&value) == TENON_STATUS_OK)
      #expect(ends.value == 0)
      #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_TIMEOUT)
      #expect(ends.value == 4)
      promise.cancel()
    }
  }

  @Test func whatIsMadeLaterIsCancelledFromTheBeginning() async throws {
    try await withLoop { loop in
      #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_OK)
      let (promise, future) = try Promise.make(on: loop)
      let (sink, stream) = try Stream.make(on: loop)
      let (publisher, latest) = try Latest.make(on: loop)
      let scope = try Scope(on: loop)
      for reason in [
        promise.cancelReason, sink.cancelReason, publisher.cancelReason, scope.cancelReason,
      ] {
        #expect((reason as? Failure)?.code == Int64(TENON_STATUS_CLOSED.rawValue))
      }
      promise.cancel()
      _ = try scope.close()
      withExtendedLifetime((future, stream, latest)) {}
    }
  }

  /// More than a poll runs: whatever its turn was, each of them ends.
  @Test func callsThatWaitEndWithTheClose() async throws {
    try await withLoop { loop in
      let calls = try (0..<10_000).map { _ in try loop.start { await Task.yield() } }
      let status = tenon_executor_close(loop.pointer, 0)
      #expect(status == TENON_STATUS_OK || status == TENON_STATUS_TIMEOUT)
      #expect(calls.allSatisfy { tenon_future_poll($0.pointer) != TENON_STATUS_PENDING })
    }
  }

  @Test func aCallIsNotPendingWhenItsEndIsTold() async throws {
    try await withLoop { loop in
      let pending = Shared<[UInt64]>([])
      let call = try loop.start {}
      let other = try loop.start { throw CancellationError() }
      let failing = try loop.start { throw Unwanted() }
      let ask: tenon_completion_fn = { context, _, _ in
        let asked = Unmanaged<Asked>.fromOpaque(context!).takeUnretainedValue()
        asked.pending.change { $0.append(asked.loop.statistics.pending) }
      }
      let asked = Asked(loop, pending)
      for future in [call, other, failing] {
        let context = Unmanaged.passUnretained(asked).toOpaque()
        #expect(
          tenon_future_on_complete(future.pointer, nil, ask, context, nil) == TENON_STATUS_OK)
      }
      loop.pollAll()
      #expect(pending.value == [2, 1, 0])
    }
  }

  @Test func aCloseThatIsCutShortKnowsTheNamesOfWhatItLeavesBehind() async throws {
    try await withLoop { loop in
      let (promise, never) = try Promise.make()
      let calls = try (0..<2).map { _ in try loop.start { await never.settled() } }
      loop.pollAll()
      let before = loop.unfinishedNames
      #expect(before.map(\.count) == [2])
      #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_TIMEOUT)
      #expect(loop.unfinishedNames.map(\.name) == before.map(\.name))
      #expect(loop.unfinishedNames.map(\.count) == [2])
      promise.cancel()
      withExtendedLifetime(calls) {}
    }
  }

  /// The last release gives a close that somebody sleeps beside no more time: it ends without him.
  @Test func aCloseWakesWhoeverStillSleeps() async throws {
    try await withLoop { loop in
      let other = try LoopExecutor.create(name: "other")
      let (promise, never) = try Promise.make()
      let call = try other.start { await never.settled() }
      other.pollAll()
      #expect(tenon_executor_begin_close(other.pointer, .max) == TENON_STATUS_OK)
      let (place, answer) = (Shared(""), Shared<tenon_status_t?>(nil))
      let bits = UInt(bitPattern: other.pointer)
      let sleeper = TestThread {
        place.value = Self.placeHere
        let pointer = OpaquePointer(bitPattern: bits)
        answer.value = tenon_executor_run_until(pointer, nil, .max)
      }
      while !Self.sleeps(place.value) && answer.value == nil { sched_yield() }
      #expect(answer.value == nil)
      #expect(tenon_executor_release(other.pointer) == TENON_STATUS_OK)
      sleeper.join()
      #expect(answer.value == TENON_STATUS_CLOSED || answer.value == TENON_STATUS_STALE)
      #expect(tenon_future_poll(call.pointer) == TENON_STATUS_REJECTED)
      promise.cancel()
    }
  }

  /// Where the system says of this thread how it is.
  private static var placeHere: String {
    var link = [CChar](repeating: 0, count: 64)
    return readlink("/proc/thread-self", &link, link.count - 1) < 0
      ? ""
      : "/proc/"
        + link.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
  }

  private static func sleeps(_ place: String) -> Bool {
    guard let file = fopen(place + "/stat", "r") else { return false }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard fgets(&text, Int32(text.count), file) != nil else { return false }
    return text.withUnsafeBufferPointer {
      String(cString: $0.baseAddress.unsafelyUnwrapped).contains(") S ")
    }
  }

  private struct Unwanted: Error {}

  private final class Asked: Sendable {
    let loop: LoopExecutor
    let pending: Shared<[UInt64]>
    init(_ loop: LoopExecutor, _ pending: Shared<[UInt64]>) {
      self.loop = loop
      self.pending = pending
    }
  }
}
