import CTenon
import Testing

@testable import Tenon

/// Scopes and combinators in Swift.
@Suite struct ScopeTests {
  struct Broken: Error, Equatable { var number = 0 }

  @Test func aScopeReturnsWhenAllThatWasStartedHasEnded() async throws {
    try await withLoop { loop in
      let ended = Shared(0)
      let sum = try loop.result {
        try await withScope(on: loop) { scope in
          for _ in 0..<8 {
            try scope.start {
              for _ in 0..<4 { await Task.yield() }
              ended.change { $0 += 1 }
            }
          }
          return 36
        }
      }
      #expect(sum == 36)
      #expect(ended.value == 8)
    }
  }

  @Test func aBodyThatThrowsCancelsTheRestAndWaits() async throws {
    try await withLoop { loop in
      let (reason, isRunning) = (Shared<(any Error)?>(nil), Shared(false))
      #expect(throws: Broken(number: 1)) {
        try loop.result {
          try await withScope(on: loop) { scope in
            try scope.start {
              isRunning.value = true
              while !Task.isCancelled { await Task.yield() }
              reason.value = Task.cancelReason
            }
            while !isRunning.value { await Task.yield() }
            throw Broken(number: 1)
          }
        }
      }
      #expect(reason.value as? Broken == Broken(number: 1))
    }
  }

  @Test func aFailureCancelsTheSiblingsAndIsThrown() async throws {
    try await withLoop { loop in
      let reason = Shared<(any Error)?>(nil)
      #expect(throws: Broken(number: 2)) {
        try loop.result {
          try await withScope(on: loop) { scope in
            let waiting = try scope.start {
              while !Task.isCancelled { await Task.yield() }
              reason.value = Task.cancelReason
              try Task.checkCancellation()
            }
            try scope.start {
              for _ in 0..<4 { await Task.yield() }
              throw Broken(number: 2)
            }
            // All that this hears of it is that it was cancelled: the scope knows better.
            _ = try await waiting.value
          }
        }
      }
      #expect(reason.value as? Broken == Broken(number: 2))
    }
  }

  @Test func aDeadlineCancelsAndIsTheReason() async throws {
    try await withLoop { loop in
      let error = #expect(throws: Failure.self) {
        try loop.result {
          let now = loop.clock.now
          try await withScope(on: loop, deadline: now.advanced(by: .milliseconds(1))) { scope in
            #expect(scope.deadline == now.advanced(by: .milliseconds(1)))
            try await withScope(parent: scope) { inner in
              #expect(inner.deadline == scope.deadline)
              try inner.start { try await loop.clock.sleep(for: .seconds(3600)) }
            }
          }
        }
      }
      #expect(error?.domain == "tenon")
      #expect(error?.code == Int64(TENON_STATUS_TIMEOUT.rawValue))
    }
  }

  @Test func aCancelledTaskCancelsItsScopeForTheSameReason() async throws {
    try await withLoop { loop in
      let (promise, input) = try Promise.make()
      let future = try loop.start {
        try await withScope(on: loop) { scope in
          try scope.add(input)
          try scope.start { _ = try await input.value }
        }
      }
      loop.pollAll()
      future.cancel(because: Broken(number: 3))
      #expect(promise.cancelReason as? Broken == Broken(number: 3))
      loop.pollAll()
      #expect(!future.isSettled)
      promise.cancel()
      try loop.run(until: future)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aScopeWorksInATaskGroupThatIsCancelled() async throws {
    try await withLoop { loop in
      let (promise, input) = try Promise.make()
      let future = try loop.start {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            try await withScope(on: loop) { scope in try scope.add(input) }
          }
          try await group.waitForAll()
        }
      }
      loop.pollAll()
      future.cancel(because: Broken(number: 4))
      loop.pollAll()
      #expect(promise.cancelReason as? Broken == Broken(number: 4))
      promise.cancel()
      try loop.run(until: future)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aStreamIsAMemberOfAScopeAndHearsWhyItIsCancelled() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make()
      let scope = try Scope(on: loop)
      try scope.add(stream)
      #expect(sink.cancelReason == nil)
      let end = try scope.close()
      scope.cancel(because: Broken(number: 7))
      #expect(sink.isCancelled && sink.cancelReason as? Broken == Broken(number: 7))
      #expect(!end.isSettled)
      #expect(sink.cancel() && sink.cancelReason == nil)
      #expect(tenon_future_poll(end.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aSequenceThatWritesAStreamHearsWhyItIsCancelled() async throws {
    try await withLoop { loop in
      let (reason, isRunning) = (Shared<(any Error)?>(nil), Shared(false))
      let numbers = AsyncStream<Int> {
        isRunning.value = true
        while !Task.isCancelled { await Task.yield() }
        reason.value = Task.cancelReason
        return nil
      }
      let stream = try loop.stream(from: numbers)
      #expect(throws: Broken(number: 8)) {
        try loop.result {
          try await withScope(on: loop) { scope in
            try scope.add(stream)
            while !isRunning.value { await Task.yield() }
            throw Broken(number: 8)
          }
        }
      }
      // It has ended as the sequence has: without an error.
      #expect(tenon_future_poll(try stream.end.pointer) == TENON_STATUS_OK)
      #expect(reason.value as? Broken == Broken(number: 8))
    }
  }

  @Test func theEndOfALatestValueIsAMemberOfAScope() async throws {
    try await withLoop { loop in
      let (publisher, latest) = try Latest.make()
      let scope = try Scope()
      try scope.add(latest)
      let end = try scope.close()
      #expect(publisher.set(1))
      scope.cancel(because: Broken(number: 9))
      #expect(!publisher.set(2))
      #expect(publisher.cancelReason as? Broken == Broken(number: 9))
      publisher.cancel()
      #expect(end.isSettled)
    }
  }

  @Test func collectedFailuresAreCounted() async throws {
    try await withLoop { loop in
      let error = #expect(throws: Failure.self) {
        try loop.result {
          try await withScope(on: loop, policy: .collect) { scope in
            for number in 0..<3 { try scope.start { throw Broken(number: number) } }
            try scope.start {
              for _ in 0..<8 { await Task.yield() }
              #expect(!Task.isCancelled)
            }
          }
        }
      }
      #expect(error?.message.hasPrefix("3 failures, the first: ") == true)
      #expect(error?.cause as? Broken == Broken(number: 0))
    }
  }

  @Test func aScopeThatGoesAwayIsCancelled() async throws {
    try await withLoop { loop in
      let before = processStatistics()
      let (promise, input) = try Promise.make()
      do {
        let scope = try Scope(on: loop)
        try scope.add(input)
        #expect(!scope.isCancelled && scope.cancelReason == nil)
        scope.cancel(because: Broken())
        #expect(scope.isCancelled && scope.cancelReason as? Broken == Broken())
      }
      #expect(promise.isCancelled)
      promise.cancel()
      #expect(processStatistics().scopes_abandoned > before.scopes_abandoned)
    }
  }

  @Test func whatIsStartedInAnEndedScopeNeverRuns() async throws {
    try await withLoop { loop in
      let scope = try Scope(on: loop)
      let end = try scope.close()
      #expect(end.isSettled)
      let error = #expect(throws: Failure.self) {
        try scope.start { Issue.record("it must not run") }
      }
      #expect(error?.code == Int64(TENON_STATUS_CLOSED.rawValue))
      loop.pollAll()
    }
  }

  // MARK: Combinators

  @Test func combinatorsWaitForCallsOfSwift() async throws {
    try await withLoop { loop in
      try loop.result {
        let numbers = try (0..<5).map { number in
          try loop.start { () -> Int in
            for _ in 0..<number { await Task.yield() }
            return number
          }
        }
        _ = try await Future.all(numbers).value
        var sum: Int64 = 0
        for number in numbers { if case .i64(let value) = try await number.value { sum += value } }
        #expect(sum == 10)
        // Of those that have settled it is the first in the array.
        guard case .u64(0) = try await Future.race([numbers[3]] + numbers).value else {
          Issue.record("the first one wins")
          return
        }
      }
    }
  }

  @Test func theLosersOfARaceAreCancelled() async throws {
    try await withLoop { loop in
      let seen = Shared<(any Error)?>(nil)
      let slow = try loop.start {
        while !Task.isCancelled { await Task.yield() }
        seen.value = Task.cancelReason
      }
      let quick = try loop.start { 1 }
      let winner = try loop.result { try await Future.race([slow, quick]).value }
      guard case .u64(1) = winner else {
        Issue.record("the quick one wins")
        return
      }
      try loop.run(until: slow)
      #expect((seen.value as? Failure)?.code == Int64(TENON_STATUS_CANCELLED.rawValue))
    }
  }

  @Test func timeoutsSleepsAndMapsAreFutures() async throws {
    try await withLoop { loop in
      try loop.result {
        let nap = try loop.sleep(for: .seconds(3600))
        let error = await #expect(throws: Failure.self) {
          try await nap.timeout(after: .microseconds(10), on: loop).value
        }
        #expect(error?.code == Int64(TENON_STATUS_TIMEOUT.rawValue))
        _ = try await loop.sleep(for: .microseconds(10)).value
        let doubled = try loop.start { 21 }.map(on: loop) { value -> Int in
          guard case .i64(let number) = value else { return 0 }
          return Int(number) * 2
        }
        guard case .i64(42) = try await doubled.value else {
          Issue.record("twice 21 is 42")
          return
        }
      }
    }
  }

  @Test func aCancelOfAMappedFutureReachesItsInputBeforeItsTurn() async throws {
    try await withLoop { loop in
      let (promise, input) = try Promise.make()
      let mapped = try input.map(on: loop) { $0 }
      mapped.cancel(because: Broken(number: 6))
      #expect(promise.cancelReason as? Broken == Broken(number: 6))
      promise.cancel()
      try loop.run(until: mapped)
      #expect(tenon_future_poll(mapped.pointer) == TENON_STATUS_CANCELLED)
    }
  }
}
