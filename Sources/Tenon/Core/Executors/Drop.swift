import CTenon
import Glibc

extension tenon_value_t {
  /// Ends the value: here, or on the executor that was asked for while it is open.
  @inline(__always) func end() {
    if drop == nil { return }
    endWithDrop()
  }

  @inline(never) private func endWithDrop() {
    let name = ExecutorName(bits: drop_executor)
    guard !has(TENON_VALUE_FLAG_BORROWED), let state = name.state, !state.runsHere else {
      return dropHere()
    }
    let box = UnsafeMutablePointer<tenon_value_t>.allocate(capacity: 1)
    box.initialize(to: self)
    if !state.enqueue(Job(dropBoxed, UnsafeMutableRawPointer(box)), name, .inFlight) {
      dropBoxed(UnsafeMutableRawPointer(box), TENON_STATUS_CLOSED)
    }
  }
}

/// Runs as a job, also when the executor closes: the value ends either way.
private func dropBoxed(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  let box = context.unsafelyUnwrapped.assumingMemoryBound(to: tenon_value_t.self)
  let value = box.move()
  box.deallocate()
  value.dropHere()
}
