import CTenon
import Glibc
import Testing

@testable import Tenon

/// What Swift authors write around their calls: contexts, payloads, names and task-local values.
@Suite struct AuthorTests {
  private final class Box: Sendable {
    let told: Shared<[tenon_status_t]>
    let witness: Witness
    init(_ told: Shared<[tenon_status_t]>, _ witness: Witness) {
      (self.told, self.witness) = (told, witness)
    }
  }

  private static let tell: tenon_job_fn = { context, status in
    takeContext(context, as: Box.self).told.change { $0.append(status) }
  }

  @Test func aRefusedContextIsGivenBackAndATakenOneOnce() async throws {
    let (ends, told) = (Shared(0), Shared<[tenon_status_t]>([]))
    try await withLoop { loop in
      let post = {
        passContext(Box(told, Witness(ends))) {
          tenon_executor_post(loop.pointer, AuthorTests.tell, $0)
        }
      }
      #expect(post() == TENON_STATUS_OK)
      #expect(ends.value == 0)
      loop.pollAll()
      #expect(told.value == [TENON_STATUS_OK])
      #expect(ends.value == 1)
      #expect(post() == TENON_STATUS_OK)
      #expect(tenon_executor_begin_close(loop.pointer, 0) == TENON_STATUS_OK)
      #expect(post() == TENON_STATUS_CLOSED)
      #expect(ends.value == 2)
      loop.pollAll()
      #expect(told.value.count == 2)
      #expect(ends.value == 3)
    }
  }

  @Test func aContextIsGivenBackByWhateverAnswerAndByAThrow() {
    let (ends, told) = (Shared(0), Shared<[tenon_status_t]>([]))
    var kept: UnsafeMutableRawPointer?
    #expect(passContext(Box(told, Witness(ends)), isTaken: { $0 == 0 }) { _ in -1 } == -1)
    #expect(ends.value == 1)
    passContext(Box(told, Witness(ends)), isTaken: { $0 == 0 }) {
      kept = $0
      return 0
    }
    #expect(ends.value == 1)
    _ = takeContext(kept, as: Box.self)
    #expect(ends.value == 2)
    #expect(throws: CancellationError.self) {
      try passContext(Box(told, Witness(ends))) { _ in throw CancellationError() }
    }
    #expect(ends.value == 3)
  }

  // MARK: Errors

  private final class ObjectError: Error {}
  private struct WithPayload: DescribedError {
    let errorPayload: (any AnyObject & Sendable)?
  }

  @Test func aFailureCarriesAnObject() {
    let ends = Shared(0)
    var failure: Failure? = Failure(
      domain: "test", code: 1, message: "", payload: Witness(ends))
    #expect(failure?.payload(as: Witness.self) != nil)
    #expect(failure?.payload(as: ObjectError.self) == nil)
    let pointer = Failure.retainedPointer(for: failure!)
    failure = nil
    #expect(ends.value == 0)
    #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
    #expect(ends.value == 1)
  }

  @Test func aSwiftErrorHasAPayloadInC() throws {
    let object = ObjectError()
    let witness = Witness(Shared(0))
    for (error, payload) in [
      (object as any Error, object as AnyObject), (WithPayload(errorPayload: witness), witness),
    ] {
      let pointer = Failure.retainedPointer(for: error)
      let mark = unsafeBitCast(type(of: payload), to: UnsafeRawPointer.self)
      var found: UnsafeMutableRawPointer?
      #expect(tenon_error_get_payload(pointer, mark, &found) == TENON_STATUS_OK)
      #expect(found == Unmanaged.passUnretained(payload).toOpaque())
      #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
    }
    let pointer = Failure.retainedPointer(for: object)
    #expect(try Failure.error(borrowing: pointer) as? ObjectError === object)
    #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
    #expect(throws: Failure.self) { try Failure.error(borrowing: pointer) }
  }

  /// Of an error that makes it itself, such as a struct of C's.
  private struct WithBlock: DescribedError {
    static let ends = Shared(0)
    var errorPayload: (any AnyObject & Sendable)? { Witness(Shared(0)) }
    var errorBlock: tenon_error_payload_t? {
      let block = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
      block.storeBytes(of: 42, as: Int.self)
      return tenon_error_payload_t(
        struct_size: MemoryLayout<tenon_error_payload_t>.size, type: WithBlock.mark,
        pointer: block
      ) { block in
        WithBlock.ends.change { $0 += 1 }
        block?.deallocate()
      }
    }
    static var mark: UnsafeRawPointer { unsafeBitCast(WithBlock.self, to: UnsafeRawPointer.self) }
  }

  @Test func aSwiftErrorBringsWhatCKnows() {
    let pointer = Failure.retainedPointer(for: WithBlock())
    var found: UnsafeMutableRawPointer?
    #expect(tenon_error_get_payload(pointer, WithBlock.mark, &found) == TENON_STATUS_OK)
    #expect(found?.load(as: Int.self) == 42)
    #expect(WithBlock.ends.value == 0)
    #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
    #expect(WithBlock.ends.value == 1)
  }

  @Test func aPayloadOfCIsFoundByItsMark() throws {
    var mark = 0
    try withUnsafeMutablePointer(to: &mark) { mark in
      var payload = tenon_error_payload_t()
      payload.struct_size = MemoryLayout<tenon_error_payload_t>.size
      payload.type = UnsafeRawPointer(mark)
      payload.pointer = UnsafeMutableRawPointer(mark)
      var pointer: OpaquePointer?
      #expect(
        tenon_error_create_with_payload("test", 1, nil, nil, &payload, &pointer)
          == TENON_STATUS_OK)
      let failure = try #require(try Failure.error(borrowing: pointer) as? Failure)
      #expect(failure.payload(type: UnsafeRawPointer(mark)) == UnsafeMutableRawPointer(mark))
      #expect(failure.payload(type: UnsafeRawPointer(mark) + 1) == nil)
      #expect(failure.payload(as: Witness.self) == nil)
      #expect(tenon_error_release(pointer) == TENON_STATUS_OK)
    }
  }

  @Test func anErrorIsDescribedByWhoKnowsIt() {
    struct Known: Error {}
    ErrorDescription.add {
      $0 is Known ? ErrorDescription(domain: "test.known", code: 9, message: "known") : nil
    }
    let error = ErrorInC(adopting: Failure.retainedPointer(for: Known()))
    #expect(error.domain == "test.known")
    #expect(error.code == 9)
    error.release()
    let other = ErrorInC(adopting: Failure.retainedPointer(for: ObjectError()))
    #expect(other.domain.hasPrefix("swift."))
    other.release()
  }

  // MARK: Task-local values

  @TaskLocal private static var request = "none"

  @Test func aCallWithAPriorityHasTheCallersTaskLocalValues() async throws {
    try await withLoop { loop in
      let seen = Shared<[String]>([])
      let note: @Sendable () async throws -> Void = {
        await Task.yield()
        seen.change { $0.append(AuthorTests.request) }
      }
      var futures: [Future] = []
      try AuthorTests.$request.withValue("mine") {
        futures.append(try loop.start(priority: .medium) { try await note() })
        var pointer: OpaquePointer?
        #expect(
          export(on: loop.pointer, future: &pointer, priority: .high) { try await note() }
            == TENON_STATUS_OK)
        futures.append(try Future(adopting: pointer))
      }
      for future in futures { try loop.run(until: future) }
      #expect(seen.value == ["mine", "mine"])
      let shared = try loop.start { try await note() }
      try loop.run(until: shared)
      #expect(seen.value.last == "none")
    }
  }

  @Test func anExportWithAPriorityIsRefusedAsOneWithout() async throws {
    try await withLoop { loop in
      var future: OpaquePointer?
      #expect(export(on: nil, future: &future, priority: .low) {} == TENON_STATUS_INVALID)
      #expect(export(on: loop.pointer, future: nil, priority: .low) {} == TENON_STATUS_INVALID)
      #expect(tenon_executor_begin_close(loop.pointer, 0) == TENON_STATUS_OK)
      #expect(export(on: loop.pointer, future: &future, priority: .low) {} == TENON_STATUS_CLOSED)
      #expect(future == nil)
    }
  }

  // MARK: What has not ended

  private func fetch(_ loop: LoopExecutor, for gate: Future) throws -> Future {
    try loop.start { await leak(gate) }
  }

  @Test func aCloseNamesTheCallsThatItLeavesBehind() async throws {
    try await withLoop { loop in
      let gate = try Promise.make()
      let ended = try loop.start(name: "quick") { 1 }
      let futures = try (0..<3).map { _ in try fetch(loop, for: gate.1) }
      let named = try loop.start(name: CallName("refresh the cache")) { await leak(gate.1) }
      loop.pollAll()
      #expect(ended.isSettled)
      #expect(loop.unfinishedCalls.map(\.name) == ["fetch", "refresh the cache"])
      var value = tenon_value_none()
      #expect(tenon_executor_copy_unfinished(loop.pointer, &value) == TENON_STATUS_OK)
      guard case .string("fetch 3\nrefresh the cache 1\n") = Value(taking: value) else {
        Issue.record("other names: \(loop.unfinishedCalls)")
        return
      }
      #expect(try !loop.close())
      #expect(loop.unfinishedCalls.map(\.count) == [3, 1])
      #expect(futures.allSatisfy(\.isSettled) && named.isSettled)
      gate.0.resolve()
    }
  }

  @Test func aCloseThatLeavesNothingNamesNothing() async throws {
    try await withLoop { loop in
      let (promise, gate) = try Promise.make()
      let future = try fetch(loop, for: gate)
      loop.pollAll()
      promise.resolve()
      try loop.run(until: future)
      #expect(loop.unfinishedCalls.isEmpty)
      #expect(try loop.close())
      #expect(loop.unfinishedCalls.isEmpty)
    }
  }

  @Test func anotherThreadLearnsWhichCallBlocksTheLoop() async throws {
    try await withLoop { loop in
      let (isBlocking, mayGo) = (Shared(false), Shared(false))
      let blocking = try loop.start(name: "blocksItsThread") {
        isBlocking.value = true
        while !mayGo.value { sched_yield() }
      }
      let thread = TestThread {
        while !isBlocking.value { sched_yield() }
        #expect(tenon_executor_close(loop.pointer, 0) == TENON_STATUS_BUSY)
        #expect(loop.unfinishedCalls.map(\.name) == ["blocksItsThread"])
        mayGo.value = true
      }
      try loop.run(until: blocking)
      thread.join()
    }
  }
}

/// Waits, and does not hear of its cancellation: as a continuation that nobody resumes.
private func leak(_ gate: Future) async {
  await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
    let context = unsafeBitCast(continuation, to: UnsafeMutableRawPointer.self)
    let status = tenon_future_on_complete(
      gate.pointer, nil,
      { context, _, _ in
        unsafeBitCast(context, to: UnsafeContinuation<Void, Never>.self).resume()
      }, context, nil)
    if status != TENON_STATUS_OK { continuation.resume() }
  }
}
