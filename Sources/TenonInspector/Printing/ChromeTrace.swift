/// What was recorded, as Chrome's trace events, which Perfetto and speedscope open: jobs and callbacks are on their threads, calls and
/// waits at streams are lines of their own, and arrows lead from what settles to what goes on then.
struct ChromeTrace {
  private let target: Target
  private var json = Json()

  static func text(_ target: Target, _ recordings: [(Copy, Recording)]) -> String {
    var trace = ChromeTrace(target)
    trace.write(recordings)
    return trace.json.text + "\n"
  }

  private init(_ target: Target) { self.target = target }

  private mutating func write(_ recordings: [(Copy, Recording)]) {
    let target = target
    json.object {
      $0.value("displayTimeUnit", "ns")
      $0.object("otherData") {
        $0.value("schema", "tenon-trace")
        $0.value("version", 1)
        $0.value("lost", Int(recordings.reduce(0) { $0 + $1.1.lost }))
      }
      $0.array("traceEvents") { json in
        for thread in target.threads {
          json.object {
            $0.value("ph", "M")
            $0.value("name", "thread_name")
            $0.value("pid", Int(target.pid))
            $0.value("tid", Int(thread.id))
            $0.object("args") { $0.value("name", thread.name ?? "thread \(thread.id)") }
          }
        }
        for (number, (copy, recording)) in recordings.enumerated() {
          var lines = TraceLines(target.pid, EventWords(target, copy), copy: number)
          lines.write(recording.happenings, &json)
        }
      }
    }
  }
}

/// The events of one copy of Tenon.
private struct TraceLines {
  private let pid: Int
  private let words: EventWords
  /// Numbers of arrows are the process's.
  private let copy: Int
  private var suspensions = Suspensions()
  /// What threads are in, as it was said when it began: an end says the same.
  private var open: [UInt32: [Slice]] = [:]

  private struct Slice {
    let category: String
    let name: String
    var about: (key: String, id: UInt)?
    var outcome: String?
    var count: UInt?
  }

  /// The numbers of those that begin here, and of the one that ends here.
  private struct Arrows {
    let from: [Int]
    let to: Int?
  }

  init(_ pid: Int32, _ words: EventWords, copy: Int) {
    (self.pid, self.words, self.copy) = (Int(pid), words, copy)
  }

  mutating func write(_ events: [Happening], _ json: inout Json) {
    let links = Links(events)
    for (place, event) in events.enumerated() {
      if let change = suspensions.change(event) { write(change, event, &json) }
      write(event, Arrows(from: links.from[place] ?? [], to: links.to[place]), &json)
    }
  }

  private mutating func write(
    _ event: Happening, _ arrows: Arrows, _ json: inout Json
  ) {
    switch event.kind {
    case .callBegins, .callEnds:
      let (name, phase) = (words.name(event) ?? "call", event.kind == .callBegins ? "b" : "e")
      line(phase, "call", event.id, name, event, &json)
    case .jobBegins:
      begin(Slice(category: "job", name: words.name(event) ?? "job"), event, &json)
    case .taskBegins:
      let call = suspensions.call(of: event.id)
      begin(
        Slice(
          category: "job", name: words.name(event) ?? "job", about: call.map { ("call", $0) }),
        event, &json)
      write(arrows, event, &json)
    case .callbackBegins:
      begin(
        Slice(
          category: "callback", name: words.name(event) ?? "callback",
          about: ("future", event.id)), event, &json)
      write(arrows, event, &json)
    case .jobEnds: end("job", event, &json)
    case .callbackEnds: end("callback", event, &json)
    case .futureSettles:
      point(
        Slice(
          category: "future", name: "settles " + words.title(event.id),
          about: ("future", event.id), outcome: event.outcome), event, arrows, &json)
    case .streamSends, .streamReceives, .streamCloses, .streamCancels:
      let verb = event.kind.rawValue.dropFirst("stream-".count)
      point(
        Slice(
          category: "stream", name: verb + " " + words.title(event.id),
          about: ("stream", event.id), count: event.count), event, arrows, &json)
    case .readerWaits: line("b", "reader", event.id, "waits for an item", event, &json)
    case .writerWaits: line("b", "writer", event.id, "waits for room", event, &json)
    case .readerWakes:
      line("e", "reader", event.id, "waits for an item", event, &json)
      wake("wakes its reader", event, arrows, &json)
    case .writerWakes:
      line("e", "writer", event.id, "waits for room", event, &json)
      wake("wakes its writer", event, arrows, &json)
    case .callSuspends, .callResumes, .taskResumes: break
    }
  }

  private func wake(
    _ verb: String, _ event: Happening, _ arrows: Arrows, _ json: inout Json
  ) {
    point(
      Slice(
        category: "stream", name: "\(verb): \(words.title(event.id))",
        about: ("stream", event.id)), event, arrows, &json)
  }

  /// Within its call's line.
  private func write(
    _ change: Suspensions.Change, _ event: Happening, _ json: inout Json
  ) {
    switch change {
    case .suspends(let call, let on):
      json.event("b", "call", "suspended", event, pid) {
        $0.id("id", call)
        if on == 0 { return }
        $0.object("args") {
          $0.id("waits_for", on)
          $0.value("title", words.title(on))
        }
      }
    case .resumes(let call): line("e", "call", call, "suspended", event, &json)
    }
  }

  // MARK: How each looks

  /// The beginning or the end of what is on no thread.
  private func line(
    _ phase: String, _ category: String, _ id: UInt, _ name: String, _ event: Happening,
    _ json: inout Json
  ) { json.event(phase, category, name, event, pid) { $0.id("id", id) } }

  private mutating func begin(_ slice: Slice, _ event: Happening, _ json: inout Json) {
    open[event.thread, default: []].append(slice)
    write("B", slice, event, &json)
  }

  /// Of what has begun before all this there is only the end, which nobody shows.
  private mutating func end(_ category: String, _ event: Happening, _ json: inout Json) {
    guard let last = open[event.thread]?.last, last.category == category else { return }
    open[event.thread]?.removeLast()
    write("E", last, event, &json)
  }

  /// What takes no time: a slice, so that an arrow can begin there.
  private func point(
    _ slice: Slice, _ event: Happening, _ arrows: Arrows, _ json: inout Json
  ) {
    write("B", slice, event, &json)
    write(arrows, event, &json)
    write("E", slice, event, &json)
  }

  private func write(_ phase: String, _ slice: Slice, _ event: Happening, _ json: inout Json) {
    json.event(phase, slice.category, slice.name, event, pid) {
      guard let (key, id) = slice.about else { return }
      $0.object("args") {
        $0.id(key, id)
        $0.value("outcome", slice.outcome)
        if let count = slice.count { $0.value("count", Int(count)) }
      }
    }
  }

  /// In the slice that has just begun.
  private func write(_ arrows: Arrows, _ event: Happening, _ json: inout Json) {
    if let number = arrows.to { arrow("f", number, event, &json) }
    for number in arrows.from { arrow("s", number, event, &json) }
  }

  private func arrow(_ phase: String, _ number: Int, _ event: Happening, _ json: inout Json) {
    json.event(phase, "resumes", "resumes", event, pid) {
      $0.value("id", "\(copy)-\(number)")
      // Where it ends is the slice around it, and not the next one.
      if phase == "f" { $0.value("bp", "e") }
    }
  }
}

extension Json {
  fileprivate mutating func event(
    _ phase: String, _ category: String, _ name: String, _ event: Happening, _ pid: Int,
    _ more: (inout Json) -> Void
  ) {
    object {
      $0.value("ph", phase)
      $0.value("cat", category)
      $0.value("name", name)
      $0.value("pid", pid)
      $0.value("tid", Int(event.thread))
      $0.number("ts", event.time / 1000)
      more(&$0)
    }
  }
}
