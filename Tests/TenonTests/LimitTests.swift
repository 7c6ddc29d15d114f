import CTenon
import Testing

@testable import Tenon

/// What a word can count, at its end. It would take billions of calls to come there, so the words are set.
@Suite struct LimitTests {
  /// Has a slot's word count as much as it can, but for the `rest`, while `body` runs.
  private func filling<Result>(
    _ mask: UInt, in slot: UnsafeMutableRawPointer, butFor rest: UInt = 0,
    _ body: () throws -> Result
  ) rethrows -> Result {
    let head = SlotTable.head(slot)
    let there = head.pointee.word.load(ordering: .relaxed) & mask
    let added = mask - rest * (mask & (0 &- mask)) - there
    head.pointee.word.wrappingAdd(added, ordering: .sequentiallyConsistent)
    defer { head.pointee.word.wrappingSubtract(added, ordering: .sequentiallyConsistent) }
    return try body()
  }

  private func slot(of pointer: OpaquePointer?, _ table: borrowing SlotTable)
    -> UnsafeMutableRawPointer
  { table.address(of: Handle(pointer).index) }

  private func makeError() -> OpaquePointer? {
    var error: OpaquePointer?
    #expect(tenon_error_create("limits", 7, "a message", nil, &error) == TENON_STATUS_OK)
    return error
  }

  /// Calls `body` while an error can have only so many more references.
  private func leaving<Result>(
    _ rest: UInt, of error: OpaquePointer?, _ body: () throws -> Result
  ) rethrows -> Result {
    try filling(0xffff_ffff, in: slot(of: error, errorTable), butFor: rest, body)
  }

  // MARK: References

  private func checkReferences(
    _ pointer: OpaquePointer?, _ slot: UnsafeMutableRawPointer, _ mask: UInt,
    _ retain: (OpaquePointer?) -> tenon_status_t, _ release: (OpaquePointer?) -> tenon_status_t
  ) {
    filling(mask, in: slot) { #expect(retain(pointer) == TENON_STATUS_NO_RESOURCES) }
    #expect(retain(pointer) == TENON_STATUS_OK)
    #expect(release(pointer) == TENON_STATUS_OK)
    #expect(release(pointer) == TENON_STATUS_OK)
    #expect(release(pointer) == TENON_STATUS_STALE)
  }

  @Test func oneReferenceMoreThanCanBeCountedIsRefused() throws {
    let error = makeError()
    checkReferences(
      error, slot(of: error, errorTable), 0xffff_ffff, tenon_error_retain, tenon_error_release)
    let object = Object(Witness(Shared(0))).retainedPointer()
    checkReferences(
      object, slot(of: object, objectTable), 1 << 26 - 1, tenon_object_retain,
      tenon_object_release)
    var scope: OpaquePointer?
    #expect(tenon_scope_open(nil, &scope) == TENON_STATUS_OK)
    checkReferences(
      scope, slot(of: scope, scopeTable), ScopeSlot.referencesMask, tenon_scope_retain,
      tenon_scope_release)
    var executor: OpaquePointer?
    #expect(tenon_executor_create(nil, &executor) == TENON_STATUS_OK)
    checkReferences(
      executor, slot(of: executor, executorTable), ExecutorSlot.referencesMask,
      tenon_executor_retain, tenon_executor_release)
    let (promise, future) = makePromiseInC()
    #expect(tenon_promise_resolve(promise, nil) == TENON_STATUS_OK)
    checkReferences(
      future, slot(of: future, futureTable), FutureWord.readersMask, tenon_future_retain,
      tenon_future_release)
  }

  @Test func aFutureWithAllReadersThatCanBeCountedTakesNoCallback() {
    let (promise, future) = makePromiseInC()
    let never: tenon_completion_fn = { _, _, _ in Issue.record("it was refused") }
    filling(FutureWord.readersMask, in: slot(of: future, futureTable)) {
      #expect(
        tenon_future_on_complete(future, nil, never, nil, nil) == TENON_STATUS_NO_RESOURCES)
    }
    #expect(tenon_promise_resolve(promise, nil) == TENON_STATUS_OK)
    #expect(tenon_future_release(future) == TENON_STATUS_OK)
  }

  @Test func aScopeWhoseEndHasAllReadersIsNotClosed() throws {
    var (scope, end): (OpaquePointer?, OpaquePointer?)
    #expect(tenon_scope_open(nil, &scope) == TENON_STATUS_OK)
    let future = try #require(ScopeTable.locked(Handle(scope)) { $0.pointee.future })
    filling(FutureWord.readersMask, in: futureTable.address(of: future.index)) {
      #expect(tenon_scope_close(scope, &end) == TENON_STATUS_NO_RESOURCES)
    }
    #expect(tenon_scope_close(scope, &end) == TENON_STATUS_OK)
    #expect(tenon_future_poll(end) == TENON_STATUS_OK)
    #expect(tenon_future_release(end) == TENON_STATUS_OK)
    #expect(tenon_scope_release(scope) == TENON_STATUS_OK)
  }

  // MARK: Errors that cannot be passed on

  @Test func aSwiftErrorOfWhichThereIsNoReferenceLeftIsRejectedAllTheSame() throws {
    let error = makeError()
    let failure = Failure(retaining: Handle(error))
    let (promise, future) = try Promise.make()
    #expect(leaving(0, of: error) { promise.reject(failure) })
    let told = ErrorInC(of: future)
    #expect(told.code == Int64(TENON_STATUS_NO_RESOURCES.rawValue))
    told.release()
    #expect(tenon_error_release(error) == TENON_STATUS_OK)
  }

  private func expectNoResources(_ future: OpaquePointer?) {
    var error: OpaquePointer?
    #expect(tenon_future_poll(future) == TENON_STATUS_REJECTED)
    #expect(tenon_future_copy_error(future, &error) == TENON_STATUS_OK)
    let told = ErrorInC(adopting: error)
    #expect(told.domain == "tenon" && told.code == Int64(TENON_STATUS_NO_RESOURCES.rawValue))
    told.release()
    #expect(tenon_future_release(future) == TENON_STATUS_OK)
  }

  @Test func soIsOneThatIsPassedOnFromFutureToFuture() {
    let (promise, future) = makePromiseInC()
    var (one, combined): (OpaquePointer?, OpaquePointer?) = (future, nil)
    #expect(tenon_future_all(&one, 1, 0, &combined) == TENON_STATUS_OK)
    let error = makeError()
    leaving(1, of: error) {
      #expect(tenon_promise_reject(promise, error) == TENON_STATUS_OK)
    }
    expectNoResources(combined)
    #expect(tenon_future_release(future) == TENON_STATUS_OK)
    #expect(tenon_error_release(error) == TENON_STATUS_OK)
    #expect(tenon_error_release(error) == TENON_STATUS_STALE)
  }

  @Test func soIsOneThatAPipePassesOn() {
    var (source, middle, end, stream):
      (OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?)
    var (piped, ended): (OpaquePointer?, OpaquePointer?)
    #expect(tenon_stream_create(nil, &source, &middle) == TENON_STATUS_OK)
    #expect(tenon_stream_create(nil, &end, &stream) == TENON_STATUS_OK)
    #expect(tenon_stream_pipe(middle, end, 0, &piped) == TENON_STATUS_OK)
    #expect(tenon_stream_copy_end(stream, &ended) == TENON_STATUS_OK)
    let error = makeError()
    leaving(1, of: error) {
      #expect(tenon_sink_fail(source, error) == TENON_STATUS_OK)
      var told: OpaquePointer?
      #expect(tenon_stream_copy_error(middle, &told) == TENON_STATUS_NO_RESOURCES)
    }
    expectNoResources(piped)
    expectNoResources(ended)
    for sink in [source, end] { #expect(tenon_sink_release(sink) == TENON_STATUS_OK) }
    for one in [middle, stream] { #expect(tenon_stream_release(one) == TENON_STATUS_OK) }
    #expect(tenon_error_release(error) == TENON_STATUS_OK)
    #expect(tenon_error_release(error) == TENON_STATUS_STALE)
  }

  @Test func anErrorIsMadeWithoutACauseOfWhichThereIsNoReferenceLeft() throws {
    let cause = makeError()
    let made = leaving(0, of: cause) {
      ErrorSlot.create(TENON_STATUS_CLOSED, "a message", cause: Handle(cause))
    }
    let error = try #require(made)
    var (hasCause, code) = (true, Int64(0))
    #expect(
      ErrorSlot.read(error) {
        (hasCause, code) = ($0.cause != nil, $0.code)
        return TENON_STATUS_OK
      } == TENON_STATUS_OK)
    #expect(!hasCause && code == Int64(TENON_STATUS_CLOSED.rawValue))
    #expect(ErrorSlot.release(error) == TENON_STATUS_OK)
    #expect(tenon_error_release(cause) == TENON_STATUS_OK)
  }

  // MARK: Calls that hold an object

  @Test func anObjectIsReadByMoreCallsThanCanBeCounted() {
    let ends = Shared(0)
    let pointer = Object(Witness(ends)).retainedPointer()
    var reads = 0
    func read(_ depth: Int) {
      let status = ObjectSlot.read(Handle(pointer)) { instance, _, _ in
        #expect(instance != nil)
        reads += 1
        if depth > 1 { read(depth - 1) }
        return TENON_STATUS_OK
      }
      #expect(status == TENON_STATUS_OK)
    }
    read(70)
    #expect(reads == 70)
    // Then each needs a reference, and there may be none.
    filling(1 << 32 - 1, in: slot(of: pointer, objectTable)) {
      let status = ObjectSlot.read(Handle(pointer)) { _, _, _ in TENON_STATUS_OK }
      #expect(status == TENON_STATUS_NO_RESOURCES)
    }
    #expect(ends.value == 0)
    #expect(tenon_object_release(pointer) == TENON_STATUS_OK)
    #expect(ends.value == 1)
  }

  // MARK: Lives

  @Test func aSlotThatHasHadAllItsLivesIsSetApart() {
    let first = Handle(makeError())
    let slot = errorTable.address(of: first.index)
    // As if it had been taken as often as can be counted.
    let last = SlotTable.head(slot).pointee.word.bitwiseOr(
      Handle.generationMax << Handle.generationShift, ordering: .sequentiallyConsistent
    ).newValue
    let handle = Handle(.error, index: first.index, word: last)
    #expect(handle.generation == Handle.generationMax)
    #expect(tenon_error_retain(first.pointer) == TENON_STATUS_STALE)
    #expect(tenon_error_release(handle.pointer) == TENON_STATUS_OK)
    for old in [first, handle] { #expect(tenon_error_retain(old.pointer) == TENON_STATUS_STALE) }
    let word = SlotTable.head(slot).pointee.word.load(ordering: .relaxed)
    #expect(word != 0 && word & Handle.mark == 0)
    let floor = errorTable.floor(of: first.index)
    #expect(
      errorTable.lives(of: word, index: first.index, isFree: true)
        == UInt64(Handle.generationMax + 1 - floor))
    #expect(errorTable.lives(of: 0, index: first.index, isFree: true) == 0)
    // Nobody gets it, neither from this thread's magazine nor from the others'.
    let others = (0..<1000).map { _ in Handle(makeError()) }
    #expect(!others.contains { $0.index == first.index })
    for other in others { #expect(ErrorSlot.release(other) == TENON_STATUS_OK) }
  }
}
