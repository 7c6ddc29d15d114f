import Synchronization
import Tenon
import TenonNode

/// What writers have sent and how they ended.
final class Writers: Sendable {
  static let shared = Writers()
  let sent = Atomic<Int>(0)
  let ended = Atomic<Int>(0)
  let reason = Mutex<String>("")
}

func exportStreams(_ module: borrowing NodeModule) {
  module.export(stream: "numbers", "count") { (sink: Sink, count: Int) in
    defer { Writers.shared.ended.add(1, ordering: .relaxed) }
    for number in 0..<count {
      do { try await sink.send(number) } catch {
        Writers.shared.reason.withLock { $0 = sink.cancelReason.map { "\($0)" } ?? "" }
        throw error
      }
      Writers.shared.sent.add(1, ordering: .relaxed)
    }
  }
  module.export(stream: "failing", "count") { (sink: Sink, count: Int) in
    for number in 0..<count { try await sink.send(number) }
    throw WeatherError.storm
  }
  module.export(stream: "records", "count") { (sink: Sink, count: Int) in
    for number in 0..<count {
      try await sink.send(["number": JavaScriptValue(number)] as JavaScriptValue)
    }
  }
  module.export(synchronous: "writers") { () -> JavaScriptValue in
    [
      "sent": JavaScriptValue(Writers.shared.sent.load(ordering: .relaxed)),
      "ended": JavaScriptValue(Writers.shared.ended.load(ordering: .relaxed)),
      "reason": .string(Writers.shared.reason.withLock { $0 }),
    ]
  }
  // Reads all of it.
  module.export("collect", "items") { (items: Stream) in
    var values: [JavaScriptValue] = []
    while let item = try await items.next() { values.append(JavaScriptValue(item)) }
    return JavaScriptValue.array(values)
  }
  // Reads some, and goes away.
  module.export("first", "items", "count") { (items: Stream, count: Int) in
    var values: [JavaScriptValue] = []
    while values.count < count, let item = try await items.next() {
      values.append(JavaScriptValue(item))
    }
    return JavaScriptValue.array(values)
  }
  // Uses each item three times: as it came, and as it is read.
  module.export(stream: "thrice", "items") { (sink: Sink, items: Stream) in
    while let item = try await items.next() {
      try await sink.send(item)
      try await sink.send(JavaScriptValue(item))
      try await sink.send(item)
    }
  }
  // Writes nothing, for an hour.
  module.export(stream: "silent") { sink in
    defer { Writers.shared.ended.add(1, ordering: .relaxed) }
    try await Task.sleep(for: .seconds(3600))
  }
  // Ignores what it reads.
  module.export("counted", "items") { (items: TenonStream) in
    var count = 0
    for try await _ in items { count += 1 }
    return count
  }
  // From JavaScript and back.
  module.export(stream: "through", "items") { (sink: Sink, items: Stream) in
    while let item = try await items.next() { try await sink.send(JavaScriptValue(item)) }
  }
}
