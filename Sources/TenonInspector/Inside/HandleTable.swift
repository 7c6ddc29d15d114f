import Synchronization

/// Objects by handles: numbers that are no addresses, and no handles of Tenon's.
final class HandleTable<Object: Sendable>: Sendable {
  private struct Place {
    var generation: UInt = 0
    var object: Object?
  }

  enum Found {
    case object(Object)
    case stale, invalid
  }

  private let places = Mutex<[Place]>([])
  /// As all handles have it, with a kind that no other has.
  private let mark: UInt
  private static var markMask: UInt { 1 << 63 | 63 << 32 }

  init(kind: UInt) { mark = 1 << 63 | kind << 32 }

  func add(_ object: Object) -> UInt {
    places.withLock { places in
      let index = places.firstIndex { $0.object == nil } ?? places.count
      if index == places.count { places.append(Place()) }
      places[index].generation += 1
      places[index].object = object
      return handle(index, places[index])
    }
  }

  func find(_ handle: UInt) -> Found { look(handle) { $0.object! } }

  func remove(_ handle: UInt) -> Found {
    look(handle) { place in
      defer { place.object = nil }
      return place.object!
    }
  }

  private func look(_ handle: UInt, _ body: (inout Place) -> Object) -> Found {
    places.withLock { places in
      let index = Int(handle & 0xffff_ffff)
      guard handle & HandleTable.markMask == mark, index < places.count else { return .invalid }
      if places[index].object != nil, handle == self.handle(index, places[index]) {
        return .object(body(&places[index]))
      }
      return handle >> 38 & (1 << 25 - 1) <= places[index].generation ? .stale : .invalid
    }
  }

  private func handle(_ index: Int, _ place: Place) -> UInt {
    mark | (place.generation & (1 << 25 - 1)) << 38 | UInt(index)
  }
}

let snapshots = HandleTable<Snapshot>(kind: 63)
let watches = HandleTable<Watch>(kind: 62)
