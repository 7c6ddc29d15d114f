import Synchronization

/// Snapshots by handles: numbers that are no addresses, and no handles of Tenon's.
enum Snapshots {
  private struct Place {
    var generation: UInt = 0
    var snapshot: Snapshot?
  }

  private static let places = Mutex<[Place]>([])
  /// As all handles have it, with a kind that no other has.
  private static let mark: UInt = 1 << 63 | 63 << 32
  private static let markMask: UInt = 1 << 63 | 63 << 32

  enum Found {
    case snapshot(Snapshot)
    case stale, invalid
  }

  static func add(_ snapshot: Snapshot) -> UInt {
    places.withLock { places in
      let index = places.firstIndex { $0.snapshot == nil } ?? places.count
      if index == places.count { places.append(Place()) }
      places[index].generation += 1
      places[index].snapshot = snapshot
      return handle(index, places[index])
    }
  }

  static func find(_ handle: UInt) -> Found { look(handle) { .snapshot($0.snapshot!) } }

  static func remove(_ handle: UInt) -> Found {
    look(handle) { place in
      defer { place.snapshot = nil }
      return .snapshot(place.snapshot!)
    }
  }

  private static func look(_ handle: UInt, _ body: (inout Place) -> Found) -> Found {
    places.withLock { places in
      let index = Int(handle & 0xffff_ffff)
      guard handle & markMask == mark, index < places.count else { return .invalid }
      if places[index].snapshot != nil, handle == self.handle(index, places[index]) {
        return body(&places[index])
      }
      return handle >> 38 & (1 << 25 - 1) <= places[index].generation ? .stale : .invalid
    }
  }

  private static func handle(_ index: Int, _ place: Place) -> UInt {
    mark | (place.generation & (1 << 25 - 1)) << 38 | UInt(index)
  }
}
