/// What `tenon top` shows: executors, and the calls that are there for the longest time.
struct TopView {
  var executors = Grid(
    [
      .init(title: "EXECUTOR", width: 20), .init(title: "STATE", width: 8),
      .init(title: "BUSY%", width: 6, isNumber: true),
      .init(title: "CPU%", width: 6, isNumber: true),
      .init(title: "DELAY%", width: 6, isNumber: true),
      .init(title: "JOBS/s", width: 10, isNumber: true),
      .init(title: "CALLS/s", width: 9, isNumber: true),
      .init(title: "POLLS/s", width: 9, isNumber: true),
      .init(title: "WAKES/s", width: 9, isNumber: true),
      .init(title: "PENDING", width: 8, isNumber: true),
      .init(title: "CALLS", width: 8, isNumber: true), .init(title: "THREADS", width: 8),
    ], order: 2)
  var calls = Grid(
    [
      .init(title: "AGE", width: 9, isNumber: true), .init(title: "CALL", width: 30),
      .init(title: "ON", width: 16), .init(title: "IN", width: 34),
      .init(title: "WAITS FOR", width: 20),
    ], order: 0)
  /// Which of the two the keys are about.
  var areCallsActive = false
  private var bar = ""

  /// Calls whose reasons are looked for: that takes a walk through the graph each.
  private static let callsMax = 500

  mutating func show(_ observer: Observer) {
    let count = observer.last.calls.count
    bar =
      "tenon top  process \(observer.target.pid)  \(observer.activities.count) executors, \(count) calls in flight, "
      + "\(observer.target.threads.count) threads  over \(duration(observer.interval))"
    executors.rows = observer.activities.map(TopView.row)
    let names = Dictionary(
      observer.last.executors.map { ($0.id, $0.words.label($0.id)) }
    ) { first, _ in first }
    calls.rows = observer.oldest.prefix(TopView.callsMax).map { call in
      let reason = call.reason()
      let age = observer.last.time - min(call.since, observer.last.time)
      return [
        .init(Double(age)) { duration(UInt64($0)) }, .init(call.words.title(call.id)),
        .init(call.executor.flatMap { names[$0] } ?? "-"), .init(reason.function ?? "-"),
        .init(reason.waitsFor ?? "-"),
      ]
    }
  }

  private static func row(_ activity: Observer.Activity) -> [Grid.Cell] {
    let executor = activity.executor
    func percent(_ share: Double?) -> Grid.Cell { .init(share) { fixed($0 * 100, digits: 1) } }
    func rate(_ rate: Double) -> Grid.Cell { .init(rate) { fixed($0, digits: $0 < 10 ? 1 : 0) } }
    func number(_ count: UInt64) -> Grid.Cell { .init(Double(count)) { fixed($0, digits: 0) } }
    let threads = executor.facts.threads
    let counters = executor.facts.counters
    return [
      .init(executor.words.label(executor.id)),
      .init(executor.words.graph[executor.id]?.state ?? "?"),
      percent(activity.busy), percent(activity.cpu), percent(activity.delay),
      rate(activity.rates.jobs), rate(activity.rates.calls), rate(activity.rates.polls),
      rate(activity.rates.wakes), number(counters.pending), number(UInt64(executor.calls)),
      .init(
        executor.facts.pool != nil
          ? "\(counters.threads), \(counters.idleThreads) idle"
          : threads.first.map(String.init) ?? "-"),
    ]
  }

  /// As many lines as there is room for.
  mutating func lines(rows: Int, columns: Int, isPaused: Bool = false) -> [Line] {
    var lines = [Line(bar + (isPaused ? "  paused" : ""), style: .bar)]
    let keys = "q quit  Tab other table  ← → sort  r reverse  ↑ ↓ scroll  space pause"
    let room = max(0, rows - 4)
    let first = min(executors.rows.count + 1, max(2, room / 2))
    lines += executors.lines(count: first, width: columns, isActive: !areCallsActive)
    lines.append(Line())
    lines += calls.lines(count: max(0, room - first) + 1, width: columns, isActive: areCallsActive)
    if lines.count > rows - 1 { lines.removeLast(lines.count - max(0, rows - 1)) }
    // The keys are at the bottom.
    while lines.count < rows - 1 { lines.append(Line()) }
    return lines + [Line(keys, style: .bar)]
  }

  /// All of it, for who has no terminal.
  mutating func text() -> String {
    let lines =
      [Line(bar)] + executors.lines(count: executors.rows.count + 1, width: 200, isActive: false)
      + [Line()] + calls.lines(count: calls.rows.count + 1, width: 200, isActive: false)
    return lines.map { $0.plain + "\n" }.joined()
  }
}

extension Words {
  /// Its name alone, where its kind is known.
  func label(_ id: UInt) -> String { graph[id]?.name ?? title(id) }
}

/// A number with so many digits behind the point.
func fixed(_ number: Double, digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int64((number * scale).rounded())
  if digits == 0 { return String(whole) }
  let tail = String(abs(whole) % Int64(scale))
  return "\(whole / Int64(scale))." + String(repeating: "0", count: digits - tail.count) + tail
}
