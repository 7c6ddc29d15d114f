/// What there is in the target, and what of it waits for what.
struct Graph {
  enum Kind: String { case executor, scope, future, task, stream, sink, callback, timer, thread }

  enum Relation: String, CaseIterable {
    /// Waits until it has settled, or ended.
    case awaits
    /// A future is what a task computes.
    case madeBy = "made-by"
    /// A future is made of others.
    case combines, maps
    case member
    case child
    /// Waits for an item, or for room: for what the other end does.
    case reads, writes
    case runsOn = "runs-on"
    /// An end of a stream on which another one waits: the call that used it last.
    case usedBy = "used-by"
    /// The two ends of a stream.
    case peer

    /// Whether the first is not done before the second is.
    var isWait: Bool { self != .runsOn && self != .child && self != .peer }
  }

  struct Node {
    /// A handle's bits, or an address: the same as long as it lives.
    let id: UInt
    let kind: Kind
    var name: String?
    var state: String
    /// Where it goes on, or is, innermost first.
    var frames: [UInt] = []
    /// What else is known, for people.
    var detail: String?
    /// There is no more to be found out about why it waits.
    var cause: String?
    /// Of a future: a Swift call makes it.
    var isCall = false
    /// Where in the source it was named.
    var source: String?
    /// Since when it has been there at least, in nanoseconds of the monotonic clock.
    var since: UInt64?
  }

  struct Edge: Hashable {
    let from: UInt
    let to: UInt
    let relation: Relation
  }

  /// What else is known of executors.
  var executors: [UInt: ExecutorFacts] = [:]

  /// In the order in which they were found.
  private(set) var all: [Node] = []
  private var places: [UInt: Int] = [:]
  private(set) var edges: [Edge] = []
  private var known: Set<Edge> = []
  private(set) var outgoing: [UInt: [Edge]] = [:]
  private(set) var incoming: [UInt: [Edge]] = [:]

  var order: [UInt] { all.map(\.id) }
  subscript(id: UInt) -> Node? { places[id].map { all[$0] } }
  func has(_ id: UInt) -> Bool { places[id] != nil }

  mutating func add(_ node: Node) {
    if let place = places[node.id] {
      all[place] = node
    } else {
      places[node.id] = all.count
      all.append(node)
    }
  }

  mutating func change(_ id: UInt, _ body: (inout Node) -> Void) {
    if let place = places[id] { body(&all[place]) }
  }

  /// Changes all of a kind, of which there may be many.
  mutating func changeAll(_ kind: Kind, _ body: (inout Node, _ waits: Bool) -> Void) {
    for place in all.indices where all[place].kind == kind {
      let edges = outgoing[all[place].id] ?? []
      body(&all[place], edges.contains { $0.relation.isWait })
    }
  }

  mutating func connect(_ from: UInt, _ relation: Relation, _ to: UInt) {
    let edge = Edge(from: from, to: to, relation: relation)
    guard known.insert(edge).inserted else { return }
    edges.append(edge)
    outgoing[from, default: []].append(edge)
    incoming[to, default: []].append(edge)
  }

  func targets(_ from: UInt, _ relation: Relation) -> [UInt] {
    (outgoing[from] ?? []).filter { $0.relation == relation }.map(\.to)
  }

  func sources(_ to: UInt, _ relation: Relation) -> [UInt] {
    (incoming[to] ?? []).filter { $0.relation == relation }.map(\.from)
  }

  /// What a node is not done before.
  func waits(of node: UInt) -> [Edge] { (outgoing[node] ?? []).filter(\.relation.isWait) }

  func all(_ kind: Kind) -> [Node] { all.filter { $0.kind == kind } }
}
