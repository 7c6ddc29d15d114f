/// What a thread knows of the loops that it polls, without a look at any other.
extension ThreadRecord {
  /// Whether this thread is inside a poll.
  static var isPolling: Bool { known?.pointee.polled != nil }

  /// Says which executor this thread polls from now on. Returns what `endPoll` needs: its record, and the executor around it.
  @inline(__always) static func beginPoll(
    _ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName
  ) -> (UnsafeMutablePointer<ThreadRecord>?, UnsafeMutableRawPointer?) {
    guard let record = current else { return (nil, nil) }
    let outer = record.pointee.polled
    record.pointee.polled = UnsafeMutableRawPointer(state)
    record.pointee.home = name.bits
    return (record, outer)
  }

  @inline(__always) static func endPoll(
    _ record: UnsafeMutablePointer<ThreadRecord>?, _ outer: UnsafeMutableRawPointer?
  ) {
    record?.pointee.polled = outer
  }
}

extension LoopExecutor {
  /// Whether this thread is inside a poll of any loop.
  package static var isPolling: Bool { ThreadRecord.isPolling }

  /// The state of the executor that this thread polls; of several inside one another, the innermost.
  @inline(__always) static var stateHere: UnsafeMutablePointer<ExecutorState>? {
    ThreadRecord.known?.pointee.polled?.assumingMemoryBound(to: ExecutorState.self)
  }

  /// The loop that this thread polls, or polled last, or made, if it is open.
  static var loopOfThisThread: LoopExecutor? {
    guard let record = ThreadRecord.known else { return nil }
    if let polled = record.pointee.polled {
      let state = polled.assumingMemoryBound(to: ExecutorState.self)
      return named(ExecutorName(bits: state.pointee.name.load(ordering: .relaxed)))
    }
    let name = ExecutorName(bits: record.pointee.home)
    // Another thread may poll it by now.
    guard let state = name.state, state.isOpen(as: name),
      state.pointee.home.load(ordering: .relaxed) == currentThread
    else { return nil }
    return named(name)
  }

  /// This thread has made the executor: it is the thread's, unless that has another one.
  func becomeLoopOfThisThread() {
    if LoopExecutor.loopOfThisThread == nil { ThreadRecord.current?.pointee.home = name.bits }
  }
}
