import CTenon
import Synchronization

/// An object of some language's: its head, a pointer, and the mark of its type. See tenon/object.h.
///
///     bit 0..31 of the word   references
struct ObjectSlot: ~Copyable {
  let head: SlotHead
  // Written by whoever takes the slot, before anybody has its handle; read by those who hold a reference.
  var pointer: UnsafeMutableRawPointer?
  var type: UnsafeRawPointer?
  var drop: tenon_drop_fn?

  private static let referencesMask: UInt = 0xffff_ffff

  @inline(__always) private static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<ObjectSlot>
  { slot.assumingMemoryBound(to: ObjectSlot.self) }

  /// Makes an object with one reference; nil: there is no slot.
  static func create(
    _ pointer: UnsafeMutableRawPointer?, _ type: UnsafeRawPointer, _ drop: tenon_drop_fn?
  ) -> Handle? {
    guard let (index, slot) = objectTable.take() else { return nil }
    let object = at(slot)
    object.pointee.pointer = pointer
    object.pointee.type = type
    object.pointee.drop = drop
    let word = object.pointee.head.word.load(ordering: .relaxed) & Handle.lifeMask
    object.pointee.head.word.store(word | 1, ordering: .releasing)
    return Handle(.object, index: index, word: word)
  }

  /// Adds a reference, or says why not.
  @inline(__always) static func retain(_ handle: Handle) -> tenon_status_t {
    guard let slot = objectTable.find(handle, .object) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .relaxed)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else {
        return SlotTable.refusal(handle, word: word)
      }
      guard word & referencesMask != referencesMask else { return TENON_STATUS_NO_RESOURCES }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word + 1, ordering: .acquiring)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }

  /// Gives a reference back; the last one drops the pointer.
  @inline(__always) static func release(_ handle: Handle) -> tenon_status_t {
    guard let slot = objectTable.find(handle, .object) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .acquiring)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else {
        return SlotTable.refusal(handle, word: word)
      }
      if word & referencesMask == 1 { return end(handle, slot, word) }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word - 1, ordering: .acquiringAndReleasing)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }

  /// What the last release does, if it still is the last one.
  @inline(never) private static func end(
    _ handle: Handle, _ slot: UnsafeMutableRawPointer, _ word: UInt
  ) -> tenon_status_t {
    // Read before the slot is free for others.
    let (pointer, drop) = (at(slot).pointee.pointer, at(slot).pointee.drop)
    let (exchanged, _) = at(slot).pointee.head.word.compareExchange(
      expected: word, desired: SlotTable.endedLife(of: word), ordering: .acquiringAndReleasing)
    guard exchanged else { return release(handle) }
    objectTable.give(handle.index, slot)
    if let drop { Delivery.call(Delivery.Item(function: drop, context: pointer), .drop) }
    return TENON_STATUS_OK
  }

  /// Calls `body` with the pointer, the type's mark and the drop, which stay for the call whatever other threads do.
  @inline(__always) static func read(
    _ handle: Handle,
    _ body: (UnsafeMutableRawPointer?, UnsafeRawPointer?, tenon_drop_fn?) -> tenon_status_t
  ) -> tenon_status_t {
    let status = retain(handle)
    guard status == TENON_STATUS_OK else { return status }
    let slot = at(objectTable.address(of: handle.index))
    let answer = body(slot.pointee.pointer, slot.pointee.type, slot.pointee.drop)
    _ = release(handle)
    return answer
  }
}

extension tenon_value_t {
  /// A value that owns a reference to an object.
  static func object(_ handle: Handle) -> tenon_value_t {
    tenon_value_pointer(UnsafeMutableRawPointer(handle.pointer), objectMark, releaseObject)
  }

  /// The object's handle, if this carries one.
  var object: Handle? {
    guard isKind == TENON_VALUE_POINTER, self.as.pointer.type == tenon_value_t.objectMark else {
      return nil
    }
    return Handle(OpaquePointer(self.as.pointer.address))
  }

  /// The mark: a function, as that has an address that nothing else has.
  static var objectMark: UnsafeRawPointer {
    unsafeBitCast(releaseObject, to: UnsafeRawPointer.self)
  }

  static let releaseObject: tenon_drop_fn = { object, _ in
    _ = ObjectSlot.release(Handle(OpaquePointer(object)))
  }
}
