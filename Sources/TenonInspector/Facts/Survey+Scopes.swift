extension Survey {
  /// Scopes with their members: see Sources/Tenon/Core/Scopes.
  mutating func readScopes() {
    for slot in copy.table(.scope).slots(memory) {
      let content = memory.word(slot.address &+ 24)
      guard slot.word >> 32 & 1 == 1, content != 0,
        memory.word(content &+ 8) == slot.word & Handle.lifeMask
      else { continue }
      let scope = Handle(.scope, slot)
      let flags = memory.word(content &+ 16)
      let phase = ["open", "closing", "ended"][Int(min(flags & 0xff, 2))]
      var node = Graph.Node(
        id: scope.bits, kind: .scope, state: flags >> 16 & 1 != 0 ? "cancelling" : phase)
      if memory.word(content &+ 120) != 0 {
        node.name = memory.swiftText(memory.word(content &+ 112), memory.word(content &+ 120))
      }
      graph.add(node)
      runsOn(scope.bits, memory.half(content &+ 104))
      // The scope's end is a future of its own, which waits as the scope does.
      let end = Handle(memory.word(content &+ 72))
      if isPending(end) { graph.connect(end.bits, .awaits, scope.bits) }
      for first in [memory.word(content &+ 32), memory.word(content &+ 48)] {
        var (member, count) = (first, 0)
        while member != 0, count < 1 << 20,
          memory.word(member) & Handle.lifeMask == scope.bits & Handle.lifeMask
        {
          let future = Handle(memory.word(member &+ 8))
          if isPending(future) { graph.connect(scope.bits, .member, future.as(.future).bits) }
          member = memory.word(member &+ 24)
          count += 1
        }
      }
      if graph.targets(scope.bits, .member).isEmpty {
        graph.change(scope.bits) {
          $0.cause = phase == "open" ? "is open, and nobody has closed it" : "has no members"
        }
      }
    }
  }
}
