/// What docs/inspect-schema.md describes.
struct Json {
  static let version = 1
  private(set) var text = ""
  private var needsComma = false

  mutating func object(_ key: String? = nil, _ body: (inout Json) -> Void) {
    group(key, "{", "}", body)
  }
  mutating func array(_ key: String? = nil, _ body: (inout Json) -> Void) {
    group(key, "[", "]", body)
  }

  private mutating func group(
    _ key: String?, _ open: String, _ close: String, _ body: (inout Json) -> Void
  ) {
    begin(key)
    text += open
    needsComma = false
    body(&self)
    text += close
    needsComma = true
  }

  private mutating func begin(_ key: String?) {
    if needsComma { text += "," }
    if let key { text += quoted(key) + ":" }
    needsComma = true
  }

  mutating func value(_ key: String? = nil, _ value: String?) {
    guard let value else { return }
    begin(key)
    text += quoted(value)
  }

  mutating func value(_ key: String? = nil, _ value: Int) {
    begin(key)
    text += String(value)
  }

  mutating func value(_ key: String? = nil, _ value: Double?) {
    guard let value, value.isFinite else { return }
    begin(key)
    text += String(value)
  }

  /// With three places.
  mutating func number(_ key: String? = nil, _ value: Double) {
    begin(key)
    let thousandths = UInt64(max(value, 0) * 1000)
    let rest = String(thousandths % 1000)
    text += "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  /// What is only said where it is so.
  mutating func flag(_ key: String) {
    begin(key)
    text += "true"
  }

  mutating func id(_ key: String? = nil, _ id: UInt) { value(key, "0x" + String(id, radix: 16)) }

  private func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy {
      $0 >= 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { return "\"" + value + "\"" }
    var result = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension Json {
  /// The document of a command.
  static func document(_ command: String, _ target: Target, _ copies: [(Copy, Graph)]) -> String {
    var json = Json()
    json.document(command, target) {
      $0.array("copies") {
        for (copy, graph) in copies {
          $0.add(command, copy, Words(graph, of: target))
        }
      }
    }
    return json.text + "\n"
  }

  /// What each begins with, and `body`.
  mutating func document(_ command: String, _ target: Target, _ body: (inout Json) -> Void) {
    object {
      $0.value("schema", "tenon-inspect")
      $0.value("version", Json.version)
      $0.value("command", command)
      $0.object("target") {
        $0.value("kind", target.kind.rawValue)
        $0.value("pid", Int(target.pid))
      }
      body(&$0)
    }
  }

  mutating func add(
    _ command: String, _ copy: Copy, _ words: Words, _ more: (inout Json) -> Void = { _ in }
  ) {
    object {
      $0.value("image", copy.image.path)
      more(&$0)
      $0.array("nodes") {
        for id in words.graph.order { $0.node(id, words) }
      }
      $0.array("edges") {
        for edge in words.graph.edges { $0.edge(edge) }
      }
      guard command != "ps" else { return }
      let causes = Causes(words.graph)
      $0.array("cycles") {
        for cycle in causes.cycles {
          $0.array { for edge in cycle { $0.edge(edge) } }
        }
      }
      $0.array("causes") {
        for cause in causes.causes {
          $0.object {
            $0.id("node", cause.node)
            $0.value("waiting", cause.waiting)
            $0.array("chain") { for edge in cause.chain { $0.edge(edge) } }
          }
        }
      }
    }
  }

  private mutating func node(_ id: UInt, _ words: Words) {
    guard let node = words.graph[id] else { return }
    object {
      $0.id("id", id)
      $0.value("kind", node.kind.rawValue)
      $0.value("title", words.title(id))
      $0.value("name", node.name)
      $0.value("state", node.state)
      $0.value("detail", node.detail)
      $0.value("cause", node.cause)
      $0.value("source", node.source)
      if node.isCall { $0.flag("call") }
      if let age = words.age(node) { $0.value("age_ns", Int(age)) }
      if let facts = words.graph.executors[id] { $0.counters(facts.counters) }
      $0.frames(node.frames, words.images)
    }
  }

  mutating func counters(_ counters: ExecutorCounters) {
    object("counters") {
      for (name, count) in counters.all { $0.value(name, Int(truncatingIfNeeded: count)) }
    }
  }

  mutating func frames(_ frames: [UInt], _ images: Images) {
    array("frames") {
      for frame in frames {
        $0.object {
          $0.id("address", frame)
          $0.value("function", images.name(at: frame))
          $0.value("place", images.place(frame))
        }
      }
    }
  }

  private mutating func edge(_ edge: Graph.Edge) {
    object {
      $0.id("from", edge.from)
      $0.value("relation", edge.relation.rawValue)
      $0.id("to", edge.to)
    }
  }
}
