import CTenonUV
import Tenon
import Testing

@testable import TenonUV

/// A libuv loop's time.
@Suite struct TimerTests {
  @Test func aSleepIsNeverShort() async throws {
    try await withUVLoop { loop in
      for milliseconds in [0, 1, 7] {
        let start = loop.clock.now
        try await loop.sleep(for: .milliseconds(milliseconds))
        #expect(start.duration(to: loop.clock.now) >= .milliseconds(milliseconds))
      }
    }
  }

  @Test func sleepsEndInTheOrderOfTheirTimes() async throws {
    try await withUVLoop { loop in
      while true {
        let order = Shared<[Int]>([])
        let (now, timers) = (loop.clock.now, loop.statistics.timers)
        let tasks = [3, 1, 2].map { number in
          loop.task {
            try await loop.clock.sleep(until: now.advanced(by: .milliseconds(20 * number)))
            order.change { $0.append(number) }
          }
        }
        while loop.statistics.timers < timers + 3 { await Task.yield() }
        let wereInTime = now.duration(to: loop.clock.now) < .milliseconds(20)
        for task in tasks { try await task.value }
        // On a machine that was busy elsewhere it says nothing.
        if !wereInTime { continue }
        #expect(order.value == [1, 2, 3])
        break
      }
    }
  }

  @Test func cancellingASleepEndsIt() async throws {
    try await withUVLoop { loop in
      let tasks = [
        loop.task { try await loop.sleep(for: .seconds(86_400)) },
        Task.detached { try await loop.sleep(for: .seconds(86_400)) },
      ]
      try await loop.until { loop.statistics.timers >= 2 }
      for task in tasks { task.cancel() }
      for task in tasks { #expect(await task.endsCancelled) }
    }
  }

  @Test func aSleepEndsWhenTheLoopIsDetached() async throws {
    try await withHostLoop { raw in
      let loop = try UVLoop.attach(to: raw)
      let future = try loop.executor.start { try await loop.sleep(for: .seconds(86_400)) }
      let other = Shared<Result<Void, any Error>?>(nil)
      Task.detached {
        let result = await Task.detached { try await loop.sleep(for: .seconds(86_400)) }.result
        other.value = result
      }
      run(raw) { loop.statistics.timers == 2 }
      try loop.detach(timeout: .seconds(60))
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
      while other.value == nil { sched_yield() }
      #expect(throws: Failure.self) { try other.value!.get() }
    }
  }
}

extension UVLoop {
  nonisolated var statistics: tenon_executor_statistics_t {
    var statistics = tenon_executor_statistics_t()
    statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
    #expect(tenon_executor_get_statistics(executor.pointer, &statistics) == TENON_STATUS_OK)
    return statistics
  }
}
