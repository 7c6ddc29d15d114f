import CTenon

/// The one owner of an object that a value brought: it ends the value, with the last reference to this.
// SAFETY: changed only by whoever has the only reference.
final class PointerOwner: @unchecked Sendable {
  private var value: tenon_value_t

  /// Adopts a value of the kind pointer.
  init(adopting value: tenon_value_t) { self.value = value }

  deinit { value.end() }

  var address: UnsafeMutableRawPointer? { value.as.pointer.address }
  var type: UnsafeRawPointer? { value.as.pointer.type }

  /// Moves the value out: for whoever has the only reference.
  func take() -> tenon_value_t {
    defer { value = tenon_value_none() }
    return value
  }
}

/// Objects that are in several values at the same time. All that a drop function is told is the address: so each value has
/// the address of the object, as its readers expect, and its owner is found here.
///
/// Two owners may have the same address, such as two references of a counted object. Each of them ends once, and which of
/// their values goes first makes no difference.
enum SharedPointers {
  private typealias Owner = (owner: PointerOwner, values: Int)

  private static let mutex = Mutex()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var owners: [UInt: [Owner]] = [:]

  private static let drop: tenon_drop_fn = { address, _ in SharedPointers.remove(address) }

  /// One more value with the owner's object.
  static func makeValue(of owner: PointerOwner) -> tenon_value_t {
    let key = UInt(bitPattern: owner.address)
    mutex.withLock {
      if let index = owners[key]?.firstIndex(where: { $0.owner === owner }) {
        owners[key]?[index].values += 1
      } else {
        owners[key, default: []].append((owner, 1))
      }
    }
    return tenon_value_pointer(owner.address, owner.type, drop)
  }

  /// The owner behind a value that ``makeValue(of:)`` made.
  static func owner(of value: tenon_value_t) -> PointerOwner? {
    guard isOurs(value) else { return nil }
    let key = UInt(bitPattern: value.as.pointer.address)
    return mutex.withLock { owners[key]?.last?.owner }
  }

  /// Whether somebody else has the value's object, too.
  static func isShared(_ value: tenon_value_t) -> Bool {
    guard isOurs(value) else { return false }
    let key = UInt(bitPattern: value.as.pointer.address)
    return mutex.withLock {
      guard var all = owners.removeValue(forKey: key) else { return false }
      defer { owners[key] = all }
      return all.count != 1 || all[0].values != 1 || !isKnownUniquelyReferenced(&all[0].owner)
    }
  }

  private static func isOurs(_ value: tenon_value_t) -> Bool {
    value.isKind == TENON_VALUE_POINTER && value.hasDrop(drop)
  }

  private static func remove(_ address: UnsafeMutableRawPointer?) {
    let key = UInt(bitPattern: address)
    // Ended after the section: that calls somebody's drop function.
    var owner: PointerOwner?
    mutex.withLock {
      guard var all = owners[key], let last = all.indices.last else { return }
      owner = all[last].owner
      all[last].values -= 1
      if all[last].values == 0 { all.removeLast() }
      owners[key] = all.isEmpty ? nil : all
    }
    withExtendedLifetime(owner) {}
  }
}

extension tenon_value_t {
  /// Whether `function` is what ends it.
  func hasDrop(_ function: tenon_drop_fn) -> Bool {
    guard let drop else { return false }
    return unsafeBitCast(drop, to: UInt.self) == unsafeBitCast(function, to: UInt.self)
  }
}
