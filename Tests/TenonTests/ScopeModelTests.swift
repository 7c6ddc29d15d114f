import CTenon
import Testing

@testable import Tenon

/// Random programs, on the model and on the real thing, on one thread and in a time that passes when the program says so:
/// after each step both must say the same of all work.
@Suite struct ScopeModelTests {
  @Test func randomProgramsDoWhatTheModelDoes() throws {
    for seed in 0..<UInt64(isSanitized ? 200 : 3000) {
      var world = try ScopeWorld(seed)
      for _ in 0..<48 {
        let step = try world.step()
        world.poll()
        guard let difference = world.difference() else { continue }
        Issue.record("seed \(seed): after \(step): \(difference)")
        return
      }
      try world.finish()
      if let difference = world.difference() ?? world.leftOver() {
        Issue.record("seed \(seed): at the end: \(difference)")
        return
      }
    }
  }
}

struct Randomness: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

private struct ScopeWorld {
  var model = ScopeModel()
  /// The same work, really: a future, and what settles or closes it.
  var futures: [Future] = []
  var promises: [Int: Promise] = [:]
  var scopes: [Int: Scope] = [:]
  var handles: [Handle] = []
  var errors: [Failure] = []
  var random: Randomness
  let host: VirtualHost
  let executor: LoopExecutor
  /// Inputs of timeouts, which take their values.
  var timed: Set<Int> = []
  /// Instants that are some timer's: no two are the same, so that it is clear which is first.
  var instants: Set<UInt64> = []

  init(_ seed: UInt64) throws {
    random = Randomness(state: seed)
    host = VirtualHost()
    executor = try host.makeExecutor()
    errors = (0..<4).map { Failure(domain: "test", code: $0, message: "given") }
  }

  /// The scope's own end, without closing it.
  static func end(of scope: Scope) throws -> Future {
    let future = try #require(ScopeTable.locked(scope.handle) { $0.pointee.future })
    return try Future(borrowing: future.pointer)
  }

  mutating func step() throws -> String {
    let kind = ScopeModel.Kind.allCases.randomElement(using: &random)!
    let works = model.works.indices.filter { !timed.contains($0) }
    switch Int.random(in: 0..<13, using: &random) {
    case 0, 1, 2:
      if kind == .scope || kind == .collectingScope { return try makeScope(kind) }
      if kind == .promise || works.isEmpty { return try makePromise() }
      if kind == .sleep { return try makeSleep() }
      if kind == .timeout { return try makeTimeout(works.randomElement(using: &random)!) }
      return try makeCombinator(kind, works)
    case 3: return try makePromise()
    case 4, 5:
      guard let scope = scopes.keys.sorted().randomElement(using: &random),
        let work = works.randomElement(using: &random), !model.waits(work, for: scope)
      else { return "nothing" }
      let isAdded = model.add(work, to: scope)
      let status = tenon_scope_add(scopes[scope]!.pointer, futures[work].pointer)
      #expect(status == (isAdded ? TENON_STATUS_OK : TENON_STATUS_CLOSED))
      return "adding \(work) to \(scope)"
    case 6, 7:
      guard let promise = promises.keys.sorted().randomElement(using: &random) else {
        return "nothing"
      }
      return settle(promise, Int.random(in: 0..<4, using: &random))
    case 8:
      guard let work = works.randomElement(using: &random) else { return "nothing" }
      let number = Int.random(in: 0..<5, using: &random)
      model.ask(work, number == 4 ? nil : .given(number))
      if number == 4 {
        futures[work].cancel()
      } else {
        futures[work].cancel(because: errors[number])
      }
      return "cancelling \(work) because of \(number)"
    case 9: return try makeSleep()
    case 10, 11:
      let instant = model.now + UInt64.random(in: 1..<24, using: &random)
      host.now = instant * VirtualHost.unit
      model.advance(to: instant)
      return "waiting until \(instant)"
    default:
      guard let scope = scopes.keys.sorted().randomElement(using: &random) else { return "nothing" }
      model.close(scope)
      _ = try scopes[scope]!.close()
      return "closing \(scope)"
    }
  }

  private mutating func makePromise() throws -> String {
    let number = model.make(.promise)
    let (promise, future) = try Promise.make()
    promises[number] = promise
    keep(future)
    return "making promise \(number)"
  }

  private mutating func makeScope(_ kind: ScopeModel.Kind) throws -> String {
    let parent = scopes.keys.sorted().randomElement(using: &random)
    if let parent, model.works[parent].end != nil { return "nothing" }
    let number = model.make(kind)
    let deadline = Int.random(in: 0..<3, using: &random) == 0 ? instant() : nil
    let scope = try Scope(
      on: deadline == nil ? nil : executor, parent: parent.flatMap { scopes[$0] },
      policy: kind == .scope ? .cancelSiblings : .collect,
      deadline: deadline.map { LoopClock.Instant(nanoseconds: $0 * VirtualHost.unit) })
    if let parent { _ = model.add(number, to: parent) }
    if let deadline { model.setDeadline(deadline, of: number) }
    scopes[number] = scope
    handles.append(scope.handle)
    keep(try ScopeWorld.end(of: scope))
    return "making \(kind) \(number) in \(parent.map { "\($0)" } ?? "none")"
  }

  /// One to come, that is no other timer's.
  private mutating func instant() -> UInt64 {
    var instant = model.now
    repeat { instant += UInt64.random(in: 1..<24, using: &random) } while instants.contains(instant)
    instants.insert(instant)
    return instant
  }

  private func duration(until instant: UInt64) -> Duration {
    .nanoseconds((instant - model.now) * VirtualHost.unit)
  }

  private mutating func makeSleep() throws -> String {
    let instant = instant()
    let number = model.makeSleep(until: instant)
    keep(try executor.sleep(for: duration(until: instant)))
    return "making \(number), a sleep until \(instant)"
  }

  private mutating func makeTimeout(_ input: Int) throws -> String {
    let instant = instant()
    let number = model.makeTimeout(input, at: instant)
    timed.insert(input)
    keep(try futures[input].timeout(after: duration(until: instant), on: executor))
    return "making \(number), \(input) until \(instant)"
  }

  private mutating func makeCombinator(_ kind: ScopeModel.Kind, _ works: [Int]) throws -> String {
    let inputs = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
      works.randomElement(using: &random)!
    }
    let keeps = Int.random(in: 0..<3, using: &random) == 0
    let number = model.make(kind, inputs, keeps: keeps)
    let reals = inputs.map { futures[$0] }
    switch kind {
    case .all: keep(try Future.all(reals, keepingOthers: keeps))
    case .allSettled: keep(try Future.allSettled(reals, keepingOthers: keeps))
    case .any: keep(try Future.any(reals, keepingOthers: keeps))
    default: keep(try Future.race(reals, keepingOthers: keeps))
    }
    return "making \(number), \(kind) of \(inputs)\(keeps ? ", which are kept" : "")"
  }

  private mutating func keep(_ future: Future) {
    futures.append(future)
    handles.append(future.handle)
  }

  private mutating func settle(_ promise: Int, _ way: Int) -> String {
    switch way {
    case 0, 1:
      model.settle(promise, .value(index: nil))
      promises[promise]!.resolve()
    case 2:
      model.settle(promise, .failure(.given(promise % 4)))
      promises[promise]!.reject(errors[promise % 4])
    default:
      model.settle(promise, .cancelled(because: nil))
      promises[promise]!.cancel()
    }
    return "settling \(promise) as \(way)"
  }

  /// The loop runs what there is to do.
  mutating func poll() {
    model.poll()
    #expect(tenon_executor_poll(executor.pointer, nil, nil) == TENON_STATUS_OK)
  }

  /// Ends what is left, and lets go of all.
  mutating func finish() throws {
    for scope in scopes.keys.sorted() {
      model.close(scope)
      _ = try scopes[scope]!.close()
    }
    for promise in promises.keys.sorted() { _ = settle(promise, promise % 4) }
    // Races of nothing.
    for work in model.works.indices where model.works[work].end == nil {
      model.ask(work, nil)
      futures[work].cancel()
      poll()
    }
    for (work, future) in futures.enumerated() where !future.isSettled {
      Issue.record("\(work) has no end")
    }
  }

  /// What is not as in the model.
  func difference() -> String? {
    for (number, work) in model.works.enumerated() {
      let future = futures[number]
      var value = tenon_value_t()
      if work.isTaken {
        if tenon_future_peek(future.pointer, &value) == TENON_STATUS_TAKEN { continue }
        return "\(number), \(work.kind), should have given its value away"
      }
      let end = ScopeWorld.end(of: future)
      if end != work.end {
        return "\(number), \(work.kind), is \(end as Any), and should be \(work.end as Any)"
      }
      guard work.end == nil else { continue }
      var reason: Handle?
      let status = copyReason(future.handle.as(.promise), &reason)
      if (status == TENON_STATUS_OK) != work.isAsked { return "\(number) is wrongly asked to end" }
      let given = reason.map { ScopeWorld.reason(in: $0) }
      if let reason { _ = ErrorSlot.release(reason) }
      if given != work.reason {
        return "\(number) is asked for \(given as Any), and should be for \(work.reason as Any)"
      }
    }
    return nil
  }

  private static func end(of future: Future) -> ScopeModel.End? {
    var value = tenon_value_t()
    switch tenon_future_peek(future.pointer, &value) {
    case TENON_STATUS_PENDING: return nil
    case TENON_STATUS_OK:
      return .value(index: value.isKind == TENON_VALUE_U64 ? value.as.u64 : nil)
    case let status:
      var error: OpaquePointer?
      #expect(tenon_future_copy_error(future.pointer, &error) == TENON_STATUS_OK)
      defer { _ = tenon_error_release(error) }
      let reason = reason(in: Handle(error))
      guard status == TENON_STATUS_CANCELLED else { return .failure(reason) }
      guard case .cancelled(let because) = reason else { return nil }
      return .cancelled(because: because)
    }
  }

  /// What an error says, in the model's terms.
  private static func reason(in handle: Handle) -> ScopeModel.Reason {
    let failure = Failure(retaining: handle)
    if failure.domain == "test" { return .given(Int(failure.code)) }
    let cause = (failure.cause as? Failure).map { reason(in: $0.handle) }
    if failure.code == Int64(TENON_STATUS_TIMEOUT.rawValue) {
      return failure.message.hasPrefix("the scope's") ? .deadline : .timeout
    }
    if failure.code == Int64(TENON_STATUS_REJECTED.rawValue) {
      guard let cause, let count = Int(failure.message.prefix { $0.isNumber }) else {
        return .noneFulfilled(first: cause)
      }
      return .failures(count, first: cause)
    }
    return failure.message.hasPrefix("another") ? .otherWasFirst : .cancelled(because: cause)
  }

  /// What is still there when everything was let go of.
  mutating func leftOver() -> String? {
    let errorHandles = errors.map { $0.handle }
    defer { #expect((try? executor.close()) == true) }
    (futures, promises, scopes, errors) = ([], [:], [:], [])
    // Timers that are not needed any more say so in a poll.
    poll()
    for handle in handles {
      let isGone =
        handle.is(.scope)
        ? ScopeTable.locked(handle) { _ in } == nil : pollFuture(handle) == TENON_STATUS_STALE
      if !isGone { return "\(String(handle.bits, radix: 16)) is left" }
    }
    for handle in errorHandles where ErrorSlot.retain(handle) != TENON_STATUS_STALE {
      return "an error is left"
    }
    return nil
  }
}
