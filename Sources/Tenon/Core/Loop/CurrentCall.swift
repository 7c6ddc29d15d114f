import CTenon

extension LoopExecutor {
  /// The call in whose task this code runs, if that was cancelled. It looks through all tasks of all executors: for those
  /// who ask why they were cancelled, and not for a hot path.
  static var cancelledCallHere: Handle? {
    // A task's reference is all that either of the two has.
    guard let task = withUnsafeCurrentTask(body: { $0.map { unsafeBitCast($0, to: UInt.self) } })
    else { return nil }
    for index in 0..<UInt32(executorTable.slotsUsed) {
      let slot = ExecutorSlot.at(executorTable.address(of: index))
      // Whoever made the executor wrote its state before it was held.
      guard slot.pointee.head.word.load(ordering: .acquiring) & ExecutorSlot.referencesMask != 0,
        let state = slot.pointee.state
      else { continue }
      let call = state.pointee.mutex.withLock {
        state.shared.pointee.drivers.first {
          $0.task.map { unsafeBitCast($0, to: UInt.self) } == task
        }?.cancelledCall
      }
      if let call { return call }
    }
    return nil
  }

  /// A reference to the reason for which this code is cancelled, if it belongs to a call and one was given.
  static func copyOwnReason() -> Handle? {
    (CancelInProgress.call ?? cancelledCallHere).flatMap { cancelReason(of: $0) }
  }
}
