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
  do {
    snapshot_out.pointee = OpaquePointer(bitPattern: snapshots.add(try Snapshot.take()))
    return TENON_STATUS_OK
  } catch {
    return Snapshot.status(of: error)
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
    guard state.hasRoomForLists() else { return .failure(TENON_STATUS_NO_RESOURCES) }
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
    guard state.hasRoomForLists() else { return .failure(TENON_STATUS_NO_RESOURCES) }
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
    let known = state.formatsInC[format.rawValue]
    guard known != nil || Room.isThere(for: state.count) else { return TENON_STATUS_NO_RESOURCES }
    let text = known ?? CText(state.text(format))
    state.formatsInC[format.rawValue] = text
    text_out.pointee = text.pointer
    size_out?.pointee = text.count
    return TENON_STATUS_OK
  }
}

// MARK: What they have in common

extension Snapshot {
  /// Why there is nothing to look at.
  static func status(of error: any Error) -> tenon_status_t {
    switch (error as? Failure)?.kind {
    case .forked: TENON_STATUS_FORKED
    case .noResources: TENON_STATUS_NO_RESOURCES
    case .unsupported, nil: TENON_STATUS_UNSUPPORTED
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
    guard Room.isThere() else { return .failure(TENON_STATUS_NO_RESOURCES) }
    guard let words = words(about: id), let node = words.graph[id] else {
      return .failure(TENON_STATUS_SETTLED)
    }
    let made = NodeInC(Snapshot.Node(node, words))
    nodesInC[id] = made
    return .success(made.node)
  }

  fileprivate mutating func explanationInC(_ id: UInt) -> Answer<tenon_explanation_t> {
    if let known = explanationsInC[id] { return .success(known.explanation) }
    guard let words = words(about: id) else { return .failure(TENON_STATUS_SETTLED) }
    guard Room.isThere(for: count) else { return .failure(TENON_STATUS_NO_RESOURCES) }
    let made = ExplanationInC(Snapshot.Explanation(Chain(from: id, in: words.graph), words))
    explanationsInC[id] = made
    return .success(made.explanation)
  }
}

extension Graph.Relation {
  /// Its word, which stays.
  fileprivate var inC: UnsafePointer<CChar>? { Graph.Relation.texts[self]?.pointer }

  // SAFETY: written once, before it is read; what it has is never changed.
  nonisolated(unsafe) private static let texts = Dictionary(
    uniqueKeysWithValues: Graph.Relation.allCases.map { ($0, CText($0.rawValue)) })
}
