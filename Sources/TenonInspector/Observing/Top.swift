import CTenonRoot
import Glibc

/// `tenon top`: what executors do now, from the differences between readings.
struct Top {
  /// How often a moment is looked at between two readings.
  private static let glanceTime: Int32 = 20

  private let observer: Observer
  private var view = TopView()
  private let interval: UInt64

  init(_ target: Target, seconds: Double) throws(Failure) {
    guard target.kind == .process else {
      throw Failure("top is of a process that runs: see tenon dump for a core")
    }
    observer = try Observer(target)
    interval = UInt64(seconds * 1e9)
  }

  /// One difference.
  private mutating func once() throws(Failure) {
    let end = tenon__now_ns() + interval
    repeat {
      observer.glance()
      _ = poll(nil, 0, Top.glanceTime)
    } while tenon__now_ns() < end
    try observer.look()
    view.show(observer)
  }

  mutating func text() throws(Failure) -> String {
    try once()
    return view.text()
  }

  mutating func json() throws(Failure) -> String {
    try once()
    var json = Json()
    json.document("top", observer.target) { $0.add(observer) }
    return json.text + "\n"
  }

  /// Until somebody ends it.
  mutating func run(in terminal: Terminal) throws(Failure) {
    defer { terminal.leave() }
    try once(in: terminal, first: true)
    var next = tenon__now_ns() + interval
    var isPaused = false
    while true {
      var isChanged = false
      for event in terminal.events(within: Top.glanceTime) {
        if event == .ended || event == .key("q") || event == .key("Q") { return }
        if event == .key(" ") { isPaused.toggle() }
        obey(event)
        isChanged = true
      }
      observer.glance()
      if !isPaused && tenon__now_ns() >= next {
        try once(in: terminal, first: false)
        // A large process is not to be read all the time.
        let now = tenon__now_ns()
        let cost = now - max(next, observer.last.time)
        next = now + max(interval, 4 * cost)
        isChanged = true
      }
      if isChanged {
        terminal.draw(
          view.lines(rows: terminal.rows, columns: terminal.columns, isPaused: isPaused))
      }
    }
  }

  private mutating func once(in terminal: Terminal, first: Bool) throws(Failure) {
    if first {
      // Something is to be seen at once.
      _ = poll(nil, 0, Top.glanceTime)
      observer.glance()
    }
    try observer.look()
    view.show(observer)
    if first { terminal.draw(view.lines(rows: terminal.rows, columns: terminal.columns)) }
  }

  private mutating func obey(_ event: Terminal.Event) {
    switch event {
    case .key("\t"): view.areCallsActive.toggle()
    case .left, .key("<"), .key(","): change { $0.sortByNext(-1) }
    case .right, .key(">"), .key("."): change { $0.sortByNext(1) }
    case .key("r"), .key("R"): change { $0.reverse() }
    case .up, .key("k"): change { $0.scroll(-1) }
    case .down, .key("j"): change { $0.scroll(1) }
    default: break
    }
  }

  private mutating func change(_ body: (inout Grid) -> Void) {
    if view.areCallsActive { body(&view.calls) } else { body(&view.executors) }
  }
}

extension Json {
  private static let callsMax = 1000

  /// What is between two readings.
  fileprivate mutating func add(_ observer: Observer) {
    value("interval_ns", Int(observer.interval))
    array("executors") {
      for activity in observer.activities { $0.add(activity) }
    }
    value("call_count", observer.last.calls.count)
    array("calls") {
      for call in observer.oldest.prefix(Json.callsMax) {
        let reason = call.reason()
        $0.object {
          $0.id("id", call.id)
          $0.value("name", call.words.graph[call.id]?.name)
          $0.value("title", call.words.title(call.id))
          if let executor = call.executor { $0.id("executor", executor) }
          $0.value("age_ns", Int(observer.last.time - min(call.since, observer.last.time)))
          $0.value("function", reason.function)
          $0.value("waits_for", reason.waitsFor)
        }
      }
    }
  }

  private mutating func add(_ activity: Observer.Activity) {
    let executor = activity.executor
    object {
      $0.id("id", executor.id)
      $0.value("image", executor.image)
      $0.value("name", executor.words.graph[executor.id]?.name)
      $0.value("title", executor.words.title(executor.id))
      $0.value("state", executor.words.graph[executor.id]?.state)
      $0.array("threads") { for thread in executor.facts.threads { $0.value(nil, Int(thread)) } }
      $0.value("calls", executor.calls)
      $0.value("busy", activity.busy)
      $0.value("cpu", activity.cpu)
      $0.value("delay", activity.delay)
      $0.value("jobs_per_second", activity.rates.jobs)
      $0.value("calls_per_second", activity.rates.calls)
      $0.value("polls_per_second", activity.rates.polls)
      $0.value("wakes_per_second", activity.rates.wakes)
      $0.counters(executor.facts.counters)
    }
  }
}
