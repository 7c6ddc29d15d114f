import CTenon

/// Ends the wait of a promise for a descriptor, in its executor's next poll. One that has closed has ended it.
func cancelWait(_ promise: Handle, on executor: ExecutorName) {
  _ = executor.state?.enqueue(Job(endWait, promise), executor, .inFlight)
}

private let endWait: tenon_job_fn = { context, _ in
  let promise = Handle(bits: UInt(bitPattern: context))
  guard let slot = findFuture(promise, .promise) else { return }
  // Another one's, if it has been told and its slot is somebody else's by now: there the promise is not known.
  let name = ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed))
  guard let state = name.state else { return }
  state.pointee.mutex.withLock { state.shared.pointee.descriptors }?.cancel(promise)
}
