import CTenon

extension LoopExecutor {
  /// Starts Swift work here and returns the future's handle, which has one reference; or says why not.
  @inline(__always) func start(detached: Bool, _ operation: @escaping Operation)
    -> Result<Handle, StatusError>
  {
    let flags = FutureWord.call | (detached ? FutureWord.detached : 0)
    guard let (promise, future) = createFuture(name, flags: flags) else {
      return .failure(StatusError(SlotTable.exhaustion()))
    }
    if state.enqueue(Call(promise: promise, operation: operation), name) { return .success(future) }
    _ = releaseFuture(future)
    _ = settle(promise, as: .cancelled, tenon_value_none())
    return .failure(StatusError(TENON_STATUS_CLOSED))
  }

  /// The executor that a compact name stands for, if it is still there.
  static func named(_ name: ExecutorName) -> LoopExecutor? {
    guard name != .none, executorTable.contains(name.index) else { return nil }
    let word = SlotTable.head(executorTable.address(of: name.index)).pointee.word
      .load(ordering: .acquiring)
    let handle = Handle(.executor, index: name.index, word: word)
    guard ExecutorName(handle) == name, case .success(let executor) = find(handle) else { return nil }
    return executor
  }
}
