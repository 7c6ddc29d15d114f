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
    for place in graph.places { search.visit(place) }
    cycles = search.cycles.map { $0.map { graph.edge(Int($0)) } }
    var crowd = Crowd(graph)
    causes = graph.places.compactMap { place in
      guard !graph.waits(place), graph.hasCause(place), graph.waiting(for: place) != nil else {
        return nil
      }
      return crowd.cause(place)
    }.sorted { $0.waiting > $1.waiting }
  }
}

/// Who waits for something: breadth first, against the edges. The last that is met is the farthest.
private struct Crowd {
  private let graph: Graph
  /// For whom each was met last, and by which edge.
  private var met: [Graph.Place]
  private var via: [Int32]
  private var queue: [Graph.Place] = []

  init(_ graph: Graph) {
    self.graph = graph
    met = Array(repeating: -1, count: graph.places.count)
    via = Array(repeating: -1, count: graph.places.count)
  }

  mutating func cause(_ first: Graph.Place) -> Causes.Cause {
    queue.removeAll(keepingCapacity: true)
    queue.append(first)
    met[Int(first)] = first
    var next = 0
    while next < queue.count {
      var waiting = graph.waiting(for: queue[next])
      while let (link, from) = waiting {
        if met[Int(from)] != first {
          (met[Int(from)], via[Int(from)]) = (first, link)
          queue.append(from)
        }
        waiting = graph.waiting(for: queue[next], after: link)
      }
      next += 1
    }
    var (chain, at) = ([Graph.Edge](), queue[queue.count - 1])
    while at != first {
      let edge = graph.edge(Int(via[Int(at)]))
      chain.append(edge)
      at = graph.place(edge.to) ?? first
    }
    return Causes.Cause(node: graph.id(first), waiting: queue.count - 1, chain: chain)
  }
}

/// Depth first, without recursion: a chain may have 100,000 links.
private struct Search {
  private let graph: Graph
  /// 0: nobody was there; -1: done; else where it is on the path, + 1.
  private var marks: [Int32]
  private(set) var cycles: [[Int32]] = []

  init(_ graph: Graph) {
    self.graph = graph
    marks = Array(repeating: 0, count: graph.places.count)
  }

  mutating func visit(_ first: Graph.Place) {
    if marks[Int(first)] != 0 || !graph.waits(first) { return }
    marks[Int(first)] = 1
    // The nodes of the path, with the edge that each has been left by.
    var path: [(node: Graph.Place, link: Int32?)] = [(first, nil)]
    while let top = path.last {
      guard let (link, to) = graph.wait(of: top.node, after: top.link) else {
        marks[Int(top.node)] = -1
        path.removeLast()
        continue
      }
      path[path.count - 1].link = link
      switch marks[Int(to)] {
      case -1: break
      case 0:
        path.append((to, nil))
        marks[Int(to)] = Int32(path.count)
      case let start:
        cycles.append(path[(Int(start) - 1)...].compactMap(\.link))
      }
    }
  }
}
