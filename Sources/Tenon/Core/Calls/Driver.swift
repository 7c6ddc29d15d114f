import Synchronization

/// A long-lived Swift task that runs one call after another: making a task for each would cost thirty times as
/// much as most calls do.
///
/// `current` belongs to all, `task` to whoever holds the executor's mutex, the rest to the polling thread.
// SAFETY: see above.
final class Driver: @unchecked Sendable {
  /// The promise of the call that it is in, or 0; or `cancelled`, and then it takes no further call.
  let current = Atomic<UInt>(0)
  static let cancelled: UInt = 1

  /// The handle of the future that its call awaits without a cancellation handler, or 0.
  let awaited = Atomic<UInt>(0)

  /// The name of the call that it is in, or was in last, for whoever asks.
  let name = Atomic<UInt>(0)

  /// Whether it may go on with another call.
  let takesMany: Bool
  /// Whether its task prefers its executor: not if that is the only one.
  let hasPreference: Bool
  /// The call that it was cancelled for. Under the executor's mutex.
  var cancelledCall: Handle?
  init(takesMany: Bool, hasPreference: Bool = true) {
    self.takesMany = takesMany
    self.hasPreference = hasPreference
  }

  /// The call that it is in, cancelled or not. Under the executor's mutex.
  fileprivate var call: Handle? {
    let promise = current.load(ordering: .sequentiallyConsistent)
    if promise == Driver.cancelled { return cancelledCall }
    return promise == 0 ? nil : Handle(bits: promise)
  }

  /// Where it is in its executor's ``DriverTable``. Under the mutex.
  fileprivate(set) var place: UInt32 = 0
  var task: Task<Void, Never>?
  /// Which pool its calls have for concurrent code: an executor's address, or 0. Written before it runs.
  var poolBits: UInt = 0
  /// Where it is parked. Resumed with true it looks for calls, with false it ends.
  var parked: UnsafeContinuation<Bool, Never>?
}

/// An executor's drivers, each in a place of its own while it lives: so one of a million comes, is found and goes in
/// constant time.
struct DriverTable {
  private var drivers: [Driver?] = []
  private var vacant: [UInt32] = []

  var isEmpty: Bool { drivers.count == vacant.count }

  /// The driver in a place, which may be anybody's by now.
  subscript(place: UInt32) -> Driver? {
    place < drivers.count ? drivers[Int(place)] : nil
  }

  mutating func add(_ driver: Driver) {
    if let place = vacant.popLast() {
      driver.place = place
      drivers[Int(place)] = driver
    } else {
      driver.place = UInt32(drivers.count)
      drivers.append(driver)
    }
  }

  /// Unless it has been removed with all others.
  mutating func remove(_ driver: Driver) {
    guard self[driver.place] === driver else { return }
    drivers[Int(driver.place)] = nil
    vacant.append(driver.place)
    // What a burst has taken is given back.
    if isEmpty && drivers.count > 256 { removeAll() }
  }

  /// The calls that some of them are in, from a place on; nil: there is none so far.
  func calls(from place: Int) -> [Handle]? {
    guard place < drivers.count else { return nil }
    return drivers[place..<min(place + DriverTable.some, drivers.count)].compactMap { $0?.call }
  }

  /// How many places `calls(from:)` looks at.
  static let some = 64

  mutating func removeAll() { self = DriverTable() }

  func forEach(_ body: (Driver) -> Void) {
    for case let driver? in drivers { body(driver) }
  }
}
