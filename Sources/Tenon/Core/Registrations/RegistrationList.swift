/// A list of registrations in order, by index + 1 of the first. Doubly linked, so that one of a million leaves in
/// constant time; the first one's `previous` is the last one, the last one's `next` is 0.
enum RegistrationList {
  @inline(__always) static func append(_ index: UInt32, to first: inout UInt32) {
    let slot = RegistrationSlot.at(index)
    slot.pointee.next = 0
    if first == 0 {
      slot.pointee.previous = index + 1
      first = index + 1
    } else {
      let head = RegistrationSlot.at(first - 1)
      let last = head.pointee.previous
      RegistrationSlot.at(last - 1).pointee.next = index + 1
      slot.pointee.previous = last
      head.pointee.previous = index + 1
    }
  }

  static func remove(_ index: UInt32, from first: inout UInt32) {
    let slot = RegistrationSlot.at(index)
    let (previous, next) = (slot.pointee.previous, slot.pointee.next)
    if first == index + 1 {
      first = next
    } else {
      RegistrationSlot.at(previous - 1).pointee.next = next
    }
    if next != 0 {
      RegistrationSlot.at(next - 1).pointee.previous = previous
    } else if first != 0 {
      RegistrationSlot.at(first - 1).pointee.previous = previous
    }
  }
}
