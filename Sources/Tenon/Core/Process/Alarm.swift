import CTenon

/// What rings in an executor's wheel for a task that sleeps.
// SAFETY: nothing changes; the job is read in the poll.
private final class SleepAlarm: Alarm, @unchecked Sendable {
  let deadline: UInt64
  let executor: LoopExecutor
  let ifClosed: @Sendable (LoopExecutor, Job, Due) -> Void

  init(
    _ job: Job, _ deadline: UInt64, _ executor: LoopExecutor,
    _ ifClosed: @escaping @Sendable (LoopExecutor, Job, Due) -> Void
  ) {
    self.deadline = deadline
    self.executor = executor
    self.ifClosed = ifClosed
    super.init(job)
  }

  /// In the poll.
  func ring(_ status: tenon_status_t) {
    let state = executor.state
    state.pointee.mutex.withLock { state.shared.pointee.alarms.remove(self) }
    if status != TENON_STATUS_CLOSED, state.enqueue(job, executor.name, .inFlight) { return }
    ifClosed(executor, job, Due(after: Time.left(until: deadline, from: state.now)))
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
    let alarm = SleepAlarm(job, deadline, self, ifClosed)
    let context = Unmanaged.passRetained(alarm)
    let ring: tenon_timer_fn = { context, status in
      Unmanaged<SleepAlarm>.fromOpaque(context!).takeRetainedValue().ring(status)
    }
    let status = startTimer(
      on: state, name, deadline, unsafeBitCast(ring, to: UnsafeRawPointer.self), context.toOpaque(),
      .inFlight
    ) { alarm.timer = $0 }
    guard status == TENON_STATUS_OK else {
      context.release()
      return false
    }
    let late = state.pointee.mutex.withLock { state.shared.pointee.alarms.add(alarm) }
    for timer in late { _ = cancelTimer(timer) }
    return true
  }
}
