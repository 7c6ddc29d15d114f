import Testing

@testable import Tenon

/// A clock whose durations are none of Swift's.
private struct Ticks: DurationProtocol {
  var count: Int
  static let zero = Ticks(count: 0)
  static func + (one: Ticks, other: Ticks) -> Ticks { Ticks(count: one.count + other.count) }
  static func - (one: Ticks, other: Ticks) -> Ticks { Ticks(count: one.count - other.count) }
  static func * (one: Ticks, factor: Int) -> Ticks { Ticks(count: one.count * factor) }
  static func / (one: Ticks, divisor: Int) -> Ticks { Ticks(count: one.count / divisor) }
  static func / (one: Ticks, other: Ticks) -> Double { Double(one.count) / Double(other.count) }
  static func < (one: Ticks, other: Ticks) -> Bool { one.count < other.count }
}

/// When a sleep of Swift's ends, in the system's time.
@Suite struct DueTests {
  private let instant = ContinuousClock.now
  private let reference = Reference(ContinuousClock.Instant.self)

  @Test func oneInstantIsOneDeadlineHoweverLateItIsLookedAt() {
    #expect(reference.deadline(instant, about: 5_000_000) == 5_000_000)
    #expect(reference.deadline(instant, about: 5_000_400) == 5_000_000)
    #expect(reference.deadline(instant, about: 4_999_700) == 5_000_000)
  }

  @Test func othersAreAsFarFromItAsTheirInstants() {
    _ = reference.deadline(instant, about: 5_000_000)
    #expect(
      reference.deadline(instant.advanced(by: .milliseconds(7)), about: 12_000_300) == 12_000_000)
    #expect(
      reference.deadline(instant.advanced(by: .milliseconds(-3)), about: 2_000_300) == 2_000_000)
  }

  @Test func whatWasBeforeTheSystemBeganIsOverAtOnce() {
    _ = reference.deadline(instant, about: 500_000)
    #expect(reference.deadline(instant.advanced(by: .seconds(-1)), about: 0) == 0)
  }

  @Test func afterTheSystemWasSuspendedItIsCountedAnew() {
    _ = reference.deadline(instant, about: 5_000_000)
    let later = instant.advanced(by: .seconds(60))
    #expect(reference.deadline(later, about: 9_000_000) == 9_000_000)
    #expect(reference.deadline(later, about: 9_000_400) == 9_000_000)
    // The other way round: the clock that goes on.
    #expect(reference.deadline(later, about: 70_000_000) == 70_000_000)
    #expect(reference.deadline(later, about: 70_000_400) == 70_000_000)
  }

  @Test func whatNeverComesIsNothingToCountFrom() {
    #expect(reference.deadline(instant, about: .max) == .max)
    #expect(reference.deadline(instant, about: 5_000_000) == 5_000_000)
    #expect(reference.deadline(instant.advanced(by: .seconds(60)), about: .max) == .max)
    #expect(reference.deadline(instant, about: 5_000_400) == 5_000_000)
  }

  @Test func aDeadlineOfTheSystemIsAsFarAwayAsItIs() {
    #expect(Due(at: .max).delay == .max)
    #expect(Due(at: 1).delay == 0)
    let hour: UInt64 = 3_600_000_000_000
    let before = Time.now
    let due = Due(at: before + hour)
    #expect(due.deadline == before + hour)
    #expect(due.delay <= hour && due.delay >= hour - (Time.now - before))
  }

  @Test func whatHasComeIsNotFarAway() {
    #expect(Time.left(until: 5, from: 3) == 2)
    #expect(Time.left(until: 5, from: 5) == 0)
    #expect(Time.left(until: 5, from: 7) == 0)
  }

  @Test func aDurationThatIsNoneOfSwiftsIsOverAtOnce() {
    #expect(nanoseconds(Duration.milliseconds(3)) == 3_000_000)
    #expect(nanoseconds(Ticks(count: 3)) == 0)
  }
}
