import CSwiftRuntime
import CTenon

/// A Swift job that waits for a time in an executor's wheel: for a task that sleeps.
// SAFETY: `timer` is written before others have it; what follows is the list's, under the executor's mutex.
class Alarm: @unchecked Sendable {
  let job: Job
  /// Who sleeps, if a cancel ends that; nil: nobody knows.
  private let sleeper: UnsafeCurrentTask?
  /// Its timer in the wheel.
  var timer: Handle?

  fileprivate enum Place { case nowhere, waiting, cancelled, gone }
  fileprivate var place = Place.nowhere
  /// After how many looks it was found to be for nothing.
  fileprivate var foundAfter = 0
  fileprivate unowned(unsafe) var next: Alarm?
  fileprivate unowned(unsafe) var previous: Alarm?

  /// On the thread of whoever goes to sleep.
  init(_ job: Job) {
    self.job = job
    // What the runtime enqueues for a sleep that a cancel ends is a task; for one that lasts in any case it is none.
    sleeper = tenon__job_is_task(job.address) ? withUnsafeCurrentTask { $0 } : nil
  }

  /// It stays so, once it is.
  fileprivate var isForNothing: Bool { sleeper?.isCancelled ?? false }
}

/// The alarms of an executor, under its mutex.
///
/// A task that is cancelled sleeps no more, but the runtime leaves its job where it is, until its time. So no loop lives for such a job,
/// and it is rung early: not at once, as whoever cancels may be about to tell the task, but when a whole turn from one look to the next
/// has gone by since it was found so. A look comes when as many have come as the last one found that go on.
struct Alarms: ~Copyable {
  private(set) var count = 0
  private var waiting = List()
  private var cancelled = List()
  private var looks = 0
  private var nextLook = 64

  /// Adds one, unless it has rung meanwhile; gives the timers of those that may ring now.
  mutating func add(_ alarm: Alarm) -> [Handle] {
    guard alarm.place == .nowhere else { return [] }
    alarm.place = .waiting
    waiting.append(alarm)
    count += 1
    return count < nextLook ? [] : look()
  }

  /// Before it rings.
  mutating func remove(_ alarm: Alarm) {
    switch alarm.place {
    case .waiting: waiting.remove(alarm)
    case .cancelled: cancelled.remove(alarm)
    case .nowhere, .gone:
      alarm.place = .gone
      return
    }
    alarm.place = .gone
    count -= 1
  }

  /// Whether somebody sleeps who has not been cancelled.
  mutating func isAnybodyAsleep() -> Bool {
    while let alarm = waiting.first {
      guard alarm.isForNothing else { return true }
      move(alarm)
    }
    return false
  }

  private mutating func look() -> [Handle] {
    var timers: [Handle] = []
    looks += 1
    var alarm = cancelled.first
    while let one = alarm, one.foundAfter < looks - 1 {
      alarm = one.next
      if let timer = one.timer { timers.append(timer) }
    }
    alarm = waiting.first
    while let one = alarm {
      alarm = one.next
      if one.isForNothing { move(one) }
    }
    // Each look is at those that go on, and at what has come since: no fewer than they are.
    nextLook = count - timers.count + max(64, waiting.count)
    return timers
  }

  private mutating func move(_ alarm: Alarm) {
    waiting.remove(alarm)
    alarm.place = .cancelled
    alarm.foundAfter = looks
    cancelled.append(alarm)
  }

  /// It owns none of them: their timers do.
  private struct List {
    unowned(unsafe) var first: Alarm?
    unowned(unsafe) var last: Alarm?
    var count = 0

    mutating func append(_ alarm: Alarm) {
      (alarm.previous, alarm.next) = (last, nil)
      if let last { last.next = alarm } else { first = alarm }
      last = alarm
      count += 1
    }

    mutating func remove(_ alarm: Alarm) {
      if let previous = alarm.previous { previous.next = alarm.next } else { first = alarm.next }
      if let next = alarm.next { next.previous = alarm.previous } else { last = alarm.previous }
      count -= 1
    }
  }
}
