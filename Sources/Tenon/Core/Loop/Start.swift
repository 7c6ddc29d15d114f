import CTenon
import CThread

/// Starts Swift work on an executor and returns the future's handle, which has one reference; or says why not.
@inline(__always) func startCall(
  on name: ExecutorName, detached: Bool, _ call: consuming Call
) -> Result<Handle, StatusError> {
  guard let state = name.state else { return .failure(StatusError(TENON_STATUS_CLOSED)) }
  return startCall(on: state, name, detached: detached, call)
}

/// The same, by whoever has the state that the name stands for.
@inline(__always) func startCall(
  on state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, detached: Bool,
  _ call: consuming Call
) -> Result<Handle, StatusError> {
  if tenon__context() != nil { return startCallInContext(on: name, detached: detached, call) }
  if state.pool != nil { return startPoolCall(on: name, detached: detached, call) }
  let flags = FutureWord.call | (detached ? FutureWord.detached : 0)
  guard !Memory.isShort, let (promise, future) = createFuture(name, flags: flags) else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  call.promise = promise
  guard let refused = state.enqueue(call, name) else { return .success(future) }
  discardFuture(promise, future)
  // What it has captured goes here, as no lock is held: that may call anybody.
  _ = consume refused
  return .failure(StatusError(state.refusal(name)))
}

extension LoopExecutor {
  /// The same in a task of its own; with a priority it has that, and the task-local values of whoever calls this.
  func startTask(
    priority: TaskPriority?, detached: Bool, _ call: consuming Call
  ) -> Result<Handle, StatusError> {
    let flags = FutureWord.call | (detached ? FutureWord.detached : 0)
    guard !Memory.isShort, let (promise, future) = createFuture(name, flags: flags) else {
      return .failure(StatusError(SlotTable.exhaustion()))
    }
    guard state.addPending(promise, name) else {
      discardFuture(promise, future)
      return .failure(StatusError(state.refusal(name)))
    }
    let driver = Driver(takesMany: false)
    call.promise = promise
    let call = BoxedCall(call)
    launch(driver) { home in
      if let home {
        return makeTask(on: home, priority) { [self] in
          await runAlone(call.take(), in: driver, at: home)
        }
      }
      return makeTask(on: self, priority) { [self] in await runAlone(call.take(), in: driver) }
    }
    return .success(future)
  }

  /// The executor that a compact name stands for, if it is still there.
  static func named(_ name: ExecutorName) -> LoopExecutor? {
    guard name != .none, executorTable.contains(name.index) else { return nil }
    let word = SlotTable.head(executorTable.address(of: name.index)).pointee.word
      .load(ordering: .acquiring)
    let handle = Handle(.executor, index: name.index, word: word)
    guard ExecutorName(handle) == name, case .success(let executor) = find(handle) else {
      return nil
    }
    return executor
  }
}

private func makeTask(
  on executor: some TaskExecutor, _ priority: TaskPriority?,
  _ body: sending @escaping @isolated(any) () async -> Void
) -> Task<Void, Never> {
  guard let priority else { return Task.detached(executorPreference: executor, operation: body) }
  return Task(executorPreference: executor, priority: priority, operation: body)
}

/// A call on its way into the task that runs it.
// SAFETY: written once, taken once, by the task.
private final class BoxedCall: @unchecked Sendable {
  private var call: Call?

  init(_ call: consuming Call) { self.call = consume call }

  func take() -> Call { call.take()! }
}

/// A call that has a context has a task of its own, which has that.
@inline(never) private func startCallInContext(
  on name: ExecutorName, detached: Bool, _ call: consuming Call
) -> Result<Handle, StatusError> {
  guard let executor = LoopExecutor.named(name), let context = StoredContext.ofThread else {
    return .failure(StatusError(TENON_STATUS_CLOSED))
  }
  let call = BoxedCall(call)
  return StoredContext.runWithout {
    StoredContext.$ofCall.withValue(context) {
      executor.startTask(priority: context.priority ?? .medium, detached: detached, call.take())
    }
  }
}

/// On an executor with threads each call has a task of its own: drivers take turns on one thread.
@inline(never) private func startPoolCall(
  on name: ExecutorName, detached: Bool, _ call: consuming Call
) -> Result<Handle, StatusError> {
  guard let executor = LoopExecutor.named(name) else {
    return .failure(StatusError(TENON_STATUS_CLOSED))
  }
  return executor.startTask(priority: nil, detached: detached, call)
}
