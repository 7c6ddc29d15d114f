import CTenon
import Testing
@_spi(ExperimentalScheduling) import _Concurrency

@_spi(ExperimentalScheduling) @testable import Tenon

/// Where a driver's task runs whose loop has a pool, and what becomes of it when one of the two closes.
@Suite struct DriverHomeTests {
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

  /// What comes while the last job of a close whose time is over runs does not.
  @Test func aJobThatComesHomeTooLateIsCounted() async throws {
    let loop = try LoopExecutor.create()
    #expect(tenon_executor_retain(loop.pointer) == TENON_STATUS_OK)
    let pool = try ThreadPool.create(threads: 1)
    #expect(try pool.close(timeout: .seconds(60)))
    let (home, runs) = (DriverHome(loop, pool), Shared([Int]()))
    let close: tenon_job_fn = { loop, _ in
      #expect(tenon_executor_begin_close(OpaquePointer(loop), 0) == TENON_STATUS_OK)
    }
    let pointer = UnsafeMutableRawPointer(loop.pointer)
    #expect(tenon_executor_post(loop.pointer, close, pointer) == TENON_STATUS_OK)
    home.enqueue(
      job {
        runs.change { $0.append(1) }
        home.enqueue(job { runs.change { $0.append(2) } })
      })
    var result = PollResult()
    for _ in 0..<2 { #expect(loop.poll(PollBudget(jobs: 1), &result) == TENON_STATUS_OK) }
    #expect(result.closed)
    #expect(runs.value == [1])
    #expect(loop.statistics.jobs_abandoned == 1)
    #expect(tenon_executor_release(loop.pointer) == TENON_STATUS_OK)
  }

  @Test func aJobThatItsPoolDoesNotRunAnyMoreGoesOnOnTheLoop() async throws {
    try await withLoop { loop in
      let pool = try ThreadPool.create(threads: 1)
      let home = DriverHome(loop, pool)
      let (isThere, goesOn, places) = (Gate(), Gate(), Shared([Bool]()))
      pool.enqueue(
        job {
          isThere.open()
          goesOn.wait()
        })
      isThere.wait()
      // The first one is the driver's own. The close runs what is ready, and that makes another one ready.
      home.enqueue(job {})
      pool.enqueue(job { home.enqueue(job { places.change { $0.append(loop.isCurrent) } }) })
      #expect(try !pool.close(timeout: .zero))
      goesOn.open()
      #expect(places.value.isEmpty)
      loop.pollAll()
      #expect(places.value == [true])
    }
  }
}
