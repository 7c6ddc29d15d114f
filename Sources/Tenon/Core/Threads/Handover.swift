import CThread

/// What tells a host's tools that this thread hands something to another one: see Sources/CThread/observe.c. Beside each atomic that
/// does: given before it is written, taken after it was read.
enum Handover {
  /// Whether there is such a tool.
  @inline(__always) static var isObserved: Bool { _slowPath(tenon__observed()) }

  @inline(__always) static func give(_ place: UnsafeRawPointer) { tenon__hand_over(place) }

  @inline(__always) static func take(_ place: UnsafeRawPointer) { tenon__take_over(place) }

  /// Both: of a step that reads and writes.
  @inline(__always) static func pass(_ place: UnsafeRawPointer) {
    tenon__take_over(place)
    tenon__hand_over(place)
  }
}
