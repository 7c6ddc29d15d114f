// Implements the watch of <tenon/inspect.h>.
public import CTenonInspect

@c @implementation
public func tenon_watch_start(
  _ config: UnsafePointer<tenon_watch_config_t>?, _ fn: tenon_watch_fn?,
  _ context: UnsafeMutableRawPointer?, _ watch_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let watch_out, let fn, let config = config?.pointee,
    config.struct_size == MemoryLayout<tenon_watch_config_t>.size
  else { return TENON_STATUS_INVALID }
  let limits = Lookout.Limits(
    job: config.job_ns_max, call: config.call_ns_max, wait: config.wait_ns_max)
  if limits.shortest == nil { return TENON_STATUS_INVALID }
  return Snapshot.status {
    let teller = Teller(fn: fn, context: context)
    guard let watch = try? Watch.start(limits, { teller.tell($0) }) else {
      return TENON_STATUS_NO_RESOURCES
    }
    watch_out.pointee = OpaquePointer(bitPattern: watches.add(watch))
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_watch_end(_ watch: OpaquePointer?) -> tenon_status_t {
  let handle = UInt(bitPattern: watch)
  if case .object(let watch) = watches.find(handle), watch.isForked { return TENON_STATUS_FORKED }
  switch watches.remove(handle) {
  case .object(let watch):
    watch.end()
    return TENON_STATUS_OK
  case .stale: return TENON_STATUS_STALE
  case .invalid: return TENON_STATUS_INVALID
  }
}

/// A function of C's that is told.
// SAFETY: whoever has started the watch says so.
private struct Teller: @unchecked Sendable {
  let fn: tenon_watch_fn
  let context: UnsafeMutableRawPointer?

  func tell(_ event: Watch.Event) {
    let snapshot = event.snapshot.map { snapshots.add($0) }
    var inC = tenon_watch_event_t(
      struct_size: MemoryLayout<tenon_watch_event_t>.size,
      kind: tenon_watch_kind_t(rawValue: event.kind.rawValue), thread: event.thread ?? 0,
      id: UInt64(event.id), duration_ns: event.duration.nanoseconds,
      snapshot: snapshot.flatMap { OpaquePointer(bitPattern: $0) })
    fn(context, &inC)
    if let snapshot { _ = snapshots.remove(snapshot) }
  }
}
