import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Tenon
import TenonServiceLifecycle
import Testing

@Suite struct ServiceTests {
  @Test func aLoopRunsUntilItsGroupShutsDown() async throws {
    let loop = try LoopExecutor.create(name: "loop")
    let work = try loop.start { () async throws -> Int in 42 }
    try await testGracefulShutdown { trigger in
      async let service: Void = LoopService(loop).run()
      guard case .i64(42) = try await work.value else {
        Issue.record("another result")
        return
      }
      #expect(loop.isOpen)
      trigger.triggerGracefulShutdown()
      try await service
    }
    #expect(!loop.isOpen)
  }

  @Test func aShutdownCancelsWhatRunsAndWaitsForIt() async throws {
    let loop = try LoopExecutor.create(name: "loop")
    let (begun, hasBegun) = try Promise.make()
    let end = Mutex("none")
    _ = try loop.start(detached: true) {
      begun.resolve()
      for await _ in AsyncStream<Int>.makeStream().stream {}
      end.withLock { $0 = Task.isCancelled ? "cancelled" : "over" }
    }
    try await testGracefulShutdown { trigger in
      async let service: Void = LoopService(loop).run()
      _ = try await hasBegun.value
      trigger.triggerGracefulShutdown()
      try await service
    }
    #expect(end.withLock { $0 } == "cancelled")
  }

  @Test func aPoolIsClosed() async throws {
    let pool = try ThreadPool.create(threads: 2, name: "pool")
    try await testGracefulShutdown { trigger in
      async let service: Void = ThreadPoolService(pool).run()
      #expect(try await pool.run { 6 * 7 } == 42)
      trigger.triggerGracefulShutdown()
      try await service
    }
    #expect(!pool.isOpen)
  }

  @Test func aCancelledGroupClosesThem() async throws {
    let loop = try LoopExecutor.create()
    let service = Task { try await LoopService(loop).run() }
    service.cancel()
    _ = await service.result
    #expect(!loop.isOpen)
  }
}
