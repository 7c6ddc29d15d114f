import CTenonRoot

/// What happens, kept for those who look later while a mask says so: see tenon__inspect_event_t. Off, each place costs a look at
/// that mask; and the fast paths one at a byte, which they look at for tools anyway.
enum Recorder {
  @inline(__always) static var keepsCalls: Bool { keeps(TENON__INSPECT_CALLS) }
  @inline(__always) static var keepsJobs: Bool { keeps(TENON__INSPECT_JOBS) }
  @inline(__always) static var keepsFutures: Bool { keeps(TENON__INSPECT_FUTURES) }
  @inline(__always) static var keepsStreams: Bool { keeps(TENON__INSPECT_STREAMS) }

  /// Whether somebody wants to know of what happens to futures, or of hand-overs: then the fast paths leave it to the general ones.
  @inline(__always) static var looksAtFutures: Bool {
    _slowPath(tenon__looks_at_futures())
  }
  /// The same of streams.
  @inline(__always) static var looksAtStreams: Bool {
    _slowPath(tenon__looks_at_streams())
  }

  @inline(__always) private static func keeps(_ mask: UInt32) -> Bool {
    _slowPath(tenon__records(mask) != 0)
  }

  @inline(never) static func keep(_ kind: Int, _ id: UInt, _ what: UInt) {
    tenon__inspect_keep(UInt32(kind), UInt64(id), UInt64(what))
  }
}
