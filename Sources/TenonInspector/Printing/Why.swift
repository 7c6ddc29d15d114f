/// `tenon why`: deadlocks first, then what most wait for.
struct Why {
  private static let causesMax = 20

  let words: Words
  let causes: Causes

  func text() -> String {
    var text = ""
    for cycle in causes.cycles {
      text += "deadlock: \(cycle.count) wait for each other\n"
      for edge in cycle { text += "  " + words.link(edge) + "\n" }
      text += "  \(words.title(cycle[0].from)): again\n"
    }
    for cause in causes.causes.prefix(Why.causesMax) {
      guard let node = words.graph[cause.node] else { continue }
      text +=
        "\(cause.waiting) \(cause.waiting == 1 ? "waits" : "wait") for \(words.title(cause.node))"
      text += ": it \(node.cause ?? node.state)\(words.place(node))\(words.origin(node))\n"
      for edge in cause.chain.prefix(32) { text += "  " + words.link(edge) + "\n" }
      if cause.chain.count > 32 { text += "  and \(cause.chain.count - 32) more\n" }
    }
    if causes.causes.count > Why.causesMax {
      text += "and \(causes.causes.count - Why.causesMax) other causes\n"
    }
    for executor in words.graph.all(.executor) where executor.state == "polling" {
      let waiting = words.graph.sources(executor.id, .runsOn).count
      guard waiting > 0, let frame = words.frame(executor) else { continue }
      text +=
        "\(words.title(executor.id)) is in a poll on \(executor.detail ?? "a thread"), in \(frame)\n"
    }
    return text.isEmpty ? "nothing waits for anything\n" : text
  }
}

extension Words {
  func place(_ node: Graph.Node) -> String {
    node.kind == .coroutine ? "" : frame(node).map { ", in " + $0 } ?? ""
  }

  /// Where it comes from, and since when, if that is known.
  func origin(_ node: Graph.Node) -> String {
    let source = node.source.flatMap { node.cause?.hasSuffix($0) == true ? nil : " [\($0)]" } ?? ""
    return (age(node).map { ", for \(duration($0))" } ?? "") + source
  }

  /// How long it has been there at least.
  func age(_ node: Graph.Node) -> UInt64? {
    guard let now, let since = node.since, since < now else { return nil }
    return now - since
  }

  /// What an edge says.
  func link(_ edge: Graph.Edge) -> String {
    let from = graph[edge.from]
    let place = from.map { $0.kind == .task ? self.place($0) : "" } ?? ""
    let function = from.flatMap { edge.relation == .maps ? $0.frames.first : nil }
    let by = function.map { " by " + images.name(at: $0) } ?? ""
    let at =
      from.flatMap { $0.kind == .coroutine || $0.kind == .promise ? $0.source : nil }.map {
        ", at " + $0
      } ?? ""
    return
      "\(title(edge.from))\(place) \(relation(edge.relation)) \(title(edge.to))\(by)\(at)"
  }
}

extension Chain {
  /// A line for each step, and what it comes to.
  func text(_ words: Words) -> String {
    var text = edges.map { words.link($0) + "\n" }.joined()
    if let cycleStart {
      return text + "\(words.title(nodes[cycleStart])): again, so this is a deadlock\n"
    }
    if let last = nodes.last, let node = words.graph[last] {
      text +=
        "\(words.title(last)) \(node.cause ?? "is " + node.state)\(words.place(node))\(words.origin(node))\n"
    }
    return text
  }
}
