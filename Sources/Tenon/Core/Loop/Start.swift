import CTenon

/// Starts Swift work on an executor and returns the future's handle, which has one reference; or says why not.
@inline(__always) func startCall(
  on name: ExecutorName, detached: Bool, _ makeCall: (Handle) -> Call
) -> Result<Handle, StatusError> {
  let flags = FutureWord.call | (detached ? FutureWord.detached : 0)
  guard let (promise, future) = createFuture(name, flags: flags) else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  if let state = name.state, state.enqueue(makeCall(promise), name) { return .success(future) }
  discardFuture(promise, future)
  return .failure(StatusError(TENON_STATUS_CLOSED))
}

extension LoopExecutor {
  /// The same in a task of its own, which has a priority, and the task-local values of whoever calls this.
  func startTask(
    priority: TaskPriority, detached: Bool, _ makeCall: @escaping @Sendable (Handle) -> Call
  ) -> Result<Handle, StatusError> {
    let flags = FutureWord.call | (detached ? FutureWord.detached : 0)
    guard let (promise, future) = createFuture(name, flags: flags) else {
      return .failure(StatusError(SlotTable.exhaustion()))
    }
    guard state.addPending(promise, name) else {
      discardFuture(promise, future)
      return .failure(StatusError(TENON_STATUS_CLOSED))
    }
    let driver = Driver(takesMany: false)
    launch(driver) {
      Task(executorPreference: self, priority: priority) { [self] in
        await runAlone(makeCall(promise), in: driver)
      }
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
