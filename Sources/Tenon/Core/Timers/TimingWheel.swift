import CTenon

/// Timers in order of their time, arming and cancelling in constant time.
///
/// A hierarchy of wheels (G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels", 1987): level n has 64
/// lists, each for 64 to the power n ticks. A timer lies on the lowest level on which its time and the
/// present differ, and moves down as the present comes near. Eight levels cover every instant there is.
///
/// Nodes are registration slots that are armed; the wheel owns their `next`, `previous` and `isLinked`. One thread
/// at a time.
struct TimingWheel: ~Copyable {
  /// A tick is 2^16 ns: some 65 microseconds.
  private static let tickShift: UInt64 = 16
  private static let levels = 8

  /// Up to which tick all timers are out.
  private var present: UInt64 = 0
  private(set) var count = 0
  /// The heads of all lists: index + 1, or 0.
  private let heads: UnsafeMutablePointer<UInt32>
  /// A lower bound of the deadlines in each list that is not empty.
  private let earliest: UnsafeMutablePointer<UInt64>
  /// Which lists of each level are not empty.
  private let occupied: UnsafeMutablePointer<UInt64>

  init() {
    let lists = TimingWheel.levels * 64
    heads = .allocate(capacity: lists)
    heads.initialize(repeating: 0, count: lists)
    earliest = .allocate(capacity: lists)
    earliest.initialize(repeating: .max, count: lists)
    occupied = .allocate(capacity: TimingWheel.levels)
    occupied.initialize(repeating: 0, count: TimingWheel.levels)
  }

  deinit {
    heads.deallocate()
    earliest.deallocate()
    occupied.deallocate()
  }

  /// The tick in which a deadline has passed: rounded up, so that no timer is early.
  ///
  /// There is one that would need a 49th bit: deadlines within the last tick before the end of time go out with that
  /// tick, up to 65 microseconds early. No clock gets there: Linux counts monotonic time in 63 bits.
  @inline(__always) private static func tick(of deadline: UInt64) -> UInt64 {
    min((deadline >> tickShift) + (deadline & (1 << tickShift - 1) == 0 ? 0 : 1), lastTick)
  }

  private static let lastTick: UInt64 = 1 << 48 - 1

  /// Adds an armed slot, due at its `deadline`; false: it is due already, and not added.
  @inline(__always) mutating func insert(_ index: UInt32, now: @autoclosure () -> UInt64) -> Bool {
    let deadline = RegistrationSlot.at(index).pointee.deadline
    let tick = TimingWheel.tick(of: deadline)
    // Nobody advances an empty wheel.
    if count == 0 { present = now() >> TimingWheel.tickShift }
    if tick <= present &+ 1, tick <= present || deadline <= now() { return false }
    place(index, deadline, tick)
    return true
  }

  /// Adds a slot whose tick is to come.
  @inline(__always) private mutating func place(
    _ index: UInt32, _ deadline: UInt64, _ tick: UInt64
  ) {
    let slot = RegistrationSlot.at(index)
    // The highest bit in which the time differs from the present says how far away it is.
    let level = (63 - (tick ^ present).leadingZeroBitCount) / 6
    let place = Int(tick >> UInt64(level * 6) & 63)
    let list = level * 64 + place
    let first = heads[list]
    slot.pointee.next = first
    slot.pointee.previous = 0
    slot.pointee.event = Int32(truncatingIfNeeded: list)
    slot.pointee.isLinked = true
    if first != 0 { RegistrationSlot.at(first - 1).pointee.previous = index + 1 }
    heads[list] = index + 1
    if occupied[level] & (1 << UInt64(place)) == 0 {
      occupied[level] = occupied[level] | 1 << UInt64(place)
      earliest[list] = deadline
    } else if deadline < earliest[list] {
      earliest[list] = deadline
    }
    count += 1
  }

  /// Takes one out before its time.
  @inline(__always) mutating func remove(_ index: UInt32) {
    let slot = RegistrationSlot.at(index)
    let list = Int(slot.pointee.event)
    let (previous, next) = (slot.pointee.previous, slot.pointee.next)
    if previous == 0 {
      heads[list] = next
    } else {
      RegistrationSlot.at(previous - 1).pointee.next = next
    }
    if next != 0 { RegistrationSlot.at(next - 1).pointee.previous = previous }
    if heads[list] == 0 { occupied[list >> 6] = occupied[list >> 6] & ~(1 << UInt64(list & 63)) }
    slot.pointee.isLinked = false
    count -= 1
    if slot.pointee.deadline == earliest[list] { recompute(list) }
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

  /// When to look again: no later than the next timer is due; nil without timers.
  var nextDeadline: UInt64? {
    if count == 0 { return nil }
    // A higher level begins where the lower one ends, so the lowest that is not empty has the next.
    for level in 0..<TimingWheel.levels where occupied[level] != 0 {
      let place = Int(nextPlace(on: level))
      let deadline = earliest[level * 64 + place]
      if level == 0 {
        // A tick's timers go out when it is over for all of them.
        return (present & ~63 | UInt64(place)) << TimingWheel.tickShift
      }
      return deadline > UInt64.max - (1 << TimingWheel.tickShift)
        ? deadline : TimingWheel.tick(of: deadline) << TimingWheel.tickShift
    }
    return nil
  }

  /// Hands out every timer that is due, in order of ticks; within a tick, in the order of deadlines.
  mutating func advance(to now: UInt64, _ expire: (UInt32) -> Void) {
    let target = now >> TimingWheel.tickShift
    while present < target {
      if count == 0 {
        present = target
        return
      }
      step(to: target, expire)
    }
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
      var index = heads[list]
      heads[list] = 0
      occupied[level] = occupied[level] & ~(1 << place)
      if level == 0 {
        expireList(index, expire)
      } else {
        while index != 0 {
          let next = RegistrationSlot.at(index - 1).pointee.next
          count -= 1
          reinsert(index - 1, expire)
          index = next
        }
      }
      return
    }
    present = target
  }

  /// Moves a timer down to where the present says that it belongs now.
  private mutating func reinsert(_ index: UInt32, _ expire: (UInt32) -> Void) {
    let slot = RegistrationSlot.at(index)
    let tick = TimingWheel.tick(of: slot.pointee.deadline)
    if tick > present {
      place(index, slot.pointee.deadline, tick)
    } else {
      slot.pointee.isLinked = false
      expire(index)
    }
  }

  /// Hands out one tick's timers, the earliest first.
  private mutating func expireList(_ first: UInt32, _ expire: (UInt32) -> Void) {
    let slot = RegistrationSlot.at(first - 1)
    if slot.pointee.next == 0 {
      count -= 1
      slot.pointee.isLinked = false
      return expire(first - 1)
    }
    var due: [UInt32] = []
    var index = first
    while index != 0 {
      due.append(index - 1)
      index = RegistrationSlot.at(index - 1).pointee.next
    }
    count -= due.count
    // The list is last in, first out, and sorting is stable.
    due.reverse()
    due.sort { RegistrationSlot.at($0).pointee.deadline < RegistrationSlot.at($1).pointee.deadline }
    for index in due {
      RegistrationSlot.at(index).pointee.isLinked = false
      expire(index)
    }
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
