/// Coroutines of C++. Nobody registers them: a callback's context is what a coroutine waits with, and leads to its frame, which
/// begins with the functions that resume and destroy it. See include/tenon/coroutine.hpp, task.hpp and link.hpp, which have the
/// members in this order.
extension Survey {
  /// What waits for a future with a co_await: it has the handle of its own registration.
  private enum Awaiter {
    static let registration: UInt = 8
    static let chain: UInt = 16
    static let coroutine: UInt = 24
    static let place: UInt = 40
  }

  /// What the tasks of a chain share.
  private enum Chain {
    static let next: UInt = 0
    static let cancels: UInt = 8
    static let result: UInt = 16
    /// Of a task that some other coroutine awaits.
    static let work: UInt = 40
    static let awaiting: UInt = 48
  }

  /// The promise of a task.
  private enum Promise {
    static let awaiting: UInt = 8
    static let place: UInt = 16
  }

  /// What follows a future, and passes a cancel on.
  private enum Link {
    static let end: UInt = 0
    static let target: UInt = 16
    static let cancelled: UInt = 24
    static let source: UInt = 32
    static let result: UInt = 40
    /// Of a task that was started: its chain, and behind that its frame.
    static let chain: UInt = 48
    static let work: UInt = 88
  }

  /// Whether a callback for a future, armed or about to be told, is a coroutine that goes on then.
  mutating func readCoroutine(
    _ registration: Table.Slot, _ context: UInt, _ future: Handle, isQueued: Bool
  ) -> Bool {
    let own = Handle(.registration, registration).bits
    let frame = memory.word(context &+ Awaiter.coroutine)
    guard context & 7 == 0, memory.word(context &+ Awaiter.registration) == own, isFrame(frame)
    else { return false }
    add(coroutine: frame, memory.word(context &+ Awaiter.place))
    if isQueued {
      graph.change(frame) {
        $0.state = "queued"
        $0.cause = "is ready, and waits for its executor"
      }
    } else {
      graph.connect(frame, .awaits, future.bits)
    }
    runsOn(frame, memory.half(registration.address &+ 12))
    addChain(from: frame, memory.word(context &+ Awaiter.chain))
    return true
  }

  /// The tasks that await each other, from the innermost on, and whoever awaits the outermost.
  private mutating func addChain(from first: UInt, _ chain: UInt) {
    var (inner, count) = (first, 0)
    while count < 1 << 20, let promise = promise(of: inner, chain) {
      let outer = memory.word(promise &+ Promise.awaiting)
      guard isFrame(outer), self.promise(of: outer, chain) != nil else { break }
      if !graph.has(outer) { add(coroutine: outer, memory.word(promise &+ Promise.place)) }
      graph.connect(outer, .awaits, inner)
      (inner, count) = (outer, count + 1)
    }
    guard promise(of: inner, chain) != nil else { return }
    let result = Handle(memory.word(chain &+ Chain.result))
    let stranger = memory.word(chain &+ Chain.awaiting)
    if result.kind == .promise {
      if isPending(result) { graph.connect(result.as(.future).bits, .madeBy, inner) }
    } else if memory.word(chain &+ Chain.work) == inner, isFrame(stranger) {
      if !graph.has(stranger) { add(coroutine: stranger, 0) }
      graph.connect(stranger, .awaits, inner)
    }
  }

  /// A task that was started has a cancel of its future told to it. What it waits for may be nothing of Tenon's: then it is
  /// found from here on.
  mutating func readStarted(_ context: UInt, _ promise: Handle) {
    let chain = context &+ Link.chain
    guard context & 7 == 0, memory.word(context &+ Link.cancelled) == promise.bits,
      memory.word(chain &+ Chain.cancels) == context,
      memory.word(chain &+ Chain.result) == promise.bits,
      case let root = memory.word(context &+ Link.work), isFrame(root)
    else { return }
    if memory.word(chain &+ Chain.next) == 0 {
      add(coroutine: root, 0)
      graph.change(root) {
        $0.state = "queued"
        $0.cause = "has not begun: its executor has not come to it"
      }
      graph.connect(promise.as(.future).bits, .madeBy, root)
      return
    }
    rootsOfCoroutines.append((root, chain))
  }

  /// Those of which nothing that they wait for has told, once all else has been read.
  mutating func readRoots() {
    for (root, chain) in rootsOfCoroutines where !graph.has(root) {
      var (outer, count) = (root, 0)
      add(coroutine: root, 0)
      while count < 1 << 16, let inner = awaited(by: outer, chain), !graph.has(inner),
        let promise = promise(of: inner, chain)
      {
        let place = source(at: memory.word(promise &+ Promise.place))
        graph.change(outer) { $0.source = place }
        add(coroutine: inner, 0)
        (outer, count) = (inner, count + 1)
      }
      addChain(from: outer, chain)
      graph.change(outer) {
        $0.state = "started"
        $0.cause = "runs, or awaits what is not Tenon's"
      }
    }
  }

  /// What a task's frame has of one that it awaits: that one knows who does.
  private func awaited(by outer: UInt, _ chain: UInt) -> UInt? {
    // How large it is, as the C library's heap says.
    let size = memory.word(outer &- 8) & ~7
    let end = outer &+ (64...1 << 16 ~= size ? size : 4096)
    return stride(from: outer &+ 16, to: end, by: 8).lazy.map { memory.word($0) }.first { inner in
      guard inner != outer, isFrame(inner), let promise = promise(of: inner, chain) else {
        return false
      }
      return memory.word(promise &+ Promise.awaiting) == outer
    }
  }

  /// Whether a callback of C++'s has a future follow another one: what then() gives, and a future inside of a future.
  mutating func readLink(_ function: UInt, _ context: UInt, _ future: Handle) -> Bool {
    guard context & 7 == 0, memory.word(context &+ Link.target) == future.bits,
      target.images.image(at: memory.word(context &+ Link.end)) != nil
    else { return false }
    let follows = memory.word(context &+ Link.source) == future.bits
    let result = Handle(memory.word(context &+ (follows ? Link.result : Link.cancelled)))
    guard result.kind == .promise, isPending(result) else { return false }
    graph.connect(result.as(.future).bits, .maps, future.bits)
    if !follows { graph.change(result.as(.future).bits) { $0.frames = [function] } }
    return true
  }

  // MARK: What one is

  private func isFrame(_ address: UInt) -> Bool {
    address & 7 == 0 && address > 4096 && target.images.image(at: address) == nil
      && target.images.image(at: memory.word(address)) != nil
      && target.images.image(at: memory.word(address &+ 8)) != nil
  }

  /// Where the promise of a task of this chain is: behind the functions, and further if what it returns is aligned so.
  private func promise(of frame: UInt, _ chain: UInt) -> UInt? {
    chain == 0 ? nil : [16, 32, 64].lazy.map { frame &+ $0 }.first { memory.word($0) == chain }
  }

  private mutating func add(coroutine frame: UInt, _ place: UInt) {
    let resume = memory.word(frame)
    var node = Graph.Node(id: frame, kind: .coroutine, state: "suspended", frames: [resume])
    node.name =
      target.images.symbol(at: resume).map(nameOfCoroutine)
      ?? memory.text(memory.word(place &+ 8)).map(withoutParameters)
    node.source = source(at: place)
    graph.add(node)
  }

  /// What the compiler writes for a std::source_location: file, function, line and column.
  private func source(at place: UInt) -> String? {
    guard place & 7 == 0, target.images.image(at: place) != nil,
      let file = memory.text(memory.word(place)), !file.isEmpty
    else { return nil }
    return "\(file):\(memory.half(place &+ 16))"
  }
}
