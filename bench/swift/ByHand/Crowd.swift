// (d) What many suspended tasks take by themselves: on one thread, without handles, a close or a cancel.

/// Runs jobs when its thread asks for it.
// SAFETY: one thread alone uses it.
private final class LocalExecutor: TaskExecutor, @unchecked Sendable {
  private var jobs: [UnownedJob] = []

  func enqueue(_ job: consuming ExecutorJob) { jobs.append(UnownedJob(job)) }

  func run() {
    let executor = asUnownedTaskExecutor()
    while !jobs.isEmpty {
      let ready = jobs
      jobs.removeAll(keepingCapacity: true)
      for job in ready { job.runSynchronously(on: executor) }
    }
  }
}

private let executor = LocalExecutor()
// SAFETY: the same thread's.
nonisolated(unsafe) private var continuations: [UnsafeContinuation<Int64, Never>] = []
nonisolated(unsafe) private var sum: Int64 = 0

@c(by_hand_suspend)
public func suspend(_ count: Int) {
  for _ in 0..<count {
    Task.detached(executorPreference: executor) {
      sum &+= await withUnsafeContinuation { continuations.append($0) } + 1
    }
  }
  executor.run()
}

@c(by_hand_resume)
public func resume() -> Int64 {
  for continuation in continuations { continuation.resume(returning: 1) }
  continuations.removeAll(keepingCapacity: true)
  executor.run()
  return sum
}
