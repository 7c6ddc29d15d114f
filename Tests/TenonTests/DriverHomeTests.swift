import CTenon
import Testing
@_spi(ExperimentalScheduling) import _Concurrency

@_spi(ExperimentalScheduling) @testable import Tenon

/// Where a driver's task runs whose loop has a pool, and what becomes of it when one of the two closes.
@Suite struct DriverHomeTests {
  private func job(_ body: @escaping @Sendable () -> Void) -> ExecutorJob {
    _swift_createJobForTestingOnly { body() }
  }

  @Test func aHomeIsIsolatedWhereItsLoopIsPolled() async throws {
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: 1)
      let home = DriverHome(loop, pool)
      let isolated: tenon_job_fn = { context, _ in
        // Not in a task.
        Unmanaged<DriverHome>.fromOpaque(context!).takeUnretainedValue().assumeIsolated { _ in }
      }
      #expect(
        tenon_executor_post(loop.pointer, isolated, Unmanaged.passUnretained(home).toOpaque())
          == TENON_STATUS_OK)
      loop.pollAll()
      #expect(try pool.close(timeout: .seconds(60)))
    }
  }

  @Test func aJobForLaterIsALoopsTimer() async throws {
    let loop = try LoopExecutor.create()
    #expect(tenon_executor_retain(loop.pointer) == TENON_STATUS_OK)
    let pool = try ThreadPool.create(threads: 1)
    let (home, runs, clock) = (DriverHome(loop, pool), Shared(0), ContinuousClock())
    home.enqueue(job { runs.change { $0 += 1 } }, after: .zero, tolerance: nil, clock: clock)
    home.enqueue(
      job { runs.change { $0 += 1 } }, at: clock.now.advanced(by: .seconds(-1)), tolerance: nil,
      clock: clock)
    while runs.value < 2 { loop.pollAll() }
    // Then the loop closes, and has closed.
    for _ in 0..<2 {
      home.enqueue(
        job { runs.change { $0 += 1 } }, after: .seconds(86_400), tolerance: nil, clock: clock)
      _ = try? loop.close()
    }
    #expect(runs.value == 2)
    #expect(loop.statistics.jobs_abandoned == 2)
    #expect(tenon_executor_release(loop.pointer) == TENON_STATUS_OK)
    #expect(try pool.close(timeout: .seconds(60)))
  }
}
