import CTenon
import Testing

@testable import Tenon

/// The timing wheel against a sorted array.
@Suite struct TimingWheelTests {
  @Test(arguments: 0..<100 as Range<UInt64>)
  func noTimerIsEarlyLostOrTwice(seed: UInt64) {
    var program = WheelProgram(seed: seed)
    for _ in 0..<400 { program.step() }
    program.drain()
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func goingToTheNextDeadlineAgainAndAgainReachesEveryTimer(seed: UInt64) {
    var program = WheelProgram(seed: seed)
    for _ in 0..<60 { program.insert(program.randomDeadline(below: 1 << 62)) }
    var rounds = 0
    while let next = program.nextDeadline {
      rounds += 1
      // A timer is passed down seven levels at most before it goes out.
      guard rounds < 60 * 9 else {
        Issue.record("no end")
        break
      }
      program.advance(to: max(next, program.now))
    }
    #expect(program.pending.isEmpty)
    program.drain()
  }

  @Test func anEmptyWheelHasNoDeadline() {
    var wheel = TimingWheel()
    #expect(wheel.nextDeadline == nil)
    wheel.advance(to: .max) { _ in Issue.record("there is none") }
  }

  @Test func aDeadlineInThePastIsDueAtOnce() {
    var program = WheelProgram(seed: 0)
    for deadline in [program.now, 1, program.now - 1, 0, 1] { program.insert(deadline) }
    let start = program.now
    #expect(program.advance(to: start) == [0, 1, 1, start - 1, start])
    #expect(program.pending.isEmpty)
    program.drain()
  }

  @Test func theFarthestDeadlinesNeitherOverflowNorGoOutBeforeTheEndOfTime() {
    var program = WheelProgram(seed: 0)
    let middle = UInt64(Int64.max)
    let deadlines: [UInt64] = [.max, .max - 1, middle, middle + 1]
    for deadline in deadlines { program.insert(deadline) }
    program.advance(to: 1 << 50)
    program.advance(to: UInt64(Int64.max) - WheelProgram.tick)
    #expect(program.pending.count == 4)
    program.advance(to: UInt64(Int64.max) + 2 * WheelProgram.tick)
    #expect(program.pending.count == 2)
    program.advance(to: .max)
    #expect(program.pending.isEmpty)
    program.drain()
  }

  @Test func theLastTickEndsWithTime() {
    var program = WheelProgram(seed: 0)
    let last = UInt64.max - WheelProgram.tick + 1
    for deadline in [last + 1, last + 2, last + WheelProgram.tick / 2, .max - 1, .max] {
      program.insert(deadline)
    }
    // The end of the system's clock, which is signed, and then the moment before that tick.
    program.advance(to: UInt64(Int64.max))
    #expect(program.pending.count == 5)
    program.advance(to: last - 1)
    #expect(program.pending.count == 5)
    program.advance(to: .max - 1)
    #expect(program.pending.map(\.deadline) == [.max])
    program.advance(to: .max)
    #expect(program.pending.isEmpty)
    program.drain()
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func equalDeadlinesGoOutInTheOrderOfArming(seed: UInt64) {
    var program = WheelProgram(seed: seed)
    // Few instants, near and far, so that many timers share each.
    let instants = (0..<12).map { _ in program.randomDeadline(below: 1 << 62) }.sorted()
    for _ in 0..<40 {
      for _ in 0..<10 {
        let left = instants.filter { $0 >= program.now }
        if !left.isEmpty { program.insert(program.oneOf(left)) }
      }
      if let next = program.nextDeadline { program.advance(toNear: next) }
    }
    program.drain()
  }

  @Test func timersOfOneTickGoOutInTheOrderOfTheirDeadlines() {
    var program = WheelProgram(seed: 0)
    let start = program.now + WheelProgram.tick * 10
    for offset in [5, 3, 9, 1, 7] as [UInt64] { program.insert(start + offset) }
    let out: [UInt64] = program.advance(to: start + WheelProgram.tick * 10)
    #expect(out.map { $0 & 15 } == [1, 3, 5, 7, 9])
    program.drain()
  }
}

/// A wheel, what must be in it, and random things to do.
private struct WheelProgram: ~Copyable {
  static let tick: UInt64 = 1 << 16

  struct Timer {
    let index: UInt32
    let deadline: UInt64
    /// When it must be out at the latest: the end of its tick.
    let due: UInt64
    /// As the so-manieth it was armed.
    let order: Int
  }

  private var wheel = TimingWheel()
  private(set) var pending: [Timer] = []
  private(set) var now: UInt64 = 0
  private var random: SplitMix
  private var armed = 0

  init(seed: UInt64) {
    random = SplitMix(state: seed)
    // Far from the beginning of time, so that all levels are used.
    advance(to: 1 << 58)
  }

  var nextDeadline: UInt64? { wheel.nextDeadline }

  mutating func randomDeadline(below limit: UInt64) -> UInt64 {
    // As many near as far: a random number of bits.
    let distance = random.next() >> UInt64.random(in: 0..<64, using: &random)
    let (sum, overflow) = now.addingReportingOverflow(distance)
    return min(overflow ? .max : sum, limit)
  }

  mutating func oneOf(_ deadlines: [UInt64]) -> UInt64 { deadlines.randomElement(using: &random)! }

  /// To that instant, or some way there.
  mutating func advance(toNear time: UInt64) {
    guard time > now else { return }
    advance(to: Bool.random(using: &random) ? time : UInt64.random(in: now..<time, using: &random))
  }

  mutating func step() {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: insert(UInt64.random(in: 0...now, using: &random))
    case 1: insert([.max, .max - 1, UInt64(Int64.max)].randomElement(using: &random)!)
    case 2...9: insert(randomDeadline(below: .max))
    case 10...12: removeOne()
    case 13: advance(to: min(randomDeadline(below: .max), 1 << 62))
    case 14, 15: advance(to: max(now, min(wheel.nextDeadline ?? now, 1 << 62)))
    default:
      let bits = UInt64.random(in: 0..<36, using: &random)
      advance(to: min(now + UInt64.random(in: 0...(1 << bits), using: &random), 1 << 62))
    }
  }

  mutating func insert(_ deadline: UInt64) {
    guard let (index, memory) = registrationTable.take() else {
      Issue.record("no slot")
      return
    }
    let function = unsafeBitCast(
      { _, _ in } as tenon_timer_fn, to: UnsafeRawPointer.self)
    let slot = RegistrationSlot.at(memory)
    let life = slot.fill(
      function: function, context: nil, subject: UInt(deadline), executor: .none, isTimer: true)
    slot.arm(life)
    let tickEnd = deadline | (WheelProgram.tick - 1)
    armed += 1
    let timer = Timer(
      index: index, deadline: deadline, due: tickEnd == .max ? .max : tickEnd + 1, order: armed)
    wheel.insert(index, now: now)
    let place = pending.firstIndex { $0.deadline > timer.deadline } ?? pending.count
    pending.insert(timer, at: place)
    checkNext()
  }

  private mutating func removeOne() {
    guard !pending.isEmpty else { return }
    let timer = pending.remove(at: Int.random(in: 0..<pending.count, using: &random))
    wheel.remove(timer.index)
    free(timer.index)
    checkNext()
  }

  /// Goes on, and returns the deadlines that went out.
  @discardableResult
  mutating func advance(to time: UInt64) -> [UInt64] {
    now = max(now, time)
    var out: [UInt32] = []
    wheel.advance(to: now) { out.append($0) }
    #expect(Set(out).count == out.count)
    var deadlines: [UInt64] = []
    var last = (deadline: UInt64(0), order: 0)
    for index in out {
      guard let place = pending.firstIndex(where: { $0.index == index }) else {
        Issue.record("out twice, or after it was removed")
        continue
      }
      let timer = pending.remove(at: place)
      deadlines.append(timer.deadline)
      #expect((timer.deadline, timer.order) > last, "out of order")
      last = (timer.deadline, timer.order)
      #expect(timer.deadline <= now, "early by \(timer.deadline &- now)")
      free(index)
    }
    if let late = pending.first { #expect(late.deadline > now, "late by \(now - late.deadline)") }
    checkNext()
    return deadlines
  }

  private func checkNext() {
    #expect(wheel.count == pending.count)
    guard let first = pending.first else {
      #expect(wheel.nextDeadline == nil)
      return
    }
    guard let next = wheel.nextDeadline else {
      Issue.record("a timer, but no deadline")
      return
    }
    #expect(next <= first.due, "looks too late: \(next), due \(first.due)")
  }

  /// Hands all slots back.
  mutating func drain() {
    var left = Set(pending.map(\.index))
    wheel.removeAll { left.remove($0) }
    #expect(left.isEmpty)
    for timer in pending { free(timer.index) }
    pending = []
    #expect(wheel.count == 0)
  }

  private func free(_ index: UInt32) {
    let slot = RegistrationSlot.at(index)
    let isLinked = slot.pointee.isLinked
    #expect(!isLinked)
    freeRegistration(index, slot)
  }
}

/// Random numbers that are the same every time (S. Vigna's splitmix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
