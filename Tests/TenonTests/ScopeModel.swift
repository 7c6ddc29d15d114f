/// What scopes and combinators do, without threads, memory or callbacks: work is a number, and the model says of each what
/// it was asked and how it ended. Random programs are run on this and on the real thing.
struct ScopeModel {
  /// An error, by what it says.
  indirect enum Reason: Equatable {
    case given(Int)
    case otherWasFirst
    case timeout
    case deadline
    case cancelled(because: Reason?)
    case failures(Int, first: Reason)
    case noneFulfilled(first: Reason?)
  }

  enum End: Equatable {
    case value(index: UInt64?)
    case failure(Reason)
    case cancelled(because: Reason?)
  }

  enum Kind: CaseIterable {
    case promise, scope, collectingScope, all, allSettled, any, race, timeout, sleep
  }

  struct Work {
    let kind: Kind
    let keeps: Bool
    /// The inputs of a combinator, in order; what a scope waits for.
    var inputs: [Int]
    /// Inputs whose end it has not been told.
    var pending: Int
    var end: End?
    /// A cancel was requested, for a reason.
    var isAsked = false
    var reason: Reason?
    /// It has heard of that.
    var isCancelling = false
    var isClosed = false
    /// Its value was moved on.
    var isTaken = false
    var failures: [Reason] = []
    var firstError: Reason?
    /// Who waits for its end: once for each time that it is an input.
    var listeners: [Int] = []
    var isScope: Bool { kind == .scope || kind == .collectingScope }
  }

  /// What a poll runs: a timer that is due, or was cancelled.
  private enum Job: Equatable {
    case sleepIsOver(Int)
    case sleepIsCancelled(Int)
    case timeIsUp(Int)
    case deadlineHasPassed(Int)
  }

  private(set) var works: [Work] = []
  private(set) var now: UInt64 = 0
  private var timers: [(deadline: UInt64, job: Job)] = []
  private var jobs: [Job] = []
  /// One callback at a time: what happens in one is told after it.
  private var isTelling = false
  private var waiting: [Event] = []

  private enum Event {
    case ended(Int, listener: Int)
    case asked(Int)
  }

  // MARK: What a program does

  mutating func make(_ kind: Kind, _ inputs: [Int] = [], keeps: Bool = false) -> Int {
    let new = works.count
    works.append(Work(kind: kind, keeps: keeps, inputs: inputs, pending: inputs.count))
    if kind == .promise || kind == .sleep || works[new].isScope { return new }
    for input in inputs where works[new].end == nil {
      if works[input].end != nil {
        inputEnded(input, of: new)
      } else {
        works[input].listeners.append(new)
      }
    }
    if inputs.isEmpty && kind != .race { allEnded(of: new) }
    return new
  }

  mutating func makeSleep(until deadline: UInt64) -> Int {
    let new = make(.sleep)
    timers.append((deadline, .sleepIsOver(new)))
    return new
  }

  mutating func makeTimeout(_ input: Int, at deadline: UInt64) -> Int {
    let new = make(.timeout, [input])
    timers.append((deadline, .timeIsUp(new)))
    return new
  }

  mutating func setDeadline(_ deadline: UInt64, of scope: Int) {
    timers.append((deadline, .deadlineHasPassed(scope)))
  }

  /// Time passes, and the loop polls.
  mutating func advance(to instant: UInt64) {
    now = instant
    jobs += timers.filter { $0.deadline <= now }.sorted { $0.deadline < $1.deadline }.map(\.job)
    timers.removeAll { $0.deadline <= now }
    poll()
  }

  mutating func poll() {
    while !jobs.isEmpty {
      switch jobs.removeFirst() {
      case .sleepIsOver(let sleep): settle(sleep, .value(index: nil))
      case .sleepIsCancelled(let sleep): settle(sleep, .cancelled(because: nil))
      case .deadlineHasPassed(let scope): ask(scope, .deadline)
      case .timeIsUp(let work):
        if works[work].end != nil { continue }
        settle(work, .failure(.timeout))
        ask(works[work].inputs[0], .timeout)
      }
    }
  }

  /// false: refused.
  mutating func add(_ work: Int, to scope: Int) -> Bool {
    if works[scope].end != nil { return false }
    if works[work].end != nil {
      works[scope].inputs.append(work)
      memberEnded(work, of: scope)
    } else {
      works[scope].inputs.append(work)
      works[work].listeners.append(scope)
      if works[scope].isCancelling { ask(work, works[scope].reason) }
    }
    return true
  }

  mutating func close(_ scope: Int) {
    works[scope].isClosed = true
    endIfEmpty(scope)
  }

  mutating func settle(_ work: Int, _ end: End) {
    if works[work].end != nil { return }
    works[work].end = end
    // The reason of a request stands.
    if case .cancelled = end, works[work].isAsked {
      works[work].end = .cancelled(because: works[work].reason)
    }
    let listeners = works[work].listeners
    works[work].listeners = []
    tell(listeners.map { .ended(work, listener: $0) })
  }

  mutating func ask(_ work: Int, _ reason: Reason?) {
    if works[work].end != nil || works[work].isAsked { return }
    works[work].isAsked = true
    works[work].reason = reason
    tell([.asked(work)])
  }

  /// Whether the end of one waits for the end of the other.
  func waits(_ work: Int, for other: Int) -> Bool {
    work == other || works[work].inputs.contains { works[$0].end == nil && waits($0, for: other) }
  }

  // MARK: What follows

  /// All that one event leads to is due before anybody is told.
  private mutating func tell(_ events: [Event]) {
    waiting += events
    if isTelling { return }
    isTelling = true
    while !waiting.isEmpty {
      switch waiting.removeFirst() {
      case .ended(let work, let listener):
        if works[listener].isScope {
          memberEnded(work, of: listener)
        } else {
          inputEnded(work, of: listener)
        }
      case .asked(let work): asked(work)
      }
    }
    isTelling = false
  }

  private mutating func asked(_ work: Int) {
    if works[work].end != nil || works[work].kind == .promise { return }
    // A timeout ends as its input does, or by its time, in any case.
    works[work].isCancelling = works[work].kind != .timeout
    if works[work].kind == .sleep {
      // One that is due already is not cancelled any more.
      guard let timer = timers.firstIndex(where: { $0.job == .sleepIsOver(work) }) else { return }
      timers.remove(at: timer)
      return jobs.append(.sleepIsCancelled(work))
    }
    if !works[work].isScope && (works[work].keeps || works[work].inputs.isEmpty) {
      return settle(work, .cancelled(because: nil))
    }
    for input in works[work].inputs { ask(input, works[work].reason) }
  }

  private mutating func memberEnded(_ member: Int, of scope: Int) {
    works[scope].inputs.remove(at: works[scope].inputs.firstIndex(of: member)!)
    if case .failure(let reason) = works[member].end, !works[scope].isAsked {
      works[scope].failures.append(reason)
      let isOver = works[scope].isClosed && works[scope].inputs.isEmpty
      if works[scope].kind == .scope && !isOver { ask(scope, reason) }
    }
    endIfEmpty(scope)
  }

  private mutating func endIfEmpty(_ scope: Int) {
    guard works[scope].isClosed, works[scope].inputs.isEmpty else { return }
    let failures = works[scope].failures
    if failures.count > 1 {
      settle(scope, .failure(.failures(failures.count, first: failures[0])))
    } else if let failure = failures.first {
      settle(scope, .failure(failure))
    } else {
      settle(scope, works[scope].isAsked ? .cancelled(because: nil) : .value(index: nil))
    }
  }

  private mutating func inputEnded(_ input: Int, of work: Int) {
    guard works[work].end == nil, let end = works[input].end else { return }
    works[work].pending -= 1
    let index = works[work].inputs.firstIndex(of: input)!
    if index == 0 && works[work].firstError == nil { works[work].firstError = error(of: end) }
    if decides(end, works[work].kind) && !works[work].isCancelling {
      let failure = error(of: end)
      if works[work].kind == .timeout {
        if failure == nil { works[input].isTaken = true }
        return settle(work, end)
      }
      settle(work, failure == nil ? .value(index: UInt64(index)) : end)
      if works[work].keeps || works[work].pending == 0 { return }
      for other in works[work].inputs { ask(other, failure ?? .otherWasFirst) }
    } else if works[work].pending == 0 {
      allEnded(of: work)
    }
  }

  private mutating func allEnded(of work: Int) {
    if works[work].isCancelling {
      settle(work, .cancelled(because: nil))
    } else if works[work].kind == .any {
      settle(work, .failure(.noneFulfilled(first: works[work].firstError)))
    } else {
      settle(work, .value(index: nil))
    }
  }

  private func decides(_ end: End, _ kind: Kind) -> Bool {
    switch kind {
    case .all: error(of: end) != nil
    case .any: error(of: end) == nil
    case .race, .timeout: true
    default: false
    }
  }

  private func error(of end: End) -> Reason? {
    switch end {
    case .value: nil
    case .failure(let reason): reason
    case .cancelled(let reason): .cancelled(because: reason)
    }
  }
}
