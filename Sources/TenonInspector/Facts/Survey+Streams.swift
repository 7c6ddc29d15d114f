extension Survey {
  /// Streams and latest values by their ends, and who waits there: see Sources/Tenon/Core/Streams.
  mutating func readStreams() {
    for kind in [Table.Kind.sink, .stream, .publisher, .latest] {
      for slot in copy.table(kind).slots(memory) {
        let core = memory.word(slot.address &+ 16)
        guard core != 0, let shared = shared(of: core) else { continue }
        let isWriter = kind == .sink || kind == .publisher
        guard memory.word(isWriter ? shared : shared &+ 8) == slot.address else { continue }
        let handle = Handle(Survey.handleKind(kind), slot)
        let capacity = UInt(memory.half(slot.address &+ 36))
        let (tail, head) = (memory.word(core), memory.word(core &+ 64))
        let isEnded = memory.word(shared &+ 16) & 0xff != 0
        let isCancelled = memory.word(shared &+ 16) >> 8 & 0xff != 0
        graph.add(
          Graph.Node(
            id: handle.bits, kind: isWriter ? .sink : .stream,
            state: isCancelled ? "cancelled" : isEnded ? "ended" : "open",
            detail: "\(tail &- head) items of \(capacity) waiting"))
        readWait(
          isWriter ? shared &+ 48 : shared &+ 24, at: handle.bits, isWriter ? .writes : .reads)
        connectEnds(
          handle.bits, isWriter, isFull: tail &- head >= capacity, core)
        // Who waits at this end waits for what the other one's user does.
        let user = Handle(memory.word((control(of: core) ?? 0) &+ (isWriter ? 80 : 88)))
        if user.kind == .promise, isPending(user) {
          graph.connect(handle.bits, .usedBy, user.as(.future).bits)
        }
        // The writer settles the stream's end.
        if isWriter, isPending(endOf(core)) {
          graph.connect(endOf(core).bits, .awaits, handle.bits)
        }
      }
    }
  }

  private static func handleKind(_ kind: Table.Kind) -> Handle.Kind {
    switch kind {
    case .sink: .sink
    case .publisher: .publisher
    case .latest: .latest
    default: .stream
    }
  }

  /// What the ends share: behind the stream's end as a promise and as a future, which are one handle but for the kind.
  private func control(of core: UInt) -> UInt? {
    stride(from: core &+ 128, to: core &+ 256, by: 8).first { at in
      let promise = Handle(memory.word(at))
      return promise.kind == .promise && memory.word(at &+ 8) == promise.as(.future).bits
    }
  }

  private func shared(of core: UInt) -> UInt? {
    let shared = control(of: core).map { memory.word($0 &+ 72) }
    return shared == 0 ? nil : shared
  }

  private func endOf(_ core: UInt) -> Handle {
    Handle(control(of: core).map { memory.word($0 &+ 8) } ?? 0)
  }

  /// Who waits at an end: one of the cases of `StreamWait`, and its payload before it.
  private mutating func readWait(_ wait: UInt, at end: UInt, _ relation: Graph.Relation) {
    let payload = memory.word(wait)
    switch memory.word(wait &+ 8) & 0xff {
    case 0, 1:
      let future = Handle(payload).as(.future)
      if isPending(future) { graph.connect(future.bits, relation, end) }
    case 2:
      tasks.learn(fromTask: payload)
      addTask(payload)
      if graph.has(payload) { graph.connect(payload, relation, end) }
    default: break
    }
  }

  private mutating func connectEnds(_ end: UInt, _ isWriter: Bool, isFull: Bool, _ core: UInt) {
    graph.change(end) {
      $0.cause =
        !isWriter
        ? "is empty: nobody has sent"
        : isFull ? "is full: nobody has received" : "is open: its writer has not ended it"
    }
    if let other = ends.updateValue(end, forKey: core) { graph.connect(other, .peer, end) }
  }
}
