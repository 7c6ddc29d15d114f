import CTenon
import Testing

@testable import Tenon

/// A cancel of a call reaches the future that it awaits, wherever in it that is: see `AwaitFuture.swift`.
@Suite struct AwaitFutureTests {
  private struct Unwanted: Error {}

  private actor Elsewhere {
    func wait(for future: Future) async { await future.settled() }
  }

  private enum Place: CaseIterable {
    case first, second, afterAYield, afterASleep, inAChild, inAGroup, onAnActor, aTaskOfItsOwn
  }

  /// Waits for `other`, where the place has a wait before, and then for `future`.
  private nonisolated(nonsending) static func wait(
    for future: Future, at place: Place, after other: Future, on loop: LoopExecutor
  ) async {
    switch place {
    case .first, .aTaskOfItsOwn: await future.settled()
    case .second:
      await other.settled()
      await future.settled()
    case .afterAYield:
      await Task.yield()
      await future.settled()
    case .afterASleep:
      try? await loop.clock.sleep(for: .nanoseconds(1))
      await future.settled()
    case .inAChild:
      async let child: Void = future.settled()
      await child
    case .inAGroup:
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await future.settled() }
        group.addTask { await other.settled() }
      }
    case .onAnActor: await Elsewhere().wait(for: future)
    }
  }

  @Test(arguments: Place.allCases)
  private func aCancelReachesWhatIsAwaited(_ place: Place) async throws {
    try await withLoop { loop in
      let (promise, future) = try Promise.make()
      let (otherPromise, other) = try Promise.make()
      let call = try loop.start(priority: place == .aTaskOfItsOwn ? .high : nil) {
        await Self.wait(for: future, at: place, after: other, on: loop)
        return Task.isCancelled
      }
      loop.pollAll()
      otherPromise.resolve()
      // Until it awaits: a sleep takes its time.
      let beginning = loop.clock.now
      while loop.clock.now < beginning.advanced(by: .milliseconds(5)) { loop.pollAll() }
      #expect(!promise.isCancelled)
      call.cancel(because: Unwanted())
      #expect(promise.isCancelled)
      if place != .inAChild && place != .inAGroup { #expect(promise.cancelReason is Unwanted) }
      promise.resolve()
      try loop.run(until: call)
      guard case .boolean(true) = try loop.result({ try await call.value }) else {
        Issue.record("the call has not seen that it was cancelled")
        return
      }
    }
  }

  @Test func whoeverIsCancelledAlreadyCancelsAtOnce() async throws {
    try await withLoop { loop in
      let (promise, future) = try Promise.make()
      let call = try loop.start {
        while !Task.isCancelled { await Task.yield() }
        await future.settled()
      }
      loop.pollSome()
      call.cancel(because: Unwanted())
      loop.pollAll()
      #expect(promise.isCancelled)
      #expect(promise.cancelReason is Unwanted)
      promise.cancel()
      try loop.run(until: call)
    }
  }

  @Test func aCallThatCancelsItselfCancelsWhatItAwaitsThen() async throws {
    try await withLoop { loop in
      let (promise, future) = try Promise.make()
      let own = Shared<Future?>(nil)
      let call = try loop.start {
        own.value?.cancel(because: Unwanted())
        await future.settled()
      }
      own.value = call
      loop.pollAll()
      #expect(promise.isCancelled)
      #expect(promise.cancelReason is Unwanted)
      promise.cancel()
      try loop.run(until: call)
    }
  }

  @Test func aCallThatWentOnDoesNotCancelWhatItAwaitedBefore() async throws {
    try await withLoop { loop in
      let (promise, future) = try Promise.make()
      let (firstPromise, first) = try Promise.make()
      let call = try loop.start {
        await first.settled()
        while !Task.isCancelled { await Task.yield() }
      }
      let other = try loop.start { await future.settled() }
      loop.pollSome()
      firstPromise.resolve()
      loop.pollSome()
      call.cancel()
      try loop.run(until: call)
      #expect(!promise.isCancelled)
      promise.resolve()
      try loop.run(until: other)
    }
  }

  /// The cancel comes from another thread while the call is on its way into its wait, in it or out of it.
  @Test func aCancelMayComeAtAnyMoment() async throws {
    try await withLoop { loop in
      for round in 0..<(isSanitized ? 500 : 20_000) {
        let (promise, future) = try Promise.make()
        let call = try loop.start { await future.settled() }
        let canceller = round % 4 == 0 ? nil : call
        let thread = TestThread {
          for _ in 0..<(round % 64) { Thread.pause(1) }
          canceller?.cancel()
        }
        loop.pollAll()
        thread.join()
        if canceller == nil { call.cancel() }
        loop.pollAll()
        // It was cancelled before its turn, or what it awaits has been told.
        #expect(promise.isCancelled || call.isSettled)
        promise.resolve()
        try loop.run(until: call)
      }
    }
  }
}
