/// `tenon ps`: executors and scopes, below them calls with their tasks, and what is left.
struct Tree {
  let words: Words
  private var shown: Set<UInt> = []
  private(set) var text = ""

  init(_ words: Words) { self.words = words }
  private var graph: Graph { words.graph }

  mutating func print() {
    for executor in graph.all(.executor) { line(executor.id, "") }
    let inScope = Set(graph.edges.filter { $0.relation == .member }.map(\.to))
    for scope in graph.all(.scope) where !inScope.contains(scope.id) { branch(scope.id, "", "") }
    let isChild = Set(
      graph.edges.filter {
        $0.relation == .child || $0.relation == .madeBy
          || graph[$0.from]?.kind == .coroutine && graph[$0.to]?.kind == .coroutine
      }.map(\.to))
    for future in graph.all(.future) where !shown.contains(future.id) && !isScopesEnd(future.id) {
      branch(future.id, "", "")
    }
    for kind in [Graph.Kind.task, .coroutine, .promise, .sink, .stream, .timer, .thread] {
      for node in graph.all(kind) where !shown.contains(node.id) && !isChild.contains(node.id) {
        branch(node.id, "", "")
      }
    }
  }

  /// The scope stands for it.
  private func isScopesEnd(_ future: UInt) -> Bool {
    graph.targets(future, .awaits).contains { graph[$0]?.kind == .scope }
  }

  private mutating func branch(_ id: UInt, _ lead: String, _ below: String) {
    guard shown.insert(id).inserted else { return }
    line(id, lead)
    let parts = children(of: id)
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      branch(part, below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  "))
    }
  }

  private func children(of id: UInt) -> [UInt] {
    var all = graph.targets(id, .madeBy)
    for end in graph.targets(id, .member) {
      // A scope in a scope is there by its end.
      all.append(graph.targets(end, .awaits).first { graph[$0]?.kind == .scope } ?? end)
    }
    all += graph.targets(id, .child)
    all += graph.targets(id, .awaits).filter { graph[$0]?.kind == .coroutine }
    return all.filter { !shown.contains($0) }
  }

  private mutating func line(_ id: UInt, _ lead: String) {
    guard let node = graph[id] else { return }
    text += lead + words.title(id) + "  " + node.state
    if node.kind != .thread, node.kind != .promise, let detail = node.detail {
      text += ", " + detail
    }
    if let age = words.age(node) { text += ", for \(duration(age))" }
    if let source = node.source { text += ", \(node.kind == .coroutine ? "at" : "of") \(source)" }
    if node.kind != .callback, node.kind != .coroutine, let frame = words.frame(node) {
      text += "  in " + frame
    }
    let waits = graph.outgoing(id).filter {
      $0.relation.isWait && $0.relation != .madeBy && $0.relation != .member
    }
    for edge in waits.prefix(3) {
      text += "  \(words.relation(edge.relation)) \(words.title(edge.to))"
    }
    if waits.count > 3 { text += "  and \(waits.count - 3) more" }
    if waits.isEmpty, node.kind == .task || node.kind == .future, let cause = node.cause,
      graph.targets(id, .madeBy).isEmpty
    {
      text += "  \(cause)"
    }
    text += "\n"
  }
}
