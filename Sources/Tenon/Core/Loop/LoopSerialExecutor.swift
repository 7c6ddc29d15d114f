import Synchronization

/// A loop as the home of actors: the same queue and thread, but what it runs is isolated to it.
// SAFETY: `state` says who may touch what.
final class LoopSerialExecutor: SerialExecutor, @unchecked Sendable {
  private let state: UnsafeMutablePointer<ExecutorState>
  private let name: ExecutorName

  init(state: UnsafeMutablePointer<ExecutorState>, name: ExecutorName) {
    self.state = state
    self.name = name
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = Job(UnownedJob(job), isIsolated: true)
    if !state.enqueue(job, name, .inFlight) {
      state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
    }
  }

  func isIsolatingCurrentContext() -> Bool? { isHere }

  private var isHere: Bool {
    state.isPolledHere || state.pool?.pointee.serialRunner.load(ordering: .relaxed) == currentThread
  }
}
