import CTenon

/// A Swift job that waits for a time in an executor's wheel.
// SAFETY: nothing changes; the job is read in the poll.
private final class Alarm: @unchecked Sendable {
  let job: Job
  let deadline: UInt64
  let executor: LoopExecutor
  let ifClosed: @Sendable (LoopExecutor, Job, Due) -> Void

  init(
    _ job: Job, _ deadline: UInt64, _ executor: LoopExecutor,
    _ ifClosed: @escaping @Sendable (LoopExecutor, Job, Due) -> Void
  ) {
    self.job = job
    self.deadline = deadline
    self.executor = executor
    self.ifClosed = ifClosed
  }

  /// In the poll.
  func ring(_ status: tenon_status_t) {
    if status != TENON_STATUS_CLOSED, executor.state.enqueue(job, executor.name, .inFlight) {
      return
    }
    let now = executor.state.now
    ifClosed(executor, job, Due(after: deadline > now ? deadline - now : 0))
  }
}

extension LoopExecutor {
  /// Enqueues a job when it is due; false: closed. Whoever asks is at work already, so a close that goes on takes
  /// it, and waits as it waits for that work. If this is closed before, the job goes to `ifClosed`, with the time that is left.
  func wake(
    _ job: Job, _ due: Due,
    ifClosed: @escaping @Sendable (LoopExecutor, Job, Due) -> Void
  ) -> Bool {
    let hasOwnTime = state.pointee.hasOwnTime.load(ordering: .relaxed)
    let deadline = hasOwnTime ? state.deadline(after: due.delay) : due.deadline
    let alarm = Unmanaged.passRetained(Alarm(job, deadline, self, ifClosed))
    let ring: tenon_timer_fn = { context, status in
      Unmanaged<Alarm>.fromOpaque(context!).takeRetainedValue().ring(status)
    }
    let status = startTimer(
      on: state, name, deadline, unsafeBitCast(ring, to: UnsafeRawPointer.self), alarm.toOpaque(),
      .inFlight
    ) { _ in }
    if status == TENON_STATUS_OK { return true }
    alarm.release()
    return false
  }
}
