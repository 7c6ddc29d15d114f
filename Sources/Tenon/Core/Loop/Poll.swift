import CTenon
import CTenonRoot
import Synchronization

/// What a poll did and left: see tenon_poll_result_t.
struct PollResult {
  var jobs: UInt64 = 0
  var deadline = UInt64.max
  var more = false
  var alive = false
  var closed = false
  /// Somebody wants those back who wait, and nobody did: see `PollBudget.asksForInterruption`.
  var interrupted = false
  /// Which of the polls that changed something it was, or came after.
  var turn: UInt64 = 0
  /// There is reason to wake whoever waits for this executor.
  var wakes = false
}

/// How much a poll may do: see tenon_poll_budget_t.
struct PollBudget {
  var jobs: UInt64 = 4096
  var time: UInt64 = 0
  var interrupt: UnsafePointer<UInt32>?
  /// It ends an interruption that has ended no wait, by telling of it.
  var asksForInterruption = false
}

/// Not a method, whose type each poll would fetch, in case it is called.
@inline(never) private func pollInCallback(
  _ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, isLent: Bool,
  _ budget: PollBudget, _ result: inout PollResult
) -> tenon_status_t {
  Delivery.whileWaiting {
    LoopExecutor.pollHere(state, name, isLent: isLent, budget, &result)
  }
}

extension LoopExecutor {
  /// Runs what is ready and what that makes ready, within the budget.
  func poll(_ budget: PollBudget, _ result: inout PollResult) -> tenon_status_t {
    LoopExecutor.poll(state, name, isLent: false, budget, &result)
  }

  /// The same by a handle, without a reference: see `letGo`.
  @inline(__always) static func poll(
    _ handle: Handle, _ budget: PollBudget, _ result: inout PollResult
  ) -> tenon_status_t {
    guard let state = state(handle) else { return check(handle) }
    let status = poll(state, ExecutorName(handle), isLent: true, budget, &result)
    if _fastPath(status == TENON_STATUS_OK) { return status }
    // The last handle may have gone meanwhile, and the state may be another executor's.
    let reason = check(handle)
    return reason == TENON_STATUS_OK ? status : reason
  }

  @inline(__always) static func poll(
    _ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, isLent: Bool,
    _ budget: PollBudget, _ result: inout PollResult
  ) -> tenon_status_t {
    if _slowPath(Delivery.isInside), state.pointee.poller.load(ordering: .relaxed) == 0 {
      return pollInCallback(state, name, isLent: isLent, budget, &result)
    }
    return pollHere(state, name, isLent: isLent, budget, &result)
  }

  @inline(__always) fileprivate static func pollHere(
    _ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, isLent: Bool,
    _ budget: PollBudget, _ result: inout PollResult
  ) -> tenon_status_t {
    let status = state.beginPoll(name, isLent: isLent)
    if _slowPath(status != TENON_STATUS_OK) {
      if status == TENON_STATUS_BUSY && state.isPolledHere && state.isNamed(name) {
        state.silenceDescriptor()
      }
      return status
    }
    let (record, outer) = ThreadRecord.beginPoll(state, name)
    // Not before: until then it may be anybody's slot.
    let slot = ExecutorSlot.at(executorTable.address(of: name.index))
    let object = Unmanaged<LoopExecutor>.fromOpaque(slot.pointee.object.unsafelyUnwrapped)
    let goesOn = object._withUnsafeGuaranteedRef { $0.run(budget, &result) }
    guard _fastPath(goesOn) else {
      ThreadRecord.endPoll(record, outer)
      return TENON_STATUS_FORKED
    }
    if budget.asksForInterruption { result.interrupted = state.takeInterruption(name) }
    ThreadRecord.endPoll(record, outer)
    // From here on others may let go of the object.
    state.endPoll(wakes: result.wakes)
    return TENON_STATUS_OK
  }

  /// The poll itself. Returns with the mutex taken; or false, and without it, in the child of a job that has forked.
  @inline(never) private func run(_ budget: PollBudget, _ result: inout PollResult) -> Bool {
    result.jobs = 0
    state.own.pointee.budget = budget.jobs == 0 ? .max : budget.jobs
    if let overdue = state.own.pointee.jobsOverdue {
      state.own.pointee.budget = min(state.own.pointee.budget, overdue)
    }
    var initial = state.own.pointee.budget
    var timeEnd = budget.time == 0 ? UInt64.max : LoopExecutor.timeEnd(budget.time)
    var interrupt = budget.interrupt
    state.pointee.pollCount.count()
    state.own.pointee.beforeJobs?()
    state.own.pointee.descriptors?._withUnsafeGuaranteedRef { $0.look() }
    var hasCompany = false
    while true {
      state.advanceTimers()
      let isDone = runJobs(timeEnd, interrupt)
      if _slowPath(Fork.isChild) { return false }
      var seenClose = UInt64.max
      if state.pointee.phase.load(ordering: .relaxed) != .open {
        seenClose = closeDeadline
        if attendClose(isDone, after: initial &- state.own.pointee.budget) { continue }
      }
      result.closed = state.pointee.phase.load(ordering: .relaxed) == .closed
      result.more = !isDone && !result.closed
      result.jobs &+= initial &- state.own.pointee.budget
      initial = state.own.pointee.budget
      if result.closed {
        state.pointee.jobCount.count(result.jobs)
        result.wakes = false
        state.pointee.mutex.lock()
        return true
      }
      result.deadline = nextDeadline()
      if finishPoll(&result, seenClose, hasCompany) { return true }
      hasCompany = true
      if result.more {
        // Nobody else will poll: what this one may do is no matter any more.
        (timeEnd, interrupt) = (.max, nil)
        initial = state.own.pointee.jobsOverdue ?? .max
        state.own.pointee.budget = initial
      }
    }
  }

  @inline(never) private static func timeEnd(_ time: UInt64) -> UInt64 {
    Time.deadline(after: time)
  }

  /// After what was ready has run, or the budget was spent, of an executor that closes; true: there may be something to run.
  @inline(never) private func attendClose(_ isDone: Bool, after jobs: UInt64) -> Bool {
    if state.isClosing {
      cancelLateComers()
      // One that is added later finds the close: see `descriptorFuture`.
      state.pointee.mutex.withLock { state.shared.pointee.descriptors }?.cancelForClose()
    }
    if !isDone {
      cutCloseShort(after: jobs)
      return false
    }
    return state.isClosing && (state.takeInbox() || continueClose())
  }

  /// Ends the poll, and takes the mutex; unless new work has come, or a close that it has not seen, or that nobody else will
  /// finish: false.
  @inline(__always) private func finishPoll(
    _ result: inout PollResult, _ seenClose: UInt64, _ hasCompany: Bool
  ) -> Bool {
    // A producer was at it a moment ago. One that is let alone for some of its turns adds twice as fast as one with which
    // this thread contends for the mutex, job by job.
    if hasCompany { Thread.pause(64) }
    var hasNews = result.jobs != 0
    while true {
      state.pointee.mutex.lock()
      if state.moveBound() {
        state.pointee.mutex.unlock()
        cancelLateComers()
        // Those jobs that this has made ready are for this poll, as far as it may run any.
        if !result.more { return false }
        hasNews = true
        continue
      }
      if !result.more
        && (state.hasArrivals || state.shared.pointee.closeDeadline != seenClose
          || state.shared.pointee.cancelling == .done)
      {
        state.moveArrivals()
        state.pointee.mutex.unlock()
        return false
      }
      if result.more && state.shared.pointee.isUnattended {
        state.pointee.mutex.unlock()
        return false
      }
      result.alive = result.more || state.isAlive
      if result.deadline == state.own.pointee.armedDeadline
        && (!state.pointee.tellsAlive.load(ordering: .relaxed)
          || result.alive == state.pointee.toldAlive.load(ordering: .relaxed))
      {
        break
      }
      state.pointee.mutex.unlock()
      hasNews = true
      // The host is told while nobody else can be polling.
      tellHost(deadline: result.deadline, alive: result.alive)
    }
    state.pointee.jobCount.count(result.jobs)
    state.pointee.timersPending.store(state.own.pointee.timers.count, ordering: .relaxed)
    state.shared.pointee.isSleeping =
      state.shared.pointee.sleepers != 0 || state.source.pointee?.isWatched == true
    state.shared.pointee.isAsked = false
    // Whoever closes looks through them by their offsets.
    if state.shared.pointee.bound.areMany && !state.isClosing {
      state.shared.pointee.bound.sweep(
        pending: state.pointee.pendingHere.load(ordering: .relaxed)
          + state.shared.pointee.pendingElsewhere)
    }
    if hasNews { state.shared.pointee.turns &+= 1 }
    result.turn = state.shared.pointee.turns
    // What the budget left is as good as a producer's job; and who sleeps went by what was before.
    result.wakes = result.more || (hasNews && state.shared.pointee.sleepers != 0)
    return true
  }

  @inline(never) private func tellHost(deadline: UInt64, alive: Bool) {
    if deadline != state.own.pointee.armedDeadline {
      state.own.pointee.armedDeadline = deadline
      state.source.pointee?.setTimer(deadline)
    }
    if alive != state.pointee.toldAlive.exchange(alive, ordering: .relaxed) {
      if let setAlive = state.source.pointee?.host?.set_alive {
        setAlive(state.source.pointee?.hostContext, alive)
      }
    }
  }

  /// When the next poll is due. For a host that somebody has run the loop also when he has waited long enough.
  @inline(__always) private func nextDeadline() -> UInt64 {
    let deadline = min(state.own.pointee.timers.nextDeadline ?? .max, closeDeadline)
    let wait = state.pointee.waitDeadline.load(ordering: .relaxed)
    return wait < deadline && state.source.pointee?.host != nil ? wait : deadline
  }

  /// Whether nothing is left to run, but for what has arrived since it was last looked at; false: the budget ended it.
  @inline(__always) private func runJobs(
    _ timeEnd: UInt64, _ interrupt: UnsafePointer<UInt32>?
  ) -> Bool {
    if state.own.pointee.ready.isEmpty && state.own.pointee.readyCalls.isEmpty
      && !state.own.pointee.hasNewTimers
    {
      return true
    }
    // Two instances, so that a job that nobody records costs nothing for that.
    return Recorder.keepsJobs
      ? runRecordedJobs(timeEnd, interrupt) : runJobsUnrecorded(timeEnd, interrupt)
  }

  @inline(never) private func runJobsUnrecorded(
    _ timeEnd: UInt64, _ interrupt: UnsafePointer<UInt32>?
  ) -> Bool { runReadyJobs(timeEnd, interrupt, records: false) }

  @inline(never) private func runRecordedJobs(
    _ timeEnd: UInt64, _ interrupt: UnsafePointer<UInt32>?
  ) -> Bool { runReadyJobs(timeEnd, interrupt, records: true) }

  @inline(__always) private func runReadyJobs(
    _ timeEnd: UInt64, _ interrupt: UnsafePointer<UInt32>?, records: Bool
  ) -> Bool {
    let initial = state.own.pointee.budget
    // Whom Swift jobs run for: from the first of them on.
    var executors: (task: UnownedTaskExecutor, serial: UnownedSerialExecutor)?
    var untilLook = 128
    while true {
      if !state.own.pointee.readyCalls.isEmpty && state.own.pointee.scheduledDrivers == 0 {
        scheduleDriver()
      }
      if untilLook == 0 {
        // Jobs that make jobs for ever must keep neither the inbox nor the timers waiting.
        untilLook = 128
        state.takeInbox()
        state.advanceTimers()
      }
      if state.own.pointee.ready.isEmpty {
        if !state.own.pointee.hasNewTimers { return true }
        // One that was armed in this poll may be due in it.
        state.own.pointee.hasNewTimers = false
        state.advanceTimers()
        continue
      }
      if state.own.pointee.budget == 0 || isInterrupted(interrupt) { return false }
      // Time is looked at after a job, so that each poll gets on.
      if timeEnd != .max && state.own.pointee.budget != initial && Time.now >= timeEnd {
        return false
      }
      if _slowPath(Fork.isChild) { return false }
      let job = state.own.pointee.ready.popFirst().unsafelyUnwrapped
      state.own.pointee.budget &-= 1
      untilLook &-= 1
      if records { job.recordBegin(name) }
      if let function = job.function {
        function(job.context, TENON_STATUS_OK)
      } else {
        if job.hasNoPreference {
          // As nobody's: a task without a preference leaves any task executor for each nonisolated function.
          job.swiftJob.runSynchronously(on: .generic)
        } else {
          let (taskExecutor, serialExecutor) =
            executors ?? (asUnownedTaskExecutor(), serial.asUnownedSerialExecutor())
          executors = (taskExecutor, serialExecutor)
          // A task's job does not run as the serial executor's: from there each call of a nonisolated function
          // would be a switch.
          if job.isIsolated {
            job.swiftJob.runSynchronously(isolatedTo: serialExecutor, taskExecutor: taskExecutor)
          } else {
            job.swiftJob.runSynchronously(on: taskExecutor)
          }
        }
        // A driver that has not parked is suspended in its call: others may take the calls that wait.
        if state.own.pointee.runningDriver != nil { state.own.pointee.runningDriver = nil }
      }
      if records { Job.recordEnd(name) }
    }
  }

  @inline(__always) private func isInterrupted(_ interrupt: UnsafePointer<UInt32>?) -> Bool {
    guard let interrupt else { return false }
    return interrupt.pointee != 0
  }
}

extension UnownedSerialExecutor {
  /// None.
  @inline(__always) fileprivate static var generic: UnownedSerialExecutor {
    unsafeBitCast((0, 0) as (UInt, UInt), to: UnownedSerialExecutor.self)
  }
}
