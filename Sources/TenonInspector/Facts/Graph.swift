/// What there is in the target, and what of it waits for what.
///
/// There may be millions, most of them futures of which there is little to say. So a node is a number and a form, and those
/// futures become a ``Node`` only when somebody asks; an edge is in the lists of its two ends.
struct Graph {
  enum Kind: String {
    case executor, scope, future, promise, task, coroutine, stream, sink, callback, timer, thread
  }

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

  /// What is known of a future that is only pending.
  struct PlainFuture: OptionSet {
    let rawValue: Int32
    static let isCancelling = PlainFuture(rawValue: 1)
    static let isCall = PlainFuture(rawValue: 2)
    static let hasNoReader = PlainFuture(rawValue: 4)
  }

  /// Where a node is in the arrays, from 0 on in the order in which they were found.
  typealias Place = Int32

  private struct Link {
    let from: Place
    let to: Place
    let relation: Relation
    var nextOut: Int32 = -1
    var nextIn: Int32 = -1
  }

  private struct Ends {
    var firstOut: Int32 = -1
    var lastOut: Int32 = -1
    var firstIn: Int32 = -1
    var lastIn: Int32 = -1
  }

  /// What else is known of executors.
  var executors: [UInt: ExecutorFacts] = [:]

  private var ids: [UInt] = []
  /// Which of `nodes` it is; or less than 0: a plain future, or something that was mentioned, and is not there.
  private var forms: [Int32] = []
  private var nodes: [Node] = []
  /// Place + 1 by the number of a future's slot; of all others by their ids.
  private var futures: [Place] = []
  private var others: [UInt: Place] = [:]
  /// Among those are futures: of slots that were not there yet, or that have had two lives meanwhile.
  private var hasStrays = false
  private var links: [Link] = []
  private var ends: [Ends] = []
  private var absent = 0

  private static let isAbsent = Int32.min

  // MARK: Nodes

  /// How many there are, or were mentioned.
  var places: Range<Place> { 0..<Place(ids.count) }

  func id(_ place: Place) -> UInt { ids[Int(place)] }
  func isThere(_ place: Place) -> Bool { forms[Int(place)] != Graph.isAbsent }

  func place(_ id: UInt) -> Place? {
    guard Handle(id).kind == .future else { return others[id] }
    let index = Int(Handle(id).index)
    guard index < futures.count, case let place = futures[index] - 1, place >= 0 else {
      return hasStrays ? others[id] : nil
    }
    return ids[Int(place)] == id ? place : others[id]
  }

  private mutating func enter(_ id: UInt, _ form: Int32) -> Place {
    let place = Place(ids.count)
    ids.append(id)
    forms.append(form)
    let index = Int(Handle(id).index)
    if Handle(id).kind == .future, index < futures.count, futures[index] == 0 {
      futures[index] = place + 1
    } else {
      others[id] = place
      if Handle(id).kind == .future { hasStrays = true }
    }
    return place
  }

  /// Futures' slots have numbers below that.
  mutating func expectFutures(_ count: UInt) {
    ids.reserveCapacity(ids.count + Int(count))
    forms.reserveCapacity(forms.count + Int(count))
    futures += Array(repeating: 0, count: max(0, Int(count) - futures.count))
  }

  /// Adds one that nobody has added; says where.
  mutating func add(_ future: Handle, _ form: PlainFuture) -> Place {
    let index = Int(future.index)
    if !hasStrays, index < futures.count, futures[index] == 0 {
      ids.append(future.bits)
      forms.append(-1 - form.rawValue)
      futures[index] = Place(ids.count)
      return Place(ids.count) - 1
    }
    if let place = place(future.bits) {
      if !isThere(place) {
        absent -= 1
        forms[Int(place)] = -1 - form.rawValue
      }
      return place
    }
    return enter(future.bits, -1 - form.rawValue)
  }

  mutating func add(_ node: Node) {
    let place = place(node.id)
    if let place, forms[Int(place)] >= 0 {
      nodes[Int(forms[Int(place)])] = node
      return
    }
    let form = Int32(nodes.count)
    nodes.append(node)
    guard let place else {
      _ = enter(node.id, form)
      return
    }
    if !isThere(place) { absent -= 1 }
    forms[Int(place)] = form
  }

  func node(_ place: Place) -> Node? {
    let form = forms[Int(place)]
    if form >= 0 { return nodes[Int(form)] }
    if form == Graph.isAbsent { return nil }
    let future = PlainFuture(rawValue: -1 - form)
    return Node(
      id: ids[Int(place)], kind: .future,
      state: future.contains(.isCancelling) ? "cancelling" : "pending",
      detail: future.contains(.hasNoReader) ? "nobody reads it" : nil,
      cause: waits(place) ? nil : Graph.cause(isCall: future.contains(.isCall)),
      isCall: future.contains(.isCall))
  }

  /// Why a future waits of which nothing else is known.
  static func cause(isCall: Bool) -> String {
    isCall
      ? "has not begun: its executor has not come to it"
      : "is pending: nobody has settled its promise"
  }

  /// Whether there is no more to be found out about why it waits.
  func hasCause(_ place: Place) -> Bool {
    let form = forms[Int(place)]
    return form >= 0 ? nodes[Int(form)].cause != nil : form != Graph.isAbsent && !waits(place)
  }

  subscript(id: UInt) -> Node? { place(id).flatMap { node($0) } }
  func has(_ id: UInt) -> Bool { place(id).map { isThere($0) } ?? false }

  mutating func change(_ id: UInt, _ body: (inout Node) -> Void) {
    guard let place = place(id), var node = node(place) else { return }
    if forms[Int(place)] < 0 {
      node.cause = nil
      forms[Int(place)] = Int32(nodes.count)
      nodes.append(node)
    }
    body(&nodes[Int(forms[Int(place)])])
  }

  /// Changes all of a kind of which more is known than that they are pending.
  mutating func changeAll(_ kind: Kind, _ body: (inout Node, _ waits: Bool) -> Void) {
    for index in nodes.indices where nodes[index].kind == kind {
      body(&nodes[index], place(nodes[index].id).map { waits($0) } ?? false)
    }
  }

  /// In the order in which they were found.
  var order: [UInt] {
    absent == 0 ? ids : places.lazy.filter { isThere($0) }.map { id($0) }
  }

  var all: [Node] { places.compactMap { node($0) } }

  func all(_ kind: Kind) -> [Node] {
    if kind != .future { return nodes.filter { $0.kind == kind } }
    return places.compactMap { place in
      let form = forms[Int(place)]
      return form < 0 || nodes[Int(form)].kind == kind ? node(place) : nil
    }
  }

  /// The ids of all of a kind.
  func ids(_ kind: Kind) -> [UInt] {
    if kind != .future { return nodes.lazy.filter { $0.kind == kind }.map(\.id) }
    return places.lazy.filter { place in
      let form = forms[Int(place)]
      return form >= 0 ? nodes[Int(form)].kind == kind : form != Graph.isAbsent
    }.map { id($0) }
  }

  // MARK: Edges

  mutating func connect(_ from: UInt, _ relation: Relation, _ to: UInt) {
    connect(mention(from), relation, mention(to))
  }

  private mutating func mention(_ id: UInt) -> Place {
    if let place = place(id) { return place }
    absent += 1
    return enter(id, Graph.isAbsent)
  }

  mutating func connect(_ from: Place, _ relation: Relation, _ to: Place) {
    let last = Int(max(from, to))
    if ends.count <= last {
      let more = max(last + 1, min(ends.count * 2, ids.count)) - ends.count
      ends += Array(repeating: Ends(), count: more)
    }
    if isConnected(from, relation, to) { return }
    let link = Int32(links.count)
    links.append(Link(from: from, to: to, relation: relation))
    let (lastOut, lastIn) = (ends[Int(from)].lastOut, ends[Int(to)].lastIn)
    if lastOut < 0 { ends[Int(from)].firstOut = link } else { links[Int(lastOut)].nextOut = link }
    if lastIn < 0 { ends[Int(to)].firstIn = link } else { links[Int(lastIn)].nextIn = link }
    ends[Int(from)].lastOut = link
    ends[Int(to)].lastIn = link
  }

  /// Looks through both lists at once, of which one may be long.
  private func isConnected(_ from: Place, _ relation: Relation, _ to: Place) -> Bool {
    var (out, into) = (ends[Int(from)].firstOut, ends[Int(to)].firstIn)
    while out >= 0, into >= 0 {
      let (one, other) = (links[Int(out)], links[Int(into)])
      if one.to == to && one.relation == relation { return true }
      if other.from == from && other.relation == relation { return true }
      (out, into) = (one.nextOut, other.nextIn)
    }
    return false
  }

  var edges: [Edge] { links.map { edge($0) } }
  var edgeCount: Int { links.count }
  func edge(_ index: Int) -> Edge { edge(links[index]) }

  private func edge(_ link: Link) -> Edge {
    Edge(from: id(link.from), to: id(link.to), relation: link.relation)
  }

  /// The first thing that a node is not done before, or the next one after that; nil: there is none.
  func wait(of place: Place, after link: Int32? = nil) -> (link: Int32, to: Place)? {
    var next = -1 as Int32
    if let link {
      next = links[Int(link)].nextOut
    } else if Int(place) < ends.count {
      next = ends[Int(place)].firstOut
    }
    while next >= 0 {
      if links[Int(next)].relation.isWait { return (next, links[Int(next)].to) }
      next = links[Int(next)].nextOut
    }
    return nil
  }

  func waits(_ place: Place) -> Bool { wait(of: place) != nil }

  /// The first that is not done before a node is, or the next one after that.
  func waiting(for place: Place, after link: Int32? = nil) -> (link: Int32, from: Place)? {
    var next = -1 as Int32
    if let link {
      next = links[Int(link)].nextIn
    } else if Int(place) < ends.count {
      next = ends[Int(place)].firstIn
    }
    while next >= 0 {
      if links[Int(next)].relation.isWait { return (next, links[Int(next)].from) }
      next = links[Int(next)].nextIn
    }
    return nil
  }

  func outgoing(_ id: UInt) -> [Edge] {
    guard let place = place(id), Int(place) < ends.count else { return [] }
    var (all, next) = ([Edge](), ends[Int(place)].firstOut)
    while next >= 0 {
      all.append(edge(Int(next)))
      next = links[Int(next)].nextOut
    }
    return all
  }

  func incoming(_ id: UInt) -> [Edge] {
    guard let place = place(id), Int(place) < ends.count else { return [] }
    var (all, next) = ([Edge](), ends[Int(place)].firstIn)
    while next >= 0 {
      all.append(edge(Int(next)))
      next = links[Int(next)].nextIn
    }
    return all
  }

  func targets(_ from: UInt, _ relation: Relation) -> [UInt] {
    outgoing(from).filter { $0.relation == relation }.map(\.to)
  }

  func sources(_ to: UInt, _ relation: Relation) -> [UInt] {
    incoming(to).filter { $0.relation == relation }.map(\.from)
  }

  /// What a node is not done before.
  func waits(of node: UInt) -> [Edge] { outgoing(node).filter(\.relation.isWait) }
}
