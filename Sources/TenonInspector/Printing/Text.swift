/// How nodes are said.
struct Words {
  let graph: Graph
  let images: Images
  /// The monotonic clock's time, of a process.
  let now: UInt64?

  init(_ graph: Graph, of target: Target) {
    (self.graph, images, now) = (graph, target.images, target.now)
  }

  /// What it is: "call fetch (future 12)".
  func title(_ id: UInt) -> String { clean(titleAsNamed(id)) }

  private func titleAsNamed(_ id: UInt) -> String {
    guard let node = graph[id] else { return "0x" + String(id, radix: 16) }
    let index = Handle(id).index
    switch node.kind {
    case .future:
      if node.isCall, let name = node.name { return "call \(name) (future \(index))" }
      return node.name.map { "future \"\($0)\" (\(index))" } ?? "future \(index)"
    case .task: return node.name.map { "task \"\($0)\"" } ?? "task 0x" + String(id, radix: 16)
    case .timer: return "timer " + (node.frames.first.map(images.name(at:)) ?? String(index))
    case .thread: return (node.detail ?? "a thread") + (node.name.map { " \"\($0)\"" } ?? "")
    case .callback: return "callback \(node.frames.first.map(images.name(at:)) ?? "?")"
    case .promise: return "\(node.detail ?? "")'s promise 0x" + String(id, radix: 16)
    case .coroutine: return "coroutine " + (node.name ?? images.name(at: node.frames.first ?? id))
    case .executor, .scope, .stream, .sink:
      return "\(node.kind.rawValue) " + (node.name.map { "\"\($0)\"" } ?? String(index))
    }
  }

  /// The frame that says most: the innermost of its author's, and not one of Tenon's, Swift's or the system's.
  func frame(_ node: Graph.Node) -> String? {
    let names = node.frames.filter { $0 != 0 }
    guard let innermost = names.first(where: images.isAuthors) ?? names.first else { return nil }
    return images.name(at: innermost)
  }

  func relation(_ relation: Graph.Relation) -> String {
    switch relation {
    case .awaits: "awaits"
    case .madeBy: "is computed by"
    case .combines: "is made of"
    case .maps: "is mapped from"
    case .member: "has the member"
    case .child: "has the child"
    case .reads: "waits for an item of"
    case .writes: "waits for room in"
    case .runsOn: "runs on"
    case .usedBy: "was last used at the other end by"
    case .peer: "is the other end of"
    }
  }
}

/// Without what a terminal would obey: names are what the process says they are.
func clean(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    result.append(scalar.properties.generalCategory == .control ? "?" : scalar)
  }
  return String(result)
}

extension Images {
  /// Whether it is a function of the program's author, and none of Tenon's, Swift's or the system's.
  func isAuthors(_ address: UInt) -> Bool { remembered(address) { isAuthorsOwn($0) } }

  private func isAuthorsOwn(_ address: UInt) -> Bool {
    guard let image = image(at: address) else { return isCompiled(address) }
    for prefix in ["libswift", "libc.", "libc-", "libpthread", "ld-linux", "libtenon."]
    where image.name.hasPrefix(prefix) { return false }
    guard let symbol = symbol(at: address) else { return true }
    for prefix in ["$s5Tenon", "$ss", "$sS", "$s15Synchronization", "swift_", "_swift_", "tenon_"]
    where symbol.hasPrefix(prefix) { return false }
    return true
  }
}
