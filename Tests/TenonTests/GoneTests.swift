import CTenon
import Testing

@testable import Tenon

/// What the core answers for a handle that names nothing: callers have looked, but what it named may have ended since.
@Suite struct GoneTests {
  private let none = Handle(bits: 0)
  /// Names an executor that there never was.
  private let nobody = ExecutorName(bits: .max)

  @Test func noFutureIsRefusedByAll() {
    var value = tenon_value_none()
    var mark = 0
    let never: () -> Void = { _ = Issue.record("there is nothing to be called for") }
    let statuses = [
      pollFuture(none), retainFuture(none), releaseFuture(none), detachFuture(none),
      takeFuture(none, &value), takeFuture(none, &mark, &value), shareValue(none) { _ in never() },
      cancelFuture(none), cancelFuture(none, requested: never),
    ]
    for status in statuses { #expect(status == TENON_STATUS_INVALID) }
    #expect(executorToPoll(for: none) == (.none, false))
  }

  @Test func noPromiseIsRefusedByAll() {
    let statuses = [
      settle(none, as: .fulfilled, tenon_value_none()), releasePromise(none), cancelPromise(none),
    ]
    for status in statuses { #expect(status == TENON_STATUS_INVALID) }
    #expect(!isCancelRequested(none) && !hasReaders(none) && !isPendingCall(none))
  }

  @Test func noExecutorIsNamed() {
    #expect(LoopExecutor.named(.none) == nil)
    #expect(LoopExecutor.named(nobody) == nil)
    #expect(ExecutorName.none.state == nil && nobody.state == nil)
  }

  @Test func noTaskIsNotCancelled() {
    #expect(!isCancelled(task: 0))
  }

  @Test func aScopeThatHasEndedIsStale() {
    var scope: OpaquePointer?
    #expect(tenon_scope_open(nil, &scope) == TENON_STATUS_OK)
    #expect(tenon_scope_release(scope) == TENON_STATUS_OK)
    for gone in [Handle(scope), none] {
      #expect(ScopeTable.locked(gone) { _ in true } == nil)
      #expect(cancelScope(gone, because: nil) == TENON_STATUS_STALE)
      guard case .failure(let error) = closeScope(gone) else { return #expect(Bool(false)) }
      #expect(error.status == TENON_STATUS_STALE)
      let (promise, future) = makePromiseInC()
      #expect(addToScope(gone, Handle(future)) == TENON_STATUS_STALE)
      #expect(tenon_promise_resolve(promise, nil) == TENON_STATUS_OK)
      #expect(tenon_future_release(future) == TENON_STATUS_OK)
    }
  }

  @Test func aSlotThatNobodyHasHadHasNoLives() {
    #expect(errorTable.floor(of: .max) == 0)
    #expect(errorTable.floorIfReturned(of: .max) == 0)
    let kinds: [Handle.Kind] = [
      .future, .promise, .registration, .timer, .error, .executor, .sink, .stream, .publisher,
      .latest, .scope, .object,
    ]
    for kind in kinds {
      #expect(SlotTables.floor(of: Handle(kind, index: .max, word: Handle.mark)) == 0)
    }
  }

  @Test func aValueThatNobodySharesHasNoOtherOwner() {
    var mark = 0
    let drop: tenon_drop_fn = { _, _ in }
    withUnsafeMutablePointer(to: &mark) { pointer in
      for value in [
        tenon_value_pointer(pointer, nil, nil), tenon_value_pointer(pointer, nil, drop),
        tenon_value_i64(1),
      ] {
        #expect(SharedPointers.owner(of: value) == nil)
        #expect(!SharedPointers.isShared(value))
      }
    }
  }

  @Test func aValueThatIsEndedOnceTooOftenEndsNothingElse() {
    var ends = 0
    withUnsafeMutablePointer(to: &ends) { pointer in
      let drop: tenon_drop_fn = { ends, _ in ends?.assumingMemoryBound(to: Int.self).pointee += 1 }
      var owner: PointerOwner? = PointerOwner(adopting: tenon_value_pointer(pointer, nil, drop))
      let value = SharedPointers.makeValue(of: owner!)
      value.end()
      #expect(SharedPointers.owner(of: value) == nil)
      #expect(!SharedPointers.isShared(value))
      value.end()
      #expect(pointer.pointee == 0)
      owner = nil
      #expect(pointer.pointee == 1)
    }
  }
}
