import Synchronization

/// What there was in this process, and what of it waited for what. From C it is a `tenon_snapshot_t`.
///
/// Taken from what each copy of Tenon keeps anyway, as from outside: no lock is held and nobody is stopped. Nothing in it
/// changes.
public final class Snapshot: Sendable {
  /// Why there is none.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public let description: String
    /// In a fork's child there is nothing to look at.
    public var isForked: Bool { kind == .forked }
    let kind: TenonInspect.Failure.Kind

    init(_ failure: TenonInspect.Failure) { (description, kind) = (failure.text, failure.kind) }
  }

  /// All that is under one lock: names of functions are looked for when somebody wants them.
  struct State {
    let target: Target
    let copies: [(copy: Copy, words: Words)]
    /// Which copy's graph a node is in. Of what may be millions, like the edges: made when somebody asks.
    lazy var nodes = copies.enumerated().flatMap { copy, it in
      it.words.graph.order.map { (copy: copy, id: $0) }
    }
    lazy var edges = copies.flatMap(\.words.graph.edges)
    fileprivate var hasLists = false
    var nodesInC: [UInt: NodeInC] = [:]
    var explanationsInC: [UInt: ExplanationInC] = [:]
    var formatsInC: [Int32: CText] = [:]
  }

  let state: Mutex<State>

  /// Looks at what there is: from any thread, also while a loop is stuck.
  public static func take() throws -> Snapshot { try Snapshot() }

  private init() throws {
    // SAFETY: what is made here is nobody else's, and goes behind the lock.
    nonisolated(unsafe) let state: State
    do throws(TenonInspect.Failure) {
      state = try Target.withOwn(State.init)
    } catch {
      throw Failure(error)
    }
    self.state = Mutex(state)
  }
}

extension Snapshot.State {
  fileprivate init(_ target: Target) throws(Failure) {
    self.target = target
    let found = try target.copies()
    let things = found.flatMap(\.tables.values).reduce(0) { $0 + Int($1.used) }
    copies = try Room.require(things * Room.ofThing) {
      found.map { ($0, Words(Survey.graph(of: target, $0), of: target)) }
    }
  }

  /// Makes something of it while there is memory for that; nil: there is not enough.
  mutating func make<Result>(
    _ bytes: Int = Room.least, _ body: (inout Snapshot.State) -> Result
  ) -> Result? {
    target.memory.isShort = false
    let result = Room.with(bytes) { () throws(Never) in body(&self) }
    return target.memory.isShort ? nil : result
  }

  /// How much memory a thing made of all takes.
  var roomForAll: Int { Room.least + count * Room.ofThing }

  /// Whether `nodes` and `edges` are there.
  mutating func makeLists() -> Bool {
    if !hasLists { hasLists = make(roomForAll) { ($0.nodes.count, $0.edges.count) } != nil }
    return hasLists
  }

  /// How much there is to write of.
  var count: Int { copies.reduce(0) { $0 + $1.words.graph.order.count } }

  /// The words about the copy that has a node.
  func words(about id: UInt) -> Words? {
    copies.first { $0.words.graph.has(id) }?.words
  }

  func text(_ format: Snapshot.Format) -> String {
    switch format {
    case .tree:
      copies.map {
        var tree = Tree($0.words)
        tree.print()
        return tree.text
      }.joined()
    case .why:
      copies.map { Why(words: $0.words, causes: Causes($0.words.graph)).text() }.joined()
    case .json:
      Json.document("why", target, copies.map { ($0.copy, $0.words.graph) })
    }
  }
}

extension Snapshot {
  /// All of it as one text.
  public enum Format: Int32, Sendable {
    /// As `tenon ps` prints it.
    case tree = 1
    /// As `tenon why` prints it: deadlocks first.
    case why
    /// As `tenon why --json` prints it.
    case json
  }

  /// Something that there was. docs/inspect-schema.md has the words.
  public struct Node: Sendable, Identifiable {
    /// A handle's bits, or an address: the same while the thing lives.
    public let id: UInt
    public let kind: String
    public let title: String
    public let name: String?
    public let state: String
    public let detail: String?
    /// Why it waits, where that is the end of the matter.
    public let cause: String?
    /// What it is in, or goes on with.
    public let function: String?
    /// Where in the source it was named.
    public let source: String?
    /// How long it has been there at least, in nanoseconds; nil: not known.
    public let age: UInt64?
    /// Of a future: a Swift call makes it.
    public let isCall: Bool
    /// Code addresses, innermost first.
    public let frames: [UInt]
  }

  /// What one has to do with another.
  public struct Edge: Sendable, Hashable {
    public let from: UInt
    public let to: UInt
    public let relation: String
    /// The one is not done before the other is, or does something.
    public let isWait: Bool
  }

  /// Why something is not done.
  public struct Explanation: Sendable {
    /// What was asked about, what that waits for, and so on to the cause.
    public let chain: [UInt]
    /// Where in the chain the deadlock begins to which the last one leads again; nil: there is none.
    public let cycleStart: Int?
    /// The same for people.
    public let text: String
    public var isDeadlock: Bool { cycleStart != nil }
  }

  public var nodes: [Node] {
    state.withLock { state in
      state.nodes.compactMap { place in
        state.copies[place.copy].words.graph[place.id].map {
          Node($0, state.copies[place.copy].words)
        }
      }
    }
  }

  public var edges: [Edge] { state.withLock { $0.edges.map { Edge($0) } } }

  public func text(_ format: Format) -> String { state.withLock { $0.text(format) } }

  /// Why what a handle names is not done, such as `Future.pointer`; nil: it was done.
  public func explain(_ handle: OpaquePointer?) -> Explanation? {
    explain(UInt(bitPattern: handle))
  }

  /// The same by a node's id.
  public func explain(_ id: UInt) -> Explanation? {
    state.withLock { state in
      let id = Handle.nodeID(id)
      guard let words = state.words(about: id) else { return nil }
      return Explanation(Chain(from: id, in: words.graph), words)
    }
  }
}

extension Snapshot.Node {
  init(_ node: Graph.Node, _ words: Words) {
    id = node.id
    kind = node.kind.rawValue
    title = words.title(node.id)
    name = node.name
    state = node.state
    detail = node.detail
    cause = node.cause
    function = words.frame(node)
    source = node.source
    age = words.age(node)
    isCall = node.isCall
    frames = node.frames
  }
}

extension Snapshot.Edge {
  init(_ edge: Graph.Edge) {
    (from, to, relation) = (edge.from, edge.to, edge.relation.rawValue)
    isWait = edge.relation.isWait
  }
}

extension Snapshot.Explanation {
  init(_ chain: Chain, _ words: Words) {
    self.chain = chain.nodes
    cycleStart = chain.cycleStart
    text = chain.text(words)
  }
}
