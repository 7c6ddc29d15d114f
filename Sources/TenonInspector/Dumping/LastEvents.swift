/// What a copy of Tenon has recorded last, for a dump.
struct LastEvents {
  private static let linesMax = 100
  private static let eventsMax = 1000

  private let events: [Happening]
  private let lost: UInt64
  private let words: EventWords

  /// nil: nothing was ever recorded.
  init?(_ target: Target, _ copy: Copy) {
    guard let recording = Recording(of: target, copy) else { return nil }
    let all = recording.happenings
    events = all.suffix(LastEvents.eventsMax)
    lost = recording.lost + UInt64(all.count - events.count)
    words = EventWords(target, copy)
  }

  /// The times are those before the last one.
  var text: String {
    let end = events.last?.time ?? 0
    return events.suffix(LastEvents.linesMax).map { event in
      let about = [
        event.id == 0 ? nil : words.title(event.id), words.name(event).map(clean), event.outcome,
        other(event).map { words.title($0) }, event.count.map { "\($0)" },
      ]
      let before = Int((end - event.time) / 1000)
      return "-\(before) us  thread \(event.thread)  \(event.kind.rawValue)  "
        + about.compactMap { $0 }.joined(separator: "  ") + "\n"
    }.joined()
  }

  func write(_ json: inout Json) {
    json.object("recording") {
      $0.value("lost", Int(lost))
      $0.array("events") { json in
        for event in events {
          json.object {
            $0.value("event", event.kind.rawValue)
            $0.value("time_ns", Int(event.time))
            $0.value("thread", Int(event.thread))
            if event.id != 0 { $0.id("id", event.id) }
            $0.value("name", words.name(event))
            $0.value("outcome", event.outcome)
            if let other = other(event) { $0.id("other", other) }
            if let count = event.count { $0.value("count", Int(count)) }
          }
        }
      }
    }
  }

  /// What a call waits for, or who waits.
  private func other(_ event: Happening) -> UInt? {
    switch event.kind {
    case .callSuspends, .callResumes, .taskResumes, .readerWaits, .readerWakes, .writerWaits,
      .writerWakes:
      event.what
    default: nil
    }
  }
}
