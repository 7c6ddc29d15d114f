/// `tenon why`: deadlocks first, then what most wait for.
struct Why {
  private static let causesMax = 20

  let words: Words
  let causes: Causes

  func text() -> String {
    var text = ""
    for cycle in causes.cycles {
      text += "deadlock: \(cycle.count) wait for each other\n"
      for edge in cycle { text += "  " + link(edge) + "\n" }
      text += "  \(words.title(cycle[0].from)): again\n"
    }
    for cause in causes.causes.prefix(Why.causesMax) {
      guard let node = words.graph.nodes[cause.node] else { continue }
      text +=
        "\(cause.waiting) \(cause.waiting == 1 ? "waits" : "wait") for \(words.title(cause.node))"
      text += ": it \(node.cause ?? node.state)\(place(node))\n"
      for edge in cause.chain.prefix(32) { text += "  " + link(edge) + "\n" }
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

  private func place(_ node: Graph.Node) -> String {
    words.frame(node).map { ", in " + $0 } ?? ""
  }

  private func link(_ edge: Graph.Edge) -> String {
    let from = words.graph.nodes[edge.from]
    let place = from.map { $0.kind == .task ? self.place($0) : "" } ?? ""
    let function = from.flatMap { edge.relation == .maps ? $0.frames.first : nil }
    let by = function.map { " by " + words.images.name(at: $0) } ?? ""
    return
      "\(words.title(edge.from))\(place) \(words.relation(edge.relation)) \(words.title(edge.to))\(by)"
  }
}
