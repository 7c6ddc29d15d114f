import CTenon
import Glibc
import Testing

@testable import Tenon

/// Starting work, awaiting it, and its errors, from Swift and from C.
@Suite struct APITests {
  final class ObjectError: Error {}
  enum PlainError: Error { case first, second }
  struct Described: DescribedError {
    let errorDomain = "test.described"
    let errorCode: Int64 = 7
    let errorMessage = "as described"
  }

  @Test func aNameThatIsMadeAtRunTimeIsKeptOnce() {
    let name = "search \(getpid())"
    #expect(CallName(name).address == CallName(name).address)
    #expect(String(cString: UnsafePointer<CChar>(bitPattern: CallName(name).address)!) == name)
  }

  @Test func aDurationThatIsTooLongIsForEver() {
    let most = UInt64.max / 1_000_000_000
    #expect(Duration.seconds(Int64(most)).clampedNanoseconds == most * 1_000_000_000)
    #expect((Duration.seconds(Int64(most)) + .nanoseconds(999_999_999)).clampedNanoseconds == .max)
    #expect(Duration.seconds(Int64(most) + 1).clampedNanoseconds == .max)
    #expect(Duration.seconds(-1).clampedNanoseconds == 0)
  }

  @Test func aResultReachesC() async throws {
    try await withLoop { loop in
      let future = try loop.start {
        await Task.yield()
        return "grüße"
      }
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_PENDING)
      try loop.run(until: future)
      var value = tenon_value_none()
      #expect(tenon_future_take(future.pointer, &value) == TENON_STATUS_OK)
      guard case .string("grüße") = Value(reading: value) else {
        Issue.record("another value")
        return
      }
      value.end()
    }
  }

  @Test func swiftAwaitsWhatCResolves() async throws {
    try await withLoop { loop in
      let (promise, pointer) = makePromiseInC()
      let future = try Future(adopting: pointer)
      let awaiting = try loop.start { try await future.value }
      loop.pollAll()
      var value = tenon_value_i64(42)
      #expect(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK)
      try loop.run(until: awaiting)
      guard case .i64(42) = try loop.result({ try await awaiting.take() }) else {
        Issue.record("another value")
        return
      }
    }
  }

  @Test func aStringThatIsNotUTF8IsRepaired() async throws {
    try await withLoop { loop in
      let (promise, pointer) = makePromiseInC()
      let future = try Future(adopting: pointer)
      // By hand, past the functions that would have refused it.
      var value = tenon_value_none()
      value.kind = UInt8(TENON_VALUE_STRING.rawValue)
      value.flags = UInt8(TENON_VALUE_FLAG_INLINE)
      value.inline_size = 3
      withUnsafeMutableBytes(of: &value.as) { $0.copyBytes(from: [0x61, 0xff, 0x62]) }
      #expect(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK)
      let text = try loop.result { try await future.value }
      guard case .string(let string) = text else {
        Issue.record("no string")
        return
      }
      #expect(string == "a\u{fffd}b")
    }
  }

  @Test func theSameSwiftErrorComesBack() async throws {
    try await withLoop { loop in
      let thrown = ObjectError()
      let future = try loop.start { throw thrown }
      let caught = #expect(throws: ObjectError.self) {
        try loop.result { try await future.value }
      }
      #expect(caught === thrown)
    }
  }

  @Test func aSwiftErrorIsDescribedToC() async throws {
    try await withLoop { loop in
      let plain = try loop.start { throw PlainError.second }
      let described = try loop.start { throw Described() }
      try loop.run(until: plain)
      try loop.run(until: described)
      let first = ErrorInC(of: plain)
      #expect(first.domain.hasPrefix("swift."))
      #expect(first.domain.hasSuffix("PlainError"))
      #expect(first.code == 1)
      first.release()
      let second = ErrorInC(of: described)
      #expect(second.domain == "test.described")
      #expect(second.code == 7)
      #expect(second.message == "as described")
      second.release()
    }
  }

  @Test func aFailureKeepsItsHandleDomainCodeMessageAndCause() async throws {
    try await withLoop { loop in
      let cause = Failure(domain: "test.cause", code: -2, message: "below")
      let failure = Failure(domain: "test", code: 5, message: "above", cause: cause)
      let future = try loop.start { throw failure }
      try loop.run(until: future)
      let error = ErrorInC(of: future)
      #expect(error.pointer == failure.handle.pointer)
      #expect(error.domain == "test")
      #expect(error.code == 5)
      #expect(error.message == "above")
      var below: OpaquePointer?
      #expect(tenon_error_copy_cause(error.pointer, &below) == TENON_STATUS_OK)
      let lower = ErrorInC(adopting: below)
      #expect(lower.domain == "test.cause")
      #expect(lower.code == -2)
      lower.release()
      error.release()
      let caught = #expect(throws: Failure.self) { try loop.result { try await future.value } }
      #expect(caught == failure)
      #expect(caught?.cause as? Failure == cause)
    }
  }

  @Test func aSwiftErrorAsCauseComesBackAsItself() {
    let cause = ObjectError()
    let failure = Failure(domain: "test", code: 1, message: "", cause: cause)
    #expect(failure.cause as? ObjectError === cause)
  }

  @Test func anErrorMadeInCReachesCatchAndGoesBackAsTheSame() async throws {
    try await withLoop { loop in
      var (cause, error): (OpaquePointer?, OpaquePointer?)
      #expect(tenon_error_create("c.cause", 1, "why", nil, &cause) == TENON_STATUS_OK)
      #expect(tenon_error_create("c.domain", 99, "what", cause, &error) == TENON_STATUS_OK)
      let (promise, pointer) = makePromiseInC()
      let future = try Future(adopting: pointer)
      #expect(tenon_promise_reject(promise, error) == TENON_STATUS_OK)
      let caught = #expect(throws: Failure.self) { try loop.result { try await future.value } }
      #expect(caught?.domain == "c.domain")
      #expect(caught?.code == 99)
      #expect(caught?.message == "what")
      #expect((caught?.cause as? Failure)?.domain == "c.cause")

      let again = try loop.start { _ = try await future.value }
      try loop.run(until: again)
      let back = ErrorInC(of: again)
      #expect(back.pointer == error)
      back.release()
    }
  }

  @Test func withPromiseTakesTheFirstOfTwoCallbacks() async throws {
    try await withLoop { loop in
      let value = try loop.result {
        try await withPromise { promise in
          #expect(promise.resolve(1))
          #expect(!promise.resolve(2))
          #expect(!promise.reject(PlainError.first))
        }
      }
      guard case .i64(1) = value else {
        Issue.record("not the first")
        return
      }
    }
  }

  @Test func withPromiseTakesACallbackFromAnotherThread() async throws {
    try await withLoop { loop in
      let threads = Shared<[TestThread]>([])
      let value = try loop.result {
        try await withPromise { promise in
          for number in 1...2 {
            let thread = TestThread { promise.resolve(number) }
            threads.change { $0.append(thread) }
          }
        }
      }
      for thread in threads.value { thread.join() }
      guard case .i64(1...2) = value else {
        Issue.record("another value")
        return
      }
    }
  }

  @Test func aPromiseThatGoesAwayRejects() async throws {
    try await withLoop { loop in
      let future = try abandonedFuture()
      let caught = #expect(throws: Failure.self) { try loop.result { try await future.value } }
      #expect(caught?.domain == "tenon")
    }
  }

  private func abandonedFuture() throws -> Future { try Promise.make().1 }

  @Test func withPromiseRejectsWhenNobodyKeepsThePromise() async throws {
    try await withLoop { loop in
      let future = try loop.start { _ = try await withPromise { _ in } }
      try #require(try loop.run(until: future, timeout: .seconds(2)), "it waits for ever")
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_REJECTED)
    }
  }

  @Test func callsThatDoNotSuspendShareOneDriver() async throws {
    try await withLoop { loop in
      let thread = threadHere()
      let futures = try (0..<1024).map { number in
        try loop.start {
          #expect(threadHere() == thread)
          return number
        }
      }
      loop.pollAll()
      #expect(futures.allSatisfy { $0.isSettled })
      #expect(loop.statistics.calls == 1024)
      #expect(loop.statistics.drivers <= 2)
    }
  }

  @Test func aCallThatSuspendsDoesNotBlockTheNext() async throws {
    try await withLoop { loop in
      let (promise, gate) = try Promise.make()
      let waiting = try loop.start { _ = try await gate.value }
      let next = try loop.start { 1 }
      try loop.run(until: next)
      #expect(!waiting.isSettled)
      promise.resolve()
      try loop.run(until: waiting)
    }
  }

  @Test func aPriorityGivesATaskOfItsOwn() async throws {
    try await withLoop { loop in
      let priorities = Shared<[TaskPriority]>([])
      let tasks = Shared<Set<Int>>([])
      let (promise, gate) = try Promise.make()
      let futures = try (0..<8).map { _ in
        try loop.start(priority: .high) {
          priorities.change { $0.append(Task.currentPriority) }
          withUnsafeCurrentTask { task in
            let hash = task.hashValue
            tasks.change { _ = $0.insert(hash) }
          }
          _ = try await gate.value
        }
      }
      loop.pollAll()
      promise.resolve()
      for future in futures { try loop.run(until: future) }
      #expect(priorities.value == Array(repeating: .high, count: 8))
      #expect(tasks.value.count == 8)
      #expect(loop.statistics.drivers == 0)
    }
  }

  @Test func everyJobRunsOnThePollingThread() async throws {
    try await withLoop { loop in
      let thread = threadHere()
      try loop.result {
        #expect(threadHere() == thread)
        await Task.yield()
        #expect(threadHere() == thread)
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<8 { group.addTask { #expect(threadHere() == thread) } }
        }
        async let child = threadHere()
        #expect(await child == thread)
        let (promise, future) = try Promise.make()
        let other = TestThread { promise.resolve(1) }
        _ = try await future.value
        #expect(threadHere() == thread)
        other.join()
      }
    }
  }
}
