import CTenon
import Glibc
import Testing

@testable import Tenon

/// Several threads at the same scopes and combinators; made for the thread sanitizer. Each future tells once, each value is
/// dropped once, and no handle is left.
@Suite(.serialized) struct ScopeStressTests {
  private static let count: tenon_completion_fn = { context, _, _ in
    Unmanaged<Shared<Int>>.fromOpaque(context!).takeUnretainedValue().change { $0 += 1 }
  }

  @Test func everythingEndsOnceWhateverManyThreadsDo() throws {
    for seed in 0..<UInt64(isSanitized ? 150 : 1500) {
      var handles: [Handle] = []
      try stress(seed, &handles)
      for handle in handles {
        if handle.is(.scope) {
          #expect(ScopeTable.locked(handle) { _ in } == nil, "seed \(seed)")
        } else {
          #expect(pollFuture(handle) == TENON_STATUS_STALE, "seed \(seed)")
        }
      }
    }
  }

  private func stress(_ seed: UInt64, _ handles: inout [Handle]) throws {
    let (told, drops) = (Shared(0), Shared(0))
    let pairs = try (0..<12).map { _ in try Promise.make() }
    let (promises, futures) = (pairs.map { $0.0 }, pairs.map { $0.1 })
    let root = try Scope(policy: seed & 1 == 0 ? .cancelSiblings : .collect)
    let child = try Scope(parent: root)
    let results = Shared<[Future]>([])
    let error = Failure(domain: "test", code: 1, message: "given")
    let context = Unmanaged.passUnretained(told).toOpaque()
    for future in futures {
      let status = tenon_future_on_complete(
        future.pointer, nil, ScopeStressTests.count, context, nil)
      #expect(status == TENON_STATUS_OK)
    }
    let combines = TestThread {
      var random = Randomness(state: seed)
      for round in 0..<16 {
        let inputs = (0..<4).map { _ in futures.randomElement(using: &random)! }
        let keeps = Bool.random(using: &random)
        let result =
          switch round & 3 {
          case 0: try? Future.all(inputs, keepingOthers: keeps)
          case 1: try? Future.any(inputs, keepingOthers: keeps)
          case 2: try? Future.race(inputs, keepingOthers: keeps)
          default: try? Future.allSettled(inputs, keepingOthers: keeps)
          }
        guard let result else { continue }
        if Int.random(in: 0..<4, using: &random) == 0 { result.cancel(because: error) }
        // One in two is let go of at once.
        if round & 1 == 0 { results.change { $0.append(result) } }
      }
    }
    let settles = TestThread {
      var random = Randomness(state: ~seed)
      for promise in promises.shuffled(using: &random) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: promise.reject(error)
        case 1: promise.cancel()
        default: promise.resolve(Value.object(Witness(drops)))
        }
        if Bool.random(using: &random) { sched_yield() }
      }
    }
    let scopes = TestThread {
      var random = Randomness(state: seed &* 3)
      for future in futures {
        try? (Bool.random(using: &random) ? root : child).add(future)
        if Int.random(in: 0..<12, using: &random) == 0 { child.cancel(because: error) }
        if Int.random(in: 0..<24, using: &random) == 0 { root.cancel() }
      }
      _ = try? child.close()
    }
    for thread in [combines, settles, scopes] { thread.join() }
    let end = try root.close()
    #expect(end.isSettled, "seed \(seed)")
    for result in results.value { #expect(result.isSettled, "seed \(seed)") }
    #expect(told.value == futures.count, "seed \(seed)")
    handles = (futures + results.value).map { $0.handle } + [root.handle, child.handle]
    results.value = []
  }

  @Test func valuesThatATimeoutMovesAreDroppedOnce() async throws {
    try await withLoop { loop in
      let drops = Shared(0)
      let rounds = isSanitized ? 200 : 2000
      let (stop, stopped) = try Promise.make()
      let producer = TestThread {
        for round in 0..<rounds {
          guard let (promise, future) = try? Promise.make() else { break }
          let limited = try? future.timeout(after: .microseconds(round & 63), on: loop)
          for _ in 0..<(round & 31) { sched_yield() }
          if round & 7 == 0 { limited?.cancel() }
          promise.resolve(Value.object(Witness(drops)))
        }
        stop.resolve()
      }
      try loop.run(until: stopped)
      producer.join()
      try loop.run()
      #expect(drops.value == rounds)
      #expect(loop.statistics.pending == 0)
    }
  }

  @Test func deadlinesClosesAndCancelsOfScopesRace() async throws {
    try await withLoop { loop in
      let rounds = isSanitized ? 200 : 2000
      let ended = Shared(0)
      let (stop, stopped) = try Promise.make()
      let opener = TestThread {
        for round in 0..<rounds {
          let deadline = loop.clock.now.advanced(by: .microseconds(round & 127))
          guard let scope = try? Scope(on: loop, deadline: deadline),
            let (promise, future) = try? Promise.make()
          else { break }
          try? scope.add(future)
          _ = try? scope.start { while !Task.isCancelled { await Task.yield() } }
          for _ in 0..<(round & 15) { sched_yield() }
          if round & 3 == 0 { scope.cancel() }
          guard round & 7 != 1, let end = try? scope.close() else {
            promise.cancel()
            ended.change { $0 += 1 }
            continue
          }
          let context = Unmanaged.passUnretained(ended).toOpaque()
          let status = tenon_future_on_complete(
            end.pointer, nil, ScopeStressTests.count, context, nil)
          #expect(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED)
          if status == TENON_STATUS_SETTLED { ended.change { $0 += 1 } }
          promise.cancel()
          while !end.isSettled { sched_yield() }
        }
        stop.resolve()
      }
      try loop.run(until: stopped)
      opener.join()
      try loop.run()
      #expect(ended.value == rounds)
    }
  }
}
