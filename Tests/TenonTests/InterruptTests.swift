import CTenon
import Testing

@testable import Tenon

/// What ends the waits for a loop, and not its work.
@Suite struct InterruptTests {
  /// What a wait answers.
  private static func end(of wait: () throws -> Void) -> tenon_status_t {
    do {
      try wait()
      return TENON_STATUS_OK
    } catch {
      return tenon_status_t(rawValue: tenon_status_t.RawValue((error as? Failure)?.code ?? -1))
    }
  }

  @Test func anInterruptThatComesBeforeAWaitEndsIt() async throws {
    try await withLoop { loop in
      let hasRun = Shared(false)
      let future = try loop.start { hasRun.value = true }
      #expect(loop.interrupt())
      #expect(Self.end { try loop.run(until: future) } == TENON_STATUS_INTERRUPTED)
      #expect(Self.end { try loop.run(until: future) } == TENON_STATUS_OK)
      #expect(hasRun.value)
    }
  }

  @Test func anInterruptOfAnotherThreadEndsAWait() async throws {
    try await withLoop { loop in
      let future = try loop.start { try? await Task.sleep(for: .seconds(3600), clock: loop.clock) }
      let thread = TestThread { _ = loop.interrupt() }
      #expect(Self.end { try loop.run(until: future) } == TENON_STATUS_INTERRUPTED)
      thread.join()
      future.cancel()
      #expect(Self.end { try loop.run(until: future) } == TENON_STATUS_OK)
    }
  }

  @Test func aClosedLoopIsNotInterrupted() async throws {
    try await withLoop { loop in
      _ = try loop.close(timeout: .seconds(10))
      #expect(!loop.interrupt())
    }
  }
}
