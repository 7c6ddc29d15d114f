import CTenon
import Synchronization

/// Ends the wait of a promise for a descriptor, in its executor's next poll; or here, if that is closed.
func cancelWait(_ promise: Handle, on executor: ExecutorName) {
  if let state = executor.state, state.enqueue(Job(endWait, promise), executor, .inFlight) {
    return
  }
  endWait(UnsafeMutableRawPointer(bitPattern: promise.bits), TENON_STATUS_CLOSED)
}

private let endWait: tenon_job_fn = { context, _ in
  let promise = Handle(bits: UInt(bitPattern: context))
  guard let slot = findFuture(promise, .promise) else { return }
  // Another one's, if it has been told and its slot is somebody else's by now: there the promise is not known.
  let name = ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed))
  guard let state = name.state else { return }
  state.pointee.mutex.withLock { state.shared.pointee.descriptors }?.cancel(promise)
}

extension UnsafeMutablePointer where Pointee == FutureSlot {
  // The wait is where a free slot has its successor, as the driver of a call is.

  /// Which registration's slot has the wait for a descriptor; nil: it has been told, or is about to be. Under the mutex of the
  /// descriptors, which also tells whether the future has been one of theirs all the time.
  @inline(__always) var wait: UInt32? {
    get {
      let next = pointee.head.nextFree.load(ordering: .relaxed)
      return next == 0 ? nil : next - 1
    }
    nonmutating set {
      pointee.head.nextFree.store(newValue.map { $0 &+ 1 } ?? 0, ordering: .relaxed)
    }
  }
}
