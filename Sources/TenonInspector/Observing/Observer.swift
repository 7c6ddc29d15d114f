import Glibc

/// Looks at a process again and again: what happens in it is the difference between two readings.
final class Observer {
  /// What an executor did between two readings, each second.
  struct Activity {
    let id: UInt
    let executor: Reading.Executor
    /// Of the time: while it was in a poll, or how many of a pool's threads were busy; nil: nobody has looked in between.
    let busy: Double?
    /// Of the time: how long its threads ran, and waited for a processor.
    let cpu: Double?
    let delay: Double?
    let rates: Rates
  }

  struct Rates {
    let jobs: Double
    let calls: Double
    let polls: Double
    let wakes: Double
  }

  private(set) var target: Target
  private(set) var last: Reading
  private(set) var activities: [Activity] = []
  /// What was between the last two readings, in nanoseconds.
  private(set) var interval: UInt64 = 0
  /// By executors: how often somebody looked, and how much of it was busy.
  private var looks: [UInt: (count: Double, busy: Double)] = [:]
  private var callsSince: [UInt: UInt64] = [:]

  init(_ target: Target) throws(Failure) {
    self.target = target
    last = try Reading(target)
    note()
  }

  /// Whether executors are at work at this moment, which says how busy they are when it is asked often.
  func glance() {
    for executor in last.executors {
      let facts = executor.facts
      var busy = target.memory.wordNow(facts.state) == 0 ? 0.0 : 1
      if let pool = facts.pool {
        let threadsMax = Double(pool.threadsMax)
        let free = Double(Int(bitPattern: target.memory.wordNow(pool.helpers)))
        busy = threadsMax > 0 ? min(1, max(0, (threadsMax - free) / threadsMax)) : 0
      }
      let before = looks[executor.id] ?? (0, 0)
      looks[executor.id] = (before.count + 1, before.busy + busy)
    }
  }

  /// The next reading.
  func look() throws(Failure) {
    target = try target.again()
    let reading = try Reading(target)
    interval = max(reading.time - last.time, 1)
    let before = Dictionary(last.executors.map { ($0.id, $0) }) { first, _ in first }
    activities = reading.executors.map { activity($0, before[$0.id]) }
    last = reading
    looks = [:]
    note()
  }

  private func activity(_ now: Reading.Executor, _ before: Reading.Executor?) -> Activity {
    let (new, old) = (now.facts.counters, before?.facts.counters ?? ExecutorCounters())
    func rate(_ number: KeyPath<ExecutorCounters, UInt64>) -> Double {
      let (new, old) = (new[keyPath: number], old[keyPath: number])
      return new < old ? 0 : Double(new - old) * 1e9 / Double(interval)
    }
    func share(_ time: KeyPath<ThreadTimes, UInt64>) -> Double? {
      guard let new = now.times?[keyPath: time], let old = before?.times?[keyPath: time], new >= old
      else { return nil }
      return Double(new - old) / Double(interval)
    }
    return Activity(
      id: now.id, executor: now, busy: looks[now.id].map { $0.busy / $0.count },
      cpu: share(\.running), delay: share(\.waiting),
      rates: Rates(
        jobs: rate(\.jobs), calls: rate(\.calls), polls: rate(\.polls), wakes: rate(\.wakes)))
  }

  /// Since when calls are there is not known to anybody but who has seen them.
  private func note() {
    var known: [UInt: UInt64] = [:]
    for index in last.calls.indices {
      let call = last.calls[index]
      let since = min(callsSince[call.id] ?? call.since, call.since)
      known[call.id] = since
      last.calls[index].since = since
    }
    callsSince = known
  }

  /// Calls, the oldest first.
  var oldest: [Reading.Call] { last.calls.sorted { $0.since < $1.since } }
}

extension Reading.Call {
  /// The function that it is in, and what it waits for in the end.
  func reason() -> (function: String?, waitsFor: String?) {
    let graph = words.graph
    var (task, function) = (id, String?.none)
    // Into the task that makes it, and that one's child.
    for _ in 0..<64 {
      guard
        let next = graph.waits(of: task).first(where: { graph[$0.to]?.kind == .task })?.to
      else { break }
      task = next
      if let node = graph[task], let frame = words.frame(node) { function = brief(frame) }
    }
    let end = Chain(from: id, in: graph).nodes.last ?? id
    guard let node = graph[end] else { return (function, nil) }
    if end == task || end == id { return (function, node.cause ?? node.state) }
    return (function, words.title(end))
  }
}
