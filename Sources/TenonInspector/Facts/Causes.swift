/// Why things are not done: cycles of what waits for each other, and what everything else waits for in the end.
struct Causes {
  struct Cause {
    let node: UInt
    /// How many wait for it, directly or not.
    let waiting: Int
    /// The longest way that leads to it, outermost first.
    let chain: [Graph.Edge]
  }

  let cycles: [[Graph.Edge]]
  let causes: [Cause]

  init(_ graph: Graph) {
    var search = Search(graph)
    for id in graph.order { search.visit(id) }
    cycles = search.cycles
    causes = graph.order.compactMap { id in
      let waits = (graph.outgoing[id] ?? []).contains { $0.relation.isWait }
      guard !waits, graph[id]?.cause != nil,
        (graph.incoming[id] ?? []).contains(where: { $0.relation.isWait })
      else { return nil }
      return Causes.cause(id, graph)
    }.sorted { $0.waiting > $1.waiting }
  }

  /// Breadth first, against the edges: the last that is met is the farthest.
  private static func cause(_ id: UInt, _ graph: Graph) -> Cause {
    var via: [UInt: Graph.Edge] = [:]
    var (queue, next) = ([id], 0)
    while next < queue.count {
      for edge in graph.incoming[queue[next]] ?? [] where edge.relation.isWait {
        if edge.from == id || via[edge.from] != nil { continue }
        via[edge.from] = edge
        queue.append(edge.from)
      }
      next += 1
    }
    var (chain, at) = ([Graph.Edge](), queue[queue.count - 1])
    while let edge = via[at] {
      chain.append(edge)
      at = edge.to
    }
    return Cause(node: id, waiting: via.count, chain: chain)
  }
}

/// Depth first, without recursion: a chain may have 100,000 links.
private struct Search {
  private enum Mark { case open, done }

  private let graph: Graph
  private var marks: [UInt: Mark] = [:]
  private(set) var cycles: [[Graph.Edge]] = []

  init(_ graph: Graph) { self.graph = graph }

  mutating func visit(_ first: UInt) {
    if marks[first] != nil { return }
    marks[first] = .open
    var path: [Graph.Edge] = []
    var stack = [(node: first, edges: graph.waits(of: first)[...])]
    while let top = stack.last {
      guard let edge = top.edges.first else {
        marks[top.node] = .done
        stack.removeLast()
        if !path.isEmpty { path.removeLast() }
        continue
      }
      stack[stack.count - 1].edges.removeFirst()
      switch marks[edge.to] {
      case .done: break
      case .open:
        let start = path.firstIndex { $0.from == edge.to } ?? path.count
        cycles.append(Array(path[start...]) + [edge])
      case nil:
        marks[edge.to] = .open
        path.append(edge)
        stack.append((edge.to, graph.waits(of: edge.to)[...]))
      }
    }
  }
}
