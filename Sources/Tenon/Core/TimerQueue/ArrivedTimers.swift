/// Timers that are not in the wheel, in order, linked by their slots: index + 1, or 0. Such as those that were armed outside of polls.
struct ArrivedTimers {
  var first: UInt32 = 0
  var last: UInt32 = 0
  var count = 0

  mutating func append(_ index: UInt32) {
    RegistrationSlot.at(index).pointee.next = 0
    if last == 0 {
      first = index + 1
    } else {
      RegistrationSlot.at(last - 1).pointee.next = index + 1
    }
    last = index + 1
    count += 1
  }
}
