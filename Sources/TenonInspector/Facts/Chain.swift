/// Why one thing is not done: the way from it to what it waits for in the end, or to a cycle.
struct Chain {
  let edges: [Graph.Edge]
  /// What was asked about first.
  let nodes: [UInt]
  /// Where among the nodes a cycle begins, to which the last edge leads again.
  let cycleStart: Int?

  /// A cycle, if it leads to one; else the longest way.
  init(from first: UInt, in graph: Graph) {
    var path: [Graph.Edge] = []
    var longest: [Graph.Edge] = []
    var places = [first: 0]
    var done: Set<UInt> = []
    var stack = [graph.waits(of: first)[...]]
    while let edge = stack.last?.first {
      stack[stack.count - 1].removeFirst()
      if let start = places[edge.to] {
        self.init(first, path + [edge], cycleStart: start)
        return
      }
      if !done.contains(edge.to) {
        path.append(edge)
        places[edge.to] = path.count
        stack.append(graph.waits(of: edge.to)[...])
      }
      // Whatever has no more to say is left, from the innermost on.
      while stack.count > 1, stack[stack.count - 1].isEmpty {
        if path.count > longest.count { longest = path }
        let left = path.removeLast().to
        places[left] = nil
        done.insert(left)
        stack.removeLast()
      }
    }
    self.init(first, longest, cycleStart: nil)
  }

  private init(_ first: UInt, _ edges: [Graph.Edge], cycleStart: Int?) {
    self.edges = edges
    nodes = [first] + (cycleStart == nil ? edges : edges.dropLast()).map(\.to)
    self.cycleStart = cycleStart
  }
}
