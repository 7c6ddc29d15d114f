// Implements <tenon/executor.h>.
public import CTenon
import Glibc
import Synchronization

@c @implementation
public func tenon_executor_create(
  _ config: UnsafePointer<tenon_executor_config_t>?,
  _ executor_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let executor_out else { return TENON_STATUS_INVALID }
  var given = tenon_executor_config_t()
  if let config {
    // The fields after it came in 0.2.0.
    let sizes = [
      MemoryLayout<tenon_executor_config_t>.offset(of: \.threads_max)!,
      MemoryLayout<tenon_executor_config_t>.size,
    ]
    guard sizes.contains(config.pointee.struct_size) else { return TENON_STATUS_INVALID }
    memcpy(&given, config, config.pointee.struct_size)
  }
  let isElsewhere = given.flags == TENON_EXECUTOR_FLAG_ELSEWHERE && given.threads_max == 0
  guard given.flags == 0 || isElsewhere, given.reserved == 0,
    given.name.map({ isText($0) }) ?? true
  else {
    return TENON_STATUS_INVALID
  }
  var host: tenon_executor_host_t?
  if let table = given.host {
    // `watch` came in 0.2.0.
    let sizes = [
      MemoryLayout<tenon_executor_host_t>.offset(of: \.watch)!,
      MemoryLayout<tenon_executor_host_t>.size,
    ]
    guard sizes.contains(table.pointee.struct_size), table.pointee.wake != nil,
      given.threads_max == 0
    else { return TENON_STATUS_INVALID }
    var known = tenon_executor_host_t()
    memcpy(&known, table, table.pointee.struct_size)
    host = known
  }
  guard let threads = ThreadPool.Options(given.threads_max, given.thread_idle_ms) else {
    return TENON_STATUS_INVALID
  }
  let label = given.name.map { String(cString: $0) }
  let created =
    given.threads_max == 0
    ? LoopExecutor.create(host: host, context: given.host_context, label: label)
    : LoopExecutor.create(label: label, threads: threads)
  switch created {
  case .failure(let error): return error.status
  case .success(let executor):
    if isElsewhere { executor.state.pointee.home.store(0, ordering: .relaxed) }
    executor_out.pointee = executor.handle.pointer
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_executor_retain(_ executor: OpaquePointer?) -> tenon_status_t {
  LoopExecutor.retain(Handle(executor))
}

@c @implementation
public func tenon_executor_release(_ executor: OpaquePointer?) -> tenon_status_t {
  LoopExecutor.release(Handle(executor))
}

@c @implementation
public func tenon_executor_fd(_ executor: OpaquePointer?, _ fd_out: UnsafeMutablePointer<Int32>?)
  -> tenon_status_t
{
  guard let fd_out else { return TENON_STATUS_INVALID }
  return withExecutor(executor) { executor in
    let state = executor.state
    guard state.pointee.phase.load(ordering: .relaxed) != .closed else {
      return TENON_STATUS_CLOSED
    }
    guard state.pool == nil else { return TENON_STATUS_UNSUPPORTED }
    var fd: Int32 = -1
    let status = state.withOpenSource(executor.name) { source in
      if source.host != nil { return TENON_STATUS_UNSUPPORTED }
      // The deadline belongs to whoever polls.
      if state.pointee.poller.load(ordering: .relaxed) != 0 && !state.isPolledHere {
        return TENON_STATUS_BUSY
      }
      fd = source.descriptor(deadline: state.own.pointee.armedDeadline)
      return fd >= 0 ? TENON_STATUS_OK : TENON_STATUS_NO_RESOURCES
    }
    if status != TENON_STATUS_OK { return status }
    state.beWatched()
    fd_out.pointee = fd
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_executor_poll(
  _ executor: OpaquePointer?, _ budget: UnsafePointer<tenon_poll_budget_t>?,
  _ result: UnsafeMutablePointer<tenon_poll_result_t>?
) -> tenon_status_t {
  var limits = PollBudget()
  if let budget {
    guard budget.pointee.struct_size == MemoryLayout<tenon_poll_budget_t>.size else {
      return TENON_STATUS_INVALID
    }
    limits = PollBudget(
      jobs: budget.pointee.jobs_max, time: budget.pointee.time_ns_max,
      interrupt: UnsafePointer(budget.pointee.interrupt))
  }
  if let result, !isOutput(result.pointee.struct_size, tenon_poll_result_t.self) {
    return TENON_STATUS_INVALID
  }
  // Without a result there is nobody to be told: it is kept for the next wait.
  limits.asksForInterruption = result != nil
  var outcome = PollResult()
  let status = LoopExecutor.poll(Handle(executor), limits, &outcome)
  if status == TENON_STATUS_OK, let result {
    result.pointee.jobs = outcome.jobs
    result.pointee.deadline_ns = outcome.deadline
    result.pointee.more = outcome.more
    result.pointee.alive = outcome.alive
    result.pointee.closed = outcome.closed
    result.pointee.interrupted = outcome.interrupted
  }
  return status
}

@c @implementation
public func tenon_executor_run_until(
  _ executor: OpaquePointer?, _ future: OpaquePointer?, _ timeout_ns: UInt64
) -> tenon_status_t {
  withExecutor(executor) {
    if future != nil {
      let status = pollFuture(Handle(future))
      if status == TENON_STATUS_INVALID || status == TENON_STATUS_STALE { return status }
    }
    return $0.run(
      until: future == nil ? nil : Handle(future), deadline: $0.state.deadline(after: timeout_ns))
  }
}

@c @implementation
public func tenon_executor_interrupt(_ executor: OpaquePointer?) -> tenon_status_t {
  let handle = Handle(executor)
  guard let state = LoopExecutor.state(handle) else { return LoopExecutor.check(handle) }
  return state.interrupt(ExecutorName(handle))
}

@c @implementation
public func tenon_executor_post(
  _ executor: OpaquePointer?, _ fn: tenon_job_fn?, _ context: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let fn else { return TENON_STATUS_INVALID }
  let handle = Handle(executor)
  guard let state = LoopExecutor.state(handle) else { return LoopExecutor.check(handle) }
  let (job, name) = (Job(fn, context), ExecutorName(handle))
  let isAccepted =
    state.enqueueHere(job, name, .newWork)
    ?? (state.pool == nil
      ? state.enqueueToLoop(job, name, .newWork)
      : state.enqueueFromElsewhere(job, name, .newWork, {}))
  return isAccepted ? TENON_STATUS_OK : state.refusal(name)
}

@c @implementation
public func tenon_executor_for(
  _ executor: OpaquePointer?, _ count: Int, _ chunk: Int, _ fn: tenon_range_fn?,
  _ context: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let fn else { return TENON_STATUS_INVALID }
  return withExecutor(executor) {
    guard let pool = $0.state.pool else { return TENON_STATUS_UNSUPPORTED }
    return pool.runLoop(
      $0.name, count: UInt(bitPattern: count), chunk: UInt(bitPattern: chunk), promise: nil, fn,
      context)
  }
}

@c @implementation
public func tenon_executor_set_pool(_ executor: OpaquePointer?, _ pool: OpaquePointer?)
  -> tenon_status_t
{
  withExecutor(executor) { executor in
    if pool == nil { return executor.setConcurrentPool(nil) }
    return withExecutor(pool) { executor.setConcurrentPool($0) }
  }
}

@c @implementation
public func tenon_executor_is_current(_ executor: OpaquePointer?) -> Bool {
  // OK: it is; anything else, also what is no executor: it is not.
  withExecutor(executor) { $0.state.runsHere ? TENON_STATUS_OK : TENON_STATUS_UNSUPPORTED }
    == TENON_STATUS_OK
}

@c @implementation
public func tenon_executor_get_now_ns(
  _ executor: OpaquePointer?, _ now_ns_out: UnsafeMutablePointer<UInt64>?
) -> tenon_status_t {
  guard let now_ns_out else { return TENON_STATUS_INVALID }
  return withExecutor(executor) { executor in
    let now = executor.state.now
    // Not before: a host that was closed meanwhile has told nothing.
    guard executor.state.pointee.phase.load(ordering: .relaxed) != .closed else {
      return TENON_STATUS_CLOSED
    }
    now_ns_out.pointee = now
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_executor_close(_ executor: OpaquePointer?, _ timeout_ns: UInt64)
  -> tenon_status_t
{
  withExecutor(executor) { $0.close(until: $0.state.deadline(after: timeout_ns)) }
}

@c @implementation
public func tenon_executor_begin_close(_ executor: OpaquePointer?, _ timeout_ns: UInt64)
  -> tenon_status_t
{
  withExecutor(executor) {
    $0.beginClose(until: $0.state.deadline(after: timeout_ns))
      ? TENON_STATUS_OK : TENON_STATUS_CLOSED
  }
}

@c @implementation
public func tenon_executor_copy_unfinished(
  _ executor: OpaquePointer?, _ names_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let names_out else { return TENON_STATUS_INVALID }
  return withExecutor(executor) {
    var lines = $0.unfinishedNames.map { "\($0.name) \($0.count)\n" }.joined()
    let value = lines.withUTF8 {
      tenon_value_t.copying(UnsafeRawBufferPointer($0), as: TENON_VALUE_STRING)
    }
    guard let value else { return TENON_STATUS_NO_RESOURCES }
    names_out.pointee = value
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_executor_get_host_context(
  _ executor: OpaquePointer?, _ wake: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?,
  _ context_out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> tenon_status_t {
  guard let wake, let context_out else { return TENON_STATUS_INVALID }
  return withExecutor(executor) { executor in
    executor.state.withOpenSource(executor.name) { source in
      guard let host = source.host,
        unsafeBitCast(host.wake, to: UInt.self) == unsafeBitCast(wake, to: UInt.self)
      else { return TENON_STATUS_UNSUPPORTED }
      context_out.pointee = source.hostContext
      return TENON_STATUS_OK
    }
  }
}

@c @implementation
public func tenon_executor_get_statistics(
  _ executor: OpaquePointer?, _ statistics_out: UnsafeMutablePointer<tenon_executor_statistics_t>?
) -> tenon_status_t {
  guard let statistics_out else { return TENON_STATUS_INVALID }
  let size = statistics_out.pointee.struct_size
  // The fields from it on came in 0.2.0.
  let former = MemoryLayout<tenon_executor_statistics_t>.offset(of: \.threads)!
  guard size == former || isOutput(size, tenon_executor_statistics_t.self) else {
    return TENON_STATUS_INVALID
  }
  return withExecutor(executor) {
    var statistics = $0.state.statistics
    statistics.struct_size = size
    memcpy(statistics_out, &statistics, min(size, MemoryLayout.size(ofValue: statistics)))
    return TENON_STATUS_OK
  }
}

/// Whether a struct that the caller wants filled has at least the fields of today; a newer header has more.
func isOutput<Struct>(_ size: Int, _: Struct.Type) -> Bool {
  (MemoryLayout<Struct>.size...4096).contains(size)
}

/// Calls `body` with the executor behind a handle, which stays for the call.
@inline(__always) func withExecutor(
  _ executor: OpaquePointer?, _ body: (LoopExecutor) -> tenon_status_t
) -> tenon_status_t {
  switch LoopExecutor.find(Handle(executor)) {
  case .failure(let error): error.status
  case .success(let executor): body(executor)
  }
}
