extension Survey {
  /// Timers that are armed, and what waits for them: a task that sleeps, the future of a sleep, one with a time limit.
  mutating func readTimers() {
    for registration in copy.table(.registration).slots(memory) {
      let slot = registration.address
      guard registration.word & 7 == 1, memory.word(slot &+ 56) >> 40 & 1 != 0 else { continue }
      let context = memory.word(slot &+ 24)
      let due = due(at: UInt64(memory.word(slot &+ 32)))
      if isTimeout(context, due) { continue }
      let timer = Handle(.timer, registration).bits
      let (promise, isTask) = (Handle(context), tasks.isTask(context))
      let isSleep = promise.kind == .promise && isPending(promise)
      graph.add(
        Graph.Node(
          id: timer, kind: .timer, name: nil, state: "armed",
          frames: isTask || isSleep ? [] : [memory.word(slot &+ 16)], detail: due,
          cause: "is " + due))
      runsOn(timer, memory.half(slot &+ 12))
      if isTask {
        addTask(context)
        graph.connect(context, .awaits, timer)
      } else if isSleep {
        graph.connect(promise.as(.future).bits, .awaits, timer)
      }
    }
  }

  /// A future with a time limit: a combinator's block, which has the result's promise.
  private mutating func isTimeout(_ context: UInt, _ due: String) -> Bool {
    guard context & 7 == 0, context > 4096, !tasks.isTask(context) else { return false }
    let result = Handle(memory.word(context &+ 16))
    guard result.kind == .promise, isPending(result),
      !graph.targets(result.as(.future).bits, .combines).isEmpty
    else { return false }
    graph.change(result.as(.future).bits) { $0.detail = "its time limit is " + due }
    return true
  }

  private func due(at deadline: UInt64) -> String {
    guard let now = target.now else { return "due at \(deadline) ns" }
    if deadline == .max { return "never due" }
    return deadline > now ? "due in " + duration(deadline - now) : "due"
  }
}

/// A time for people: "3.2 s".
func duration(_ nanoseconds: UInt64) -> String {
  func tenths(_ unit: UInt64) -> String {
    let tenths = nanoseconds / (unit / 10)
    return tenths < 1000 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
  }
  switch nanoseconds {
  case ..<1_000_000_000: return tenths(1_000_000) + " ms"
  case ..<120_000_000_000: return tenths(1_000_000_000) + " s"
  case ..<7_200_000_000_000: return "\(nanoseconds / 60_000_000_000) min"
  default: return "\(nanoseconds / 3_600_000_000_000) h"
  }
}
