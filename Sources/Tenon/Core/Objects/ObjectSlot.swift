import CExport
import CTenon
import Synchronization

/// An object of some language's: its head, a pointer, and the mark of its type. See tenon/object.h.
///
///     bit 0..25 of the word   references
///     bit 26..31              calls that hold the object
///     bit 32..37              the kind, as in a handle, while there is an object; 0 in a free slot
///
/// So the upper half is that of the handle, and no other kind's is taken for it, however many calls hold the object.
///
/// Without references its handle is stale. The object goes when nobody holds it, either: so a host that releases too often, and
/// while a call is under way, ends no object that a call works on. The lookup for a call stands in CExport.h, too, in line.
struct ObjectSlot: ~Copyable {
  let head: SlotHead
  // Written by whoever takes the slot, before anybody has its handle; read by those who hold a reference.
  var pointer: UnsafeMutableRawPointer?
  var type: UnsafeRawPointer?
  var drop: tenon_drop_fn?

  private static let referencesMask: UInt = 1 << 26 - 1
  private static let hold: UInt = 1 << 26
  private static let holdsMask: UInt = 63 << 26
  private static let upperHalf: UInt = ~0 << 32

  @inline(__always) private static func at(_ slot: UnsafeMutableRawPointer)
    -> UnsafeMutablePointer<ObjectSlot>
  { slot.assumingMemoryBound(to: ObjectSlot.self) }

  /// Makes an object with one reference; nil: there is no slot.
  static func create(
    _ pointer: UnsafeMutableRawPointer?, _ type: UnsafeRawPointer, _ drop: tenon_drop_fn?
  ) -> Handle? {
    guard let (index, slot) = objectTable.take() else { return nil }
    if !tenon__has_objects() { publish() }
    let object = at(slot)
    object.pointee.pointer = pointer
    object.pointee.type = type
    object.pointee.drop = drop
    let word = object.pointee.head.word.load(ordering: .relaxed) & Handle.lifeMask
    let handle = Handle(.object, index: index, word: word)
    object.pointee.head.word.store(handle.bits & upperHalf | 1, ordering: .releasing)
    return handle
  }

  /// Lets CExport.h know where the table is. It is a global: its address is good for ever.
  @inline(never) private static func publish() {
    withUnsafePointer(to: objectTable.count) { count in
      withUnsafePointer(to: objectTable.base) { base in
        let words = UnsafeRawPointer(count)
        guard words + 8 == UnsafeRawPointer(base),
          words.load(as: UInt.self) == objectTable.count.load(ordering: .relaxed)
        else { return }
        tenon__set_objects(words)
      }
    }
  }

  /// Adds a reference, or says why not.
  @inline(__always) static func retain(_ handle: Handle) -> tenon_status_t {
    guard let slot = objectTable.find(handle, .object) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .relaxed)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else { return refusal(handle, word) }
      guard word & referencesMask != referencesMask else { return TENON_STATUS_NO_RESOURCES }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word + 1, ordering: .acquiring)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }

  /// Gives a reference back; the last one drops the pointer, unless a call holds it.
  @inline(__always) static func release(_ handle: Handle) -> tenon_status_t {
    guard let slot = objectTable.find(handle, .object) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .acquiring)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else { return refusal(handle, word) }
      Handover.pass(slot)
      if word & (referencesMask | holdsMask) == 1 {
        if end(slot, word) { return TENON_STATUS_OK }
        word = at(slot).pointee.head.word.load(ordering: .acquiring)
        continue
      }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word - 1, ordering: .acquiringAndReleasing)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }

  /// Why there is no reference: one without any has ended, though a call still holds it.
  @inline(never) private static func refusal(_ handle: Handle, _ word: UInt) -> tenon_status_t {
    handle.lives(in: word) ? TENON_STATUS_STALE : SlotTable.refusal(handle, word: word)
  }

  /// Ends the object, if its word is still that: the last reference or the last call.
  @inline(never) private static func end(_ slot: UnsafeMutableRawPointer, _ word: UInt) -> Bool {
    // Read before the slot is free for others.
    let (pointer, drop) = (at(slot).pointee.pointer, at(slot).pointee.drop)
    let (exchanged, _) = at(slot).pointee.head.word.compareExchange(
      expected: word, desired: SlotTable.endedLife(of: word), ordering: .acquiringAndReleasing)
    guard exchanged else { return false }
    Handover.take(slot)
    let first = objectTable.address(of: 0)
    objectTable.give(UInt32((slot - first) / SlotTable.slotSize), slot)
    if let drop { Delivery.call(Delivery.Item(function: drop, context: pointer), .drop) }
    return true
  }

  // MARK: Calls

  /// Calls `body` with the pointer, the type's mark and the drop, which stay for the call whatever others do.
  @inline(__always) static func read(
    _ handle: Handle,
    _ body: (UnsafeMutableRawPointer?, UnsafeRawPointer?, tenon_drop_fn?) -> tenon_status_t
  ) -> tenon_status_t {
    guard let slot = objectTable.find(handle, .object) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .relaxed)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else { return refusal(handle, word) }
      guard word & holdsMask != holdsMask else { return readCrowded(handle, body) }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word + hold, ordering: .acquiring)
      if exchanged { break }
      word = original
    }
    let answer = body(at(slot).pointee.pointer, at(slot).pointee.type, at(slot).pointee.drop)
    letGo(slot)
    return answer
  }

  /// The same while more calls hold the object than can be counted: with a reference.
  @inline(never) private static func readCrowded(
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

  /// The end of a call that has held the object.
  static func letGo(_ slot: UnsafeMutableRawPointer) {
    var word = at(slot).pointee.head.word.load(ordering: .acquiring)
    while true {
      Handover.pass(slot)
      if word & (referencesMask | holdsMask) == hold {
        // In a fork's child no slot comes back.
        if Fork.isChild || end(slot, word) { return }
        word = at(slot).pointee.head.word.load(ordering: .acquiring)
        continue
      }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word - hold, ordering: .acquiringAndReleasing)
      if exchanged { return }
      word = original
    }
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
