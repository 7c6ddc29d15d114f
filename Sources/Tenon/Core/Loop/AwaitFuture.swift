import CTenon
import CTenonRoot
import Synchronization

/// How Swift code waits for a future: with a cancellation handler that passes a cancel on; or, in a call's own task, by
/// noting the future where a cancel of the call looks, which costs a tenth of what the runtime takes for a handler.

/// Waits until a future that is pending has settled; a cancel of this task is passed on.
@inline(__always) nonisolated(nonsending) func awaitSettled(_ future: Handle) async {
  if let (state, driver, task) = LoopExecutor.driverHere {
    driver.awaited.store(future.bits, ordering: .sequentiallyConsistent)
    // Each side writes first and then reads what the other one writes: see `CancelInProgress`.
    if driver.current.load(ordering: .sequentiallyConsistent) == Driver.cancelled
      || isCancelled(task: task)
    {
      cancelForTask(future)
    }
    if Recorder.keepsCalls { driver.record(tenon__inspect_call_suspends, on: future) }
    await suspendUntilSettled(future)
    if Recorder.keepsCalls { driver.record(tenon__inspect_call_resumes, on: future) }
    driver.awaited.store(0, ordering: .relaxed)
    // It is the one that runs again, so that the next one that it awaits is noted, too; unless it is from before there was another
    // pool: then the calls that wait are not for it.
    if state.isPolledHere, driver.poolBits == state.pointee.concurrentBits.load(ordering: .relaxed)
    {
      state.own.pointee.runningDriver = driver
    }
  } else {
    await withTaskCancellationHandler {
      await suspendUntilSettled(future)
    } onCancel: {
      cancelForTask(future)
    }
  }
}

extension Driver {
  /// For those who look later. The call of a driver that was cancelled for it is 1: the one that runs in its task.
  @inline(never) fileprivate func record(_ kind: Int, on future: Handle) {
    Recorder.keep(kind, current.load(ordering: .relaxed), future.bits)
  }
}

@inline(__always) private nonisolated(nonsending) func suspendUntilSettled(_ future: Handle) async {
  // Not the newer one, which goes to the executor that it is on already: as much again as it takes to suspend.
  await _unsafeInheritExecutor_withUnsafeContinuation {
    (continuation: UnsafeContinuation<Void, Never>) in
    let resume: tenon_completion_fn = { context, _, _ in
      unsafeBitCast(context, to: UnsafeContinuation<Void, Never>.self).resume()
    }
    let context = unsafeBitCast(continuation, to: UnsafeMutableRawPointer.self)
    let function = unsafeBitCast(resume, to: UnsafeRawPointer.self)
    let status = onComplete(future, .none, function, context, late: .refuse, isOwn: true) { _ in }
    if status != TENON_STATUS_OK { continuation.resume() }
  }
}

/// Cancels what a cancelled task waits for, for the same reason. In that task, or in its cancellation handler.
func cancelForTask(_ future: Handle) {
  let reason = LoopExecutor.copyOwnReason()
  _ = cancelFuture(future, because: reason)
  if let reason { _ = ErrorSlot.release(reason) }
}

extension LoopExecutor {
  /// The call that this is in, as long as it has not been suspended.
  static var callHere: Handle? {
    guard let (_, driver, _) = driverHere,
      case let call = driver.current.load(ordering: .relaxed), call > Driver.cancelled
    else { return nil }
    return Handle(bits: call)
  }

  /// The driver in whose call this very task is, if it has not been suspended there before by anything else.
  @inline(__always) fileprivate static var driverHere:
    (state: UnsafeMutablePointer<ExecutorState>, driver: Driver, task: UInt)?
  {
    guard let state = stateHere, let driver = state.own.pointee.runningDriver,
      let task = driver.task, case let bits = unsafeBitCast(task, to: UInt.self),
      bits == currentTask
    else { return nil }
    return (state, driver, bits)
  }
}
