/// Why one thing is not done: the way from it to what it waits for in the end, or to a cycle.
struct Chain {
  let edges: [Graph.Edge]
  /// What was asked about first.
  let nodes: [UInt]
  /// Where among the nodes a cycle begins, to which the last edge leads again.
  let cycleStart: Int?

  /// A cycle, if it leads to one; else the longest way.
  init(from first: UInt, in graph: Graph) {
    guard let start = graph.place(first) else {
      self.init(first, [], cycleStart: nil)
      return
    }
    func edges(_ links: [Int32]) -> [Graph.Edge] { links.map { graph.edge(Int($0)) } }
    // The nodes of the way, with the edge that each has been left by.
    var path: [(node: Graph.Place, link: Int32?)] = [(start, nil)]
    var longest: [Int32] = []
    // Where on the way; -1: done.
    var places: [Graph.Place: Int] = [start: 0]
    while let top = path.last {
      guard let (link, to) = graph.wait(of: top.node, after: top.link) else {
        if path.count - 1 > longest.count { longest = path.dropLast().compactMap(\.link) }
        places[top.node] = -1
        path.removeLast()
        continue
      }
      path[path.count - 1].link = link
      switch places[to] {
      case -1: break
      case let start?:
        self.init(first, edges(path.compactMap(\.link)), cycleStart: start)
        return
      case nil:
        places[to] = path.count
        path.append((to, nil))
      }
    }
    self.init(first, edges(longest), cycleStart: nil)
  }

  private init(_ first: UInt, _ edges: [Graph.Edge], cycleStart: Int?) {
    self.edges = edges
    nodes = [first] + (cycleStart == nil ? edges : edges.dropLast()).map(\.to)
    self.cycleStart = cycleStart
  }
}
