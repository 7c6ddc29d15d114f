import CTenonRoot

/// What was recorded, as Chrome's trace events, which Perfetto opens: jobs are on their threads, calls are lines of their own.
struct ChromeTrace {
  private let target: Target
  private let images: Images
  private var json = Json()

  static func text(_ target: Target, _ recordings: [Recording]) -> String {
    var trace = ChromeTrace(target)
    trace.write(recordings)
    return trace.json.text + "\n"
  }

  private init(_ target: Target) { (self.target, images) = (target, target.images) }

  private mutating func write(_ recordings: [Recording]) {
    let lost = recordings.reduce(0) { $0 + $1.lost }
    let (target, images) = (target, images)
    json.object {
      $0.value("displayTimeUnit", "ns")
      $0.object("otherData") {
        $0.value("schema", "tenon-trace")
        $0.value("version", 1)
        $0.value("lost", Int(lost))
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
        for recording in recordings {
          for ring in recording.rings {
            // Of a job that has begun before all this only the end is there.
            var open: [UInt32: Int] = [:]
            for event in ring.events {
              switch Int(event.kind) {
              case Int(tenon__inspect_job_begins): open[event.thread, default: 0] += 1
              case Int(tenon__inspect_job_ends):
                guard let jobs = open[event.thread], jobs > 0 else { continue }
                open[event.thread] = jobs - 1
              default: break
              }
              json.event(event, recording.time(event), target, images)
            }
          }
        }
      }
    }
  }
}

extension Json {
  fileprivate mutating func event(
    _ event: tenon__inspect_event_t, _ time: Double, _ target: Target, _ images: Images
  ) {
    let isCall =
      event.kind == tenon__inspect_call_begins || event.kind == tenon__inspect_call_ends
    let begins =
      event.kind == tenon__inspect_call_begins || event.kind == tenon__inspect_job_begins
    object {
      $0.value("ph", isCall ? (begins ? "b" : "e") : (begins ? "B" : "E"))
      $0.value("cat", isCall ? "call" : "job")
      if isCall {
        $0.value("name", target.memory.text(UInt(event.what)) ?? "call")
        $0.id("id", Handle(UInt(event.id)).as(.future).bits)
      } else if begins {
        $0.value("name", event.what == 0 ? "job" : images.name(at: UInt(event.what)))
      }
      $0.value("pid", Int(target.pid))
      $0.value("tid", Int(event.thread))
      $0.number("ts", time / 1000)
    }
  }
}
