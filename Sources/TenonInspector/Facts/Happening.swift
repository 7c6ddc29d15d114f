import CTenonRoot

/// An event of a recording, said so that nobody has to know how it is kept.
struct Happening {
  enum Kind: String {
    case callBegins = "call-begins"
    case callEnds = "call-ends"
    case jobBegins = "job-begins"
    case jobEnds = "job-ends"
    case taskBegins = "task-begins"
    case callSuspends = "call-suspends"
    case callResumes = "call-resumes"
    case futureSettles = "future-settles"
    case callbackBegins = "callback-begins"
    case callbackEnds = "callback-ends"
    case taskResumes = "task-resumes"
    case streamSends = "stream-sends"
    case streamReceives = "stream-receives"
    case readerWaits = "reader-waits"
    case readerWakes = "reader-wakes"
    case writerWaits = "writer-waits"
    case writerWakes = "writer-wakes"
    case streamCloses = "stream-closes"
    case streamCancels = "stream-cancels"
  }

  let kind: Kind
  /// In nanoseconds of the monotonic clock.
  let time: Double
  let thread: UInt32
  /// What it is about, as a graph names it: a future, a stream, a task; 0: nothing that has a name.
  let id: UInt
  /// What else: a function's address or a text's, what is waited for, who waits, how many.
  let what: UInt

  /// nil: of a newer Tenon than this.
  init?(_ event: tenon__inspect_event_t, at time: Double) {
    guard let kind = Happening.kinds[Int(event.kind)] else { return nil }
    (self.kind, self.time, thread) = (kind, time, event.thread)
    switch kind {
    // An executor's compact name is no handle.
    case .jobBegins, .jobEnds: id = 0
    default: id = Handle.nodeID(UInt(event.id))
    }
    switch kind {
    case .callSuspends, .callResumes, .readerWaits, .readerWakes, .writerWaits, .writerWakes:
      what = Handle.nodeID(UInt(event.what))
    default: what = UInt(event.what)
    }
  }

  private static let kinds: [Int: Kind] = [
    Int(tenon__inspect_call_begins): .callBegins, Int(tenon__inspect_call_ends): .callEnds,
    Int(tenon__inspect_job_begins): .jobBegins, Int(tenon__inspect_job_ends): .jobEnds,
    Int(tenon__inspect_task_begins): .taskBegins,
    Int(tenon__inspect_call_suspends): .callSuspends,
    Int(tenon__inspect_call_resumes): .callResumes,
    Int(tenon__inspect_future_settles): .futureSettles,
    Int(tenon__inspect_callback_begins): .callbackBegins,
    Int(tenon__inspect_callback_ends): .callbackEnds,
    Int(tenon__inspect_task_resumes): .taskResumes,
    Int(tenon__inspect_stream_sends): .streamSends,
    Int(tenon__inspect_stream_receives): .streamReceives,
    Int(tenon__inspect_reader_waits): .readerWaits,
    Int(tenon__inspect_reader_wakes): .readerWakes,
    Int(tenon__inspect_writer_waits): .writerWaits,
    Int(tenon__inspect_writer_wakes): .writerWakes,
    Int(tenon__inspect_stream_closes): .streamCloses,
    Int(tenon__inspect_stream_cancels): .streamCancels,
  ]

  /// What a task waits for that this resumes, and which.
  var resumes: (task: UInt, of: UInt)? {
    switch kind {
    case .taskResumes, .readerWakes, .writerWakes: Handle(what).kind == nil ? (what, id) : nil
    default: nil
    }
  }

  /// Of items: how many.
  var count: UInt? { kind == .streamSends || kind == .streamReceives ? what : nil }

  /// How a future has settled.
  var outcome: String? {
    if kind != .futureSettles { return nil }
    return switch what {
    case 1: "fulfilled"
    case 2: "rejected"
    default: "cancelled"
    }
  }
}

extension Recording {
  /// All of it in the order of time.
  var happenings: [Happening] {
    let events = rings.flatMap { ring in
      ring.events.compactMap { Happening($0, at: time($0)) }
    }
    // What one thread has said stays in its order.
    return events.indices.sorted { one, other in
      (events[one].time, one) < (events[other].time, other)
    }.map { events[$0] }
  }
}
