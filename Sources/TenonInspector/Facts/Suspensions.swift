/// When calls of a recording run, and when they are suspended: said event by event, in the order of time.
///
/// What a call awaits of Tenon's is recorded. Of all else, say a sleep or an actor, it is known by the jobs of its task: between two of
/// them it is suspended.
struct Suspensions {
  enum Change {
    /// What it waits for; 0: nothing of Tenon's.
    case suspends(call: UInt, on: UInt)
    case resumes(call: UInt)
  }

  private var suspended: Set<UInt> = []
  /// The calls that tasks are in.
  private var calls: [UInt: UInt] = [:]
  /// The jobs that threads are in, as one may run others: their tasks, or 0.
  private var jobs: [UInt32: [UInt]] = [:]

  /// What an event says about a call, which comes before all else that is said of it.
  mutating func change(_ event: Happening) -> Change? {
    let task = jobs[event.thread]?.last ?? 0
    switch event.kind {
    case .callBegins:
      if task != 0 { calls[task] = event.id }
    case .callEnds:
      if task != 0 { calls[task] = nil }
      return resume(event.id)
    case .callSuspends:
      // Of one that was cancelled its task says which it is.
      guard let call = Handle(event.id).kind == .future ? event.id : calls[task] else { return nil }
      if task != 0 { calls[task] = call }
      return suspend(call, event.what)
    case .callResumes:
      guard let call = Handle(event.id).kind == .future ? event.id : calls[task] else { return nil }
      return resume(call)
    case .taskBegins:
      jobs[event.thread, default: []].append(event.id)
      return calls[event.id].flatMap { resume($0) }
    case .jobBegins: jobs[event.thread, default: []].append(0)
    case .jobEnds:
      _ = jobs[event.thread]?.popLast()
      return calls[task].flatMap { suspend($0, 0) }
    default: break
    }
    return nil
  }

  /// The call that a task is in, as far as it is known.
  func call(of task: UInt) -> UInt? { calls[task] }

  private mutating func suspend(_ call: UInt, _ on: UInt) -> Change? {
    suspended.insert(call).inserted ? .suspends(call: call, on: on) : nil
  }

  private mutating func resume(_ call: UInt) -> Change? {
    suspended.remove(call) == nil ? nil : .resumes(call: call)
  }
}
