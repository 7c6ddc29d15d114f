/// The wait graph for Graphviz: `tenon dump --dot PID | dot -Tsvg`.
struct Dot {
  private(set) var text = "digraph tenon {\n  rankdir=LR\n"

  init(_ target: Target, _ copies: [(Copy, Graph)]) {
    text += "  label=\(Dot.quoted("\(target.kind.rawValue) \(target.pid)"))\n"
    text += "  node [fontname=\"sans-serif\", fontsize=10]\n"
    text += "  edge [fontname=\"sans-serif\", fontsize=9]\n"
    for (copy, graph) in copies { add(copy, graph, Words(graph, of: target)) }
    text += "}\n"
  }

  private mutating func add(_ copy: Copy, _ graph: Graph, _ words: Words) {
    let deadlocked = Set(Causes(graph).cycles.joined())
    let stuck = Set(deadlocked.flatMap { [$0.from, $0.to] })
    // Two copies may have the same handles.
    func name(_ id: UInt) -> String {
      Dot.quoted(String(copy.image.start, radix: 16) + "." + String(id, radix: 16))
    }
    for node in graph.all {
      var lines = [words.title(node.id), node.state]
      if let frame = words.frame(node), node.kind != .callback { lines.append("in " + frame) }
      if let cause = node.cause, graph.waits(of: node.id).isEmpty { lines.append(cause) }
      let colour = stuck.contains(node.id) ? ", color=red" : ""
      text += "  \(name(node.id)) [shape=\(Dot.shape(node.kind)), label="
      text += "\(Dot.quoted(lines.joined(separator: "\n")))\(colour)]\n"
    }
    for edge in graph.edges {
      var style = edge.relation.isWait ? "" : ", style=dashed"
      if deadlocked.contains(edge) { style = ", color=red, penwidth=2" }
      text += "  \(name(edge.from)) -> \(name(edge.to)) "
      text += "[label=\(Dot.quoted(words.relation(edge.relation)))\(style)]\n"
    }
  }

  private static func shape(_ kind: Graph.Kind) -> String {
    switch kind {
    case .executor: "box3d"
    case .scope: "folder"
    case .task, .coroutine: "ellipse"
    case .thread: "component"
    case .timer, .callback: "note"
    case .future, .promise, .stream, .sink: "box"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"", "\\": result += "\\\(character)"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character.value < 32 ? " " : character)
      }
    }
    return result + "\""
  }
}
