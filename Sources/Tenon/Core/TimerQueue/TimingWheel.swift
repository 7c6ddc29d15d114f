import CTenon

/// Timers in order of their time, arming and cancelling in constant time.
///
/// A hierarchy of wheels (G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels", 1987): level n has 64
/// lists, each for 64 to the power n ticks. A timer lies on the lowest level on which its time and the
/// present differ, and moves down as the present comes near. Eight levels cover every instant there is.
///
/// Timers go out in order of their deadlines, equal ones in order of arming: each list is first in, first out, those of one
/// tick are always on one list, and a list moves down before anything else can come to where it goes.
///
/// Nodes are registration slots that are armed; the wheel owns their `next`, `previous` and `isLinked`. One thread
/// at a time.
struct TimingWheel: ~Copyable {
  /// A tick is 2^16 ns: some 65 microseconds.
  private static let tickShift: UInt64 = 16
  private static let levels = 8

  /// The tick that time is in: those before it are out, and of its own those that are due.
  private var present: UInt64 = 0
  private(set) var count = 0
  /// The ends of all lists: index + 1, or 0.
  private let heads: UnsafeMutablePointer<UInt32>
  private let tails: UnsafeMutablePointer<UInt32>
  /// A lower bound of the deadlines in each list that is not empty.
  private let earliest: UnsafeMutablePointer<UInt64>
  /// Which lists of each level are not empty.
  private let occupied: UnsafeMutablePointer<UInt64>

  init() {
    let lists = TimingWheel.levels * 64
    heads = .allocate(capacity: lists)
    heads.initialize(repeating: 0, count: lists)
    tails = .allocate(capacity: lists)
    tails.initialize(repeating: 0, count: lists)
    earliest = .allocate(capacity: lists)
    earliest.initialize(repeating: .max, count: lists)
    occupied = .allocate(capacity: TimingWheel.levels)
    occupied.initialize(repeating: 0, count: TimingWheel.levels)
  }

  deinit {
    heads.deallocate()
    tails.deallocate()
    earliest.deallocate()
    occupied.deallocate()
  }

  /// Adds a slot, due at its `deadline`. One that is due already goes out with the next `advance`, in its place.
  @inline(__always) mutating func insert(_ index: UInt32, now: @autoclosure () -> UInt64) {
    // Nobody advances an empty wheel.
    if count == 0 { present = now() >> TimingWheel.tickShift }
    place(index, RegistrationSlot.at(index).pointee.deadline)
  }

  @inline(__always) private mutating func place(_ index: UInt32, _ deadline: UInt64) {
    let slot = RegistrationSlot.at(index)
    let tick = max(deadline >> TimingWheel.tickShift, present)
    // The highest bit in which the time differs from the present says how far away it is.
    let level = (63 - (tick ^ present | 1).leadingZeroBitCount) / 6
    let place = Int(tick >> UInt64(level * 6) & 63)
    let list = level * 64 + place
    let last = tails[list]
    slot.pointee.next = 0
    slot.pointee.previous = last
    slot.pointee.event = Int32(truncatingIfNeeded: list)
    slot.pointee.isLinked = true
    tails[list] = index + 1
    count += 1
    if last != 0 {
      RegistrationSlot.at(last - 1).pointee.next = index + 1
      if deadline < earliest[list] { earliest[list] = deadline }
    } else {
      heads[list] = index + 1
      occupied[level] = occupied[level] | 1 << UInt64(place)
      earliest[list] = deadline
    }
  }

  /// Takes one out before its time.
  @inline(__always) mutating func remove(_ index: UInt32) {
    let slot = RegistrationSlot.at(index)
    let list = Int(slot.pointee.event)
    unlink(slot, from: list)
    if slot.pointee.deadline == earliest[list] { recompute(list) }
  }

  @inline(__always) private mutating func unlink(
    _ slot: UnsafeMutablePointer<RegistrationSlot>, from list: Int
  ) {
    let (previous, next) = (slot.pointee.previous, slot.pointee.next)
    if previous == 0 {
      heads[list] = next
    } else {
      RegistrationSlot.at(previous - 1).pointee.next = next
    }
    if next == 0 {
      tails[list] = previous
    } else {
      RegistrationSlot.at(next - 1).pointee.previous = previous
    }
    if heads[list] == 0 { occupied[list >> 6] = occupied[list >> 6] & ~(1 << UInt64(list & 63)) }
    slot.pointee.isLinked = false
    count -= 1
  }

  /// After the earliest of a list has gone: exact in a short list, as it was in a long one, which is still a bound.
  private mutating func recompute(_ list: Int) {
    var (index, minimum) = (heads[list], UInt64.max)
    for _ in 0..<32 where index != 0 {
      let slot = RegistrationSlot.at(index - 1)
      minimum = min(minimum, slot.pointee.deadline)
      index = slot.pointee.next
    }
    if index == 0 { earliest[list] = minimum }
  }

  /// When to look again: at the end of the next timer's tick at the latest; nil without timers.
  @inline(__always) var nextDeadline: UInt64? { count == 0 ? nil : firstDeadline }

  @inline(never) private var firstDeadline: UInt64? {
    // A higher level begins where the lower one ends, so the lowest that is not empty has the next.
    for level in 0..<TimingWheel.levels where occupied[level] != 0 {
      let list = level * 64 + Int(nextPlace(on: level))
      // One look for all of a tick, when it is over for each of them; for one alone there is nothing to wait for.
      if heads[list] == tails[list] { return RegistrationSlot.at(heads[list] - 1).pointee.deadline }
      let tickEnd = earliest[list] | (1 << TimingWheel.tickShift - 1)
      return tickEnd == .max ? .max : tickEnd + 1
    }
    return nil
  }

  /// Hands out every timer that is due, in order of deadlines; equal ones in order of arming.
  mutating func advance(to now: UInt64, _ expire: (UInt32) -> Void) {
    let target = now >> TimingWheel.tickShift
    while present < target {
      if count == 0 {
        present = target
        return
      }
      step(to: target, expire)
    }
    expirePresent(now, expire)
  }

  /// Goes on to the next tick that has something to do, or to `target`.
  private mutating func step(to target: UInt64, _ expire: (UInt32) -> Void) {
    for level in 0..<TimingWheel.levels where occupied[level] != 0 {
      let shift = UInt64(level * 6)
      let place = nextPlace(on: level)
      let start = (present >> shift & ~63 | place) << shift
      guard start <= target else { break }
      present = start
      let list = level * 64 + Int(place)
      if level == 0 {
        if start < target { expireList(list, until: .max, expire) }
      } else {
        moveDown(list)
      }
      return
    }
    present = target
  }

  /// Moves a list's timers to where the present says that they belong now.
  private mutating func moveDown(_ list: Int) {
    var index = heads[list]
    heads[list] = 0
    tails[list] = 0
    occupied[list >> 6] = occupied[list >> 6] & ~(1 << UInt64(list & 63))
    while index != 0 {
      let slot = RegistrationSlot.at(index - 1)
      let next = slot.pointee.next
      count -= 1
      place(index - 1, slot.pointee.deadline)
      index = next
    }
  }

  /// Hands out those of the present tick that are due.
  private mutating func expirePresent(_ now: UInt64, _ expire: (UInt32) -> Void) {
    let list = Int(present & 63)
    guard occupied[0] & (1 << UInt64(list)) != 0, earliest[list] <= now else { return }
    expireList(list, until: now, expire)
  }

  /// Hands out those of a list whose deadlines have come, the earliest first.
  private mutating func expireList(_ list: Int, until now: UInt64, _ expire: (UInt32) -> Void) {
    let first = heads[list] - 1
    if heads[list] == tails[list], case let slot = RegistrationSlot.at(first),
      slot.pointee.deadline <= now
    {
      unlink(slot, from: list)
      return expire(first)
    }
    var due: [UInt32] = []
    var (index, rest) = (heads[list], UInt64.max)
    while index != 0 {
      let slot = RegistrationSlot.at(index - 1)
      let next = slot.pointee.next
      if slot.pointee.deadline <= now {
        due.append(index - 1)
        unlink(slot, from: list)
      } else {
        rest = min(rest, slot.pointee.deadline)
      }
      index = next
    }
    earliest[list] = rest
    // Sorting is stable.
    due.sort { RegistrationSlot.at($0).pointee.deadline < RegistrationSlot.at($1).pointee.deadline }
    for index in due { expire(index) }
  }

  /// The first list of a level that is not empty, from the present on. Earlier ones are empty.
  @inline(__always) private func nextPlace(on level: Int) -> UInt64 {
    let from = present >> UInt64(level * 6) & 63
    return UInt64((occupied[level] >> from).trailingZeroBitCount) + from
  }

  /// Hands out all timers, due or not.
  mutating func removeAll(_ body: (UInt32) -> Void) {
    for list in 0..<TimingWheel.levels * 64 {
      while heads[list] != 0 {
        let index = heads[list] - 1
        remove(index)
        body(index)
      }
    }
  }
}
