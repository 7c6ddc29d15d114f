// Implements <tenon/inspect.h>.
public import CTenonInspect

@c @implementation
public func tenon_snapshot_take(
  _ config: UnsafePointer<tenon_snapshot_config_t>?,
  _ snapshot_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let snapshot_out else { return TENON_STATUS_INVALID }
  if let config {
    guard config.pointee.struct_size == MemoryLayout<tenon_snapshot_config_t>.size,
      config.pointee.flags == 0, config.pointee.reserved == 0
    else { return TENON_STATUS_INVALID }
  }
  return Snapshot.status {
    snapshot_out.pointee = OpaquePointer(bitPattern: snapshots.add(try Snapshot.take()))
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_snapshot_release(_ snapshot: OpaquePointer?) -> tenon_status_t {
  switch snapshots.remove(UInt(bitPattern: snapshot)) {
  case .object: TENON_STATUS_OK
  case .stale: TENON_STATUS_STALE
  case .invalid: TENON_STATUS_INVALID
  }
}

@c @implementation
public func tenon_snapshot_get_node(
  _ snapshot: OpaquePointer?, _ index: Int, _ node_out: UnsafeMutablePointer<tenon_snapshot_node_t>?
) -> tenon_status_t {
  fill(snapshot, node_out, \.struct_size) { state in
    guard state.makeLists() else { return .failure(TENON_STATUS_NO_RESOURCES) }
    guard state.nodes.indices.contains(index) else { return .failure(TENON_STATUS_ENDED) }
    return state.nodeInC(state.nodes[index].id)
  }
}

@c @implementation
public func tenon_snapshot_find_node(
  _ snapshot: OpaquePointer?, _ handle: UnsafeRawPointer?,
  _ node_out: UnsafeMutablePointer<tenon_snapshot_node_t>?
) -> tenon_status_t {
  fill(snapshot, about: handle, node_out, \.struct_size) { $0.nodeInC($1) }
}

@c @implementation
public func tenon_snapshot_get_edge(
  _ snapshot: OpaquePointer?, _ index: Int, _ edge_out: UnsafeMutablePointer<tenon_snapshot_edge_t>?
) -> tenon_status_t {
  fill(snapshot, edge_out, \.struct_size) { state in
    guard state.makeLists() else { return .failure(TENON_STATUS_NO_RESOURCES) }
    guard state.edges.indices.contains(index) else { return .failure(TENON_STATUS_ENDED) }
    let edge = state.edges[index]
    return .success(
      tenon_snapshot_edge_t(
        struct_size: 0, from: UInt64(edge.from), to: UInt64(edge.to),
        relation: edge.relation.inC, is_wait: edge.relation.isWait))
  }
}

@c @implementation
public func tenon_snapshot_explain(
  _ snapshot: OpaquePointer?, _ handle: UnsafeRawPointer?,
  _ explanation_out: UnsafeMutablePointer<tenon_explanation_t>?
) -> tenon_status_t {
  fill(snapshot, about: handle, explanation_out, \.struct_size) { $0.explanationInC($1) }
}

@c @implementation
public func tenon_snapshot_get_text(
  _ snapshot: OpaquePointer?, _ format: tenon_snapshot_format,
  _ text_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> tenon_status_t {
  guard let text_out, let format = Snapshot.Format(rawValue: format.rawValue) else {
    return TENON_STATUS_INVALID
  }
  return withState(snapshot) { state in
    guard
      let text = state.formatsInC[format.rawValue]
        ?? state.make(
          state.roomForAll,
          { state in
            let text = CText(state.text(format))
            if !state.target.memory.isShort { state.formatsInC[format.rawValue] = text }
            return text
          })
    else { return TENON_STATUS_NO_RESOURCES }
    text_out.pointee = text.pointer
    size_out?.pointee = text.count
    return TENON_STATUS_OK
  }
}

// MARK: What they have in common

extension Snapshot {
  /// Does it, with memory for what is little; else says why there is nothing to look at.
  static func status(_ body: () throws -> tenon_status_t) -> tenon_status_t {
    do {
      return try Room.with(Room.little, body) ?? TENON_STATUS_NO_RESOURCES
    } catch {
      return switch (error as? Failure)?.kind {
      case .forked: TENON_STATUS_FORKED
      case .noResources: TENON_STATUS_NO_RESOURCES
      case .unsupported, nil: TENON_STATUS_UNSUPPORTED
      }
    }
  }
}

private enum Answer<Struct> {
  case success(Struct)
  case failure(tenon_status_t)
}

private func withState(
  _ snapshot: OpaquePointer?, _ body: (inout Snapshot.State) -> tenon_status_t
) -> tenon_status_t {
  switch snapshots.find(UInt(bitPattern: snapshot)) {
  case .object(let snapshot): snapshot.state.withLock { body(&$0) }
  case .stale: TENON_STATUS_STALE
  case .invalid: TENON_STATUS_INVALID
  }
}

/// Writes a struct whose size its caller has set, and which may be a newer header's.
private func fill<Struct>(
  _ snapshot: OpaquePointer?, _ out: UnsafeMutablePointer<Struct>?,
  _ size: WritableKeyPath<Struct, Int>,
  _ body: (inout Snapshot.State) -> Answer<Struct>
) -> tenon_status_t {
  guard let out, (MemoryLayout<Struct>.size...4096).contains(out.pointee[keyPath: size]) else {
    return TENON_STATUS_INVALID
  }
  return withState(snapshot) { state in
    switch body(&state) {
    case .failure(let status): return status
    case .success(var value):
      value[keyPath: size] = out.pointee[keyPath: size]
      out.pointee = value
      return TENON_STATUS_OK
    }
  }
}

/// The same about what a handle names.
private func fill<Struct>(
  _ snapshot: OpaquePointer?, about handle: UnsafeRawPointer?, _ out: UnsafeMutablePointer<Struct>?,
  _ size: WritableKeyPath<Struct, Int>,
  _ body: (inout Snapshot.State, _ id: UInt) -> Answer<Struct>
) -> tenon_status_t {
  guard let handle else { return TENON_STATUS_INVALID }
  return fill(snapshot, out, size) { body(&$0, Handle.nodeID(UInt(bitPattern: handle))) }
}

extension Snapshot.State {
  fileprivate mutating func nodeInC(_ id: UInt) -> Answer<tenon_snapshot_node_t> {
    if let known = nodesInC[id] { return .success(known.node) }
    guard let words = words(about: id), let node = words.graph[id] else {
      return .failure(TENON_STATUS_SETTLED)
    }
    let made = make { state in
      let made = NodeInC(Snapshot.Node(node, words))
      if !state.target.memory.isShort { state.nodesInC[id] = made }
      return made.node
    }
    return made.map { .success($0) } ?? .failure(TENON_STATUS_NO_RESOURCES)
  }

  fileprivate mutating func explanationInC(_ id: UInt) -> Answer<tenon_explanation_t> {
    if let known = explanationsInC[id] { return .success(known.explanation) }
    guard let words = words(about: id) else { return .failure(TENON_STATUS_SETTLED) }
    let made = make(roomForAll) { state in
      let made = ExplanationInC(Snapshot.Explanation(Chain(from: id, in: words.graph), words))
      if !state.target.memory.isShort { state.explanationsInC[id] = made }
      return made.explanation
    }
    return made.map { .success($0) } ?? .failure(TENON_STATUS_NO_RESOURCES)
  }
}

extension Graph.Relation {
  /// Its word, which stays.
  fileprivate var inC: UnsafePointer<CChar>? { Graph.Relation.texts[self]?.pointer }

  // SAFETY: written once, before it is read; what it has is never changed.
  nonisolated(unsafe) private static let texts = Dictionary(
    uniqueKeysWithValues: Graph.Relation.allCases.map { ($0, CText($0.rawValue)) })
}
