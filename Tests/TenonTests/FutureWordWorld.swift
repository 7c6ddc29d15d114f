import CTenon

@testable import Tenon

/// One future as the core keeps it, and the parties that work on it, as a value: so that every order of their atomic
/// steps can be tried. The word's transitions are the core's own; the rest is a small model of their effects.
struct World: Hashable {
  /// One atomic step that a party still has to do.
  enum Step: Hashable {
    // The operations of the contract.
    case settle(UInt8, FutureWord.Phase)
    case releasePromise(UInt8)
    case cancel, release, retain, take, look
    case onComplete(UInt8), onCancel(UInt8), forget(UInt8)
    // What they consist of.
    case store(UInt8, FutureWord.Phase, locked: UInt)
    case publish(UInt)
    case captureCancels(locked: UInt, next: UInt)
    case fire([UInt8])
    case deliver(UInt8), tell(UInt8), free(UInt8)
    case moveOut(locked: UInt)
    case lookAt(locked: UInt)
    case register(UInt8)
    case linkCompletion(UInt8, old: UInt, locked: UInt)
    case linkCancel(UInt8, old: UInt, locked: UInt)
    case lockToForget(UInt8)
    case unlink(UInt8, locked: UInt)
    case forgetLate(UInt8), forgetQueued(UInt8), awaitEnd(UInt8)
  }

  struct Registration: Hashable {
    var state = RegistrationSlot.State.free
    var isCompletion = false
    var isLinked = false
    /// The core said that it will be told.
    var isRegistered = false
    var told: UInt8 = 0
    var created: UInt8 = 0
    var freed: UInt8 = 0
  }

  static let life = Handle.mark | 1 << Handle.generationShift
  static let future = Handle(.future, index: 0, word: life)
  static let promise = Handle(.promise, index: 0, word: life)
  static let noValue: UInt8 = 255
  /// Registrations that are there from the beginning; below these each party has its own.
  static let waitingCompletion: UInt8 = 3
  static let waitingCancel: UInt8 = 4

  var word: FutureWordBits
  var value = World.noValue
  var completions: [UInt8] = []
  var cancels: [UInt8] = []
  var registrations = [Registration](repeating: Registration(), count: 5)
  /// How often each value was dropped, taken or given back.
  var ended = [UInt8](repeating: 0, count: 8)
  /// How many references there are, by the contract.
  var held: Int
  var settlings = 0
  var slotsFreed = 0
  /// What each party has still to do, the next one last.
  var parties: [[Step]]
  /// What was found to be wrong.
  var fault: String?

  init(parties: [[Step]], flags: UInt, isAwaited: Bool) {
    let readers = max(1, parties.count { $0.contains(.release) })
    let word = FutureWord(creatingIn: World.life, flags: flags)
    self.word = FutureWordBits(word.bits + UInt(readers - 1) * FutureWord.reader)
    self.parties = parties.map { $0.reversed() }
    held = readers
    guard isAwaited else { return }
    let waiting = [World.waitingCompletion, World.waitingCancel]
    for index in waiting {
      registrations[Int(index)] = Registration(
        state: .armed, isCompletion: index == World.waitingCompletion, isLinked: true,
        isRegistered: true, created: 1)
    }
    completions = [World.waitingCompletion]
    cancels = [World.waitingCancel]
    self.word = FutureWordBits(self.word.bits + FutureWord.reader)
    held += 1
  }

  var current: FutureWord { FutureWord(word.bits) }

  /// A word that can be a key.
  struct FutureWordBits: Hashable {
    var bits: UInt
    init(_ bits: UInt) { self.bits = bits }
  }
}

extension World {
  /// Does a party's next step; false: it has to wait.
  mutating func advance(_ party: Int) -> Bool {
    guard let step = parties[party].popLast() else { return false }
    if run(step, party) { return true }
    parties[party].append(step)
    return false
  }

  private mutating func then(_ party: Int, _ steps: Step...) {
    parties[party].append(contentsOf: steps.reversed())
  }

  private mutating func refuse(_ what: String) { if fault == nil { fault = what } }

  /// Makes a transition real. nil: wait.
  private mutating func transition(
    _ step: FutureWord.Step, _ done: (inout World, UInt) -> Void,
    refused: (inout World, tenon_status_t) -> Void = { _, _ in }
  ) -> Bool {
    switch step {
    case .wait: return false
    case .refuse(let status): refused(&self, status)
    case .become(let next):
      if current.has(FutureWord.locked) { refuse("changed while somebody else had the lock") }
      if current.isFree { refuse("changed after its end") }
      word = FutureWordBits(next.bits)
      done(&self, next.bits)
    }
    return true
  }

  private mutating func end(_ value: UInt8) {
    if value != World.noValue { ended[Int(value)] += 1 }
  }

  /// The word that the holder of the lock stores.
  private mutating func publish(_ next: UInt, over locked: UInt? = nil) {
    if let locked, word.bits != locked { refuse("changed under the lock") }
    if !current.has(FutureWord.locked) { refuse("published without the lock") }
    word = FutureWordBits(next)
  }

  private mutating func freeSlot() {
    slotsFreed += 1
    if held != 0 { refuse("freed while somebody has it") }
    if settlings != 1 { refuse("freed while it is pending") }
    if value != World.noValue { end(value) }
    value = World.noValue
  }

  /// Moves a registration as `RegistrationSlot.move` does.
  private mutating func move(
    _ index: UInt8, _ from: RegistrationSlot.State, _ to: RegistrationSlot.State
  ) -> Bool {
    guard registrations[Int(index)].state == from else { return false }
    registrations[Int(index)].state = to
    return true
  }

  private mutating func create(_ index: UInt8, isCompletion: Bool) {
    registrations[Int(index)] = Registration(
      state: .armed, isCompletion: isCompletion,
      created: registrations[Int(index)].created + 1, freed: registrations[Int(index)].freed)
  }

  /// What ends a registration's wait: a completion's reader goes.
  private mutating func endWaiting(_ party: Int, _ index: UInt8) {
    if registrations[Int(index)].isCompletion { then(party, .release) }
  }

  private mutating func run(_ step: Step, _ party: Int) -> Bool {
    switch step {
    case .settle, .releasePromise, .store: return runSettle(step, party)
    case .onComplete, .onCancel, .register, .linkCompletion, .linkCancel:
      return runRegister(step, party)
    case .forget, .lockToForget, .unlink, .forgetLate, .forgetQueued, .awaitEnd:
      return runForget(step, party)
    case .fire, .deliver, .tell, .free: return runTell(step, party)
    case .cancel, .release, .retain, .take, .look, .publish, .captureCancels, .moveOut, .lookAt:
      return runRead(step, party)
    }
  }

  private mutating func runSettle(_ step: Step, _ party: Int) -> Bool {
    switch step {
    case .settle(let value, let phase):
      return transition(
        current.settling(World.promise),
        { $0.then(party, .store(value, phase, locked: $1)) },
        refused: { world, _ in world.end(value) })
    case .releasePromise(let value):
      let isCancelled = current.has(FutureWord.cancelRequested) && slotsFreed == 0
      then(party, .settle(value, isCancelled ? .cancelled : .rejected))
    case .store(let value, let phase, let locked):
      let settled = FutureWord(locked).settled(phase)
      settlings += 1
      let told = completions + cancels
      (completions, cancels) = ([], [])
      if settled.isFree {
        publish(settled.bits, over: locked)
        freeSlot()
        end(value)
        then(party, .fire(told))
      } else {
        // Nobody may see this before the word is published.
        self.value = value
        then(party, .publish(settled.bits), .fire(told))
      }
    default: break
    }
    return true
  }

  private mutating func runRead(_ step: Step, _ party: Int) -> Bool {
    switch step {
    case .cancel:
      return transition(
        current.cancelling(World.future),
        { $0.then(party, .captureCancels(locked: $1, next: FutureWord($1).unlocked.bits)) })
    case .release:
      let old = current
      return transition(current.releasing(World.future)) { world, next in
        if FutureWord(next).has(FutureWord.locked) {
          let last = FutureWord(next).releasedLast.bits
          world.then(party, .captureCancels(locked: next, next: last))
          if old.readers != FutureWord.reader { world.refuse("abandoned while others read") }
          return
        }
        world.held -= 1
        if FutureWord(next).isFree {
          if old.has(FutureWord.taken) { world.value = World.noValue }
          world.freeSlot()
        }
      }
    case .captureCancels(let locked, let next):
      let captured = cancels
      cancels = []
      for index in captured { registrations[Int(index)].isLinked = false }
      if FutureWord(locked).readers != FutureWord(next).readers { held -= 1 }
      publish(next, over: locked)
      then(party, .fire(captured))
    case .publish(let next): publish(next)
    case .retain:
      return transition(current.retaining(World.future), { world, _ in world.held += 1 })
    case .take:
      return transition(
        current.taking(World.future), { $0.then(party, .moveOut(locked: $1)) })
    case .look:
      return transition(
        current.lockingValue(World.future), { $0.then(party, .lookAt(locked: $1)) })
    case .lookAt(let locked):
      if value != World.noValue, ended[Int(value)] != 0 { refuse("looked at what has ended") }
      publish(FutureWord(locked).unlocked.bits, over: locked)
    case .moveOut(let locked):
      end(value)
      publish(FutureWord(locked).unlocked.bits, over: locked)
    default: break
    }
    return true
  }

  private mutating func runRegister(_ step: Step, _ party: Int) -> Bool {
    switch step {
    case .onComplete(let index):
      create(index, isCompletion: true)
      if current.status == TENON_STATUS_PENDING {
        then(party, .register(index))
      } else {
        then(party, .free(index))
      }
    case .register(let index):
      let old = word.bits
      return transition(
        current.registering(World.future),
        { $0.then(party, .linkCompletion(index, old: old, locked: $1)) },
        refused: { world, _ in world.then(party, .free(index)) })
    case .linkCompletion(let index, let old, let locked):
      guard FutureWord(old).isPending else {
        publish(old, over: locked)
        then(party, .free(index))
        break
      }
      held += 1
      completions.append(index)
      registrations[Int(index)].isRegistered = true
      publish(FutureWord(locked).unlocked.bits, over: locked)
    case .onCancel(let index):
      let old = word.bits
      create(index, isCompletion: false)
      let isDone = transition(
        current.lockingPromise(World.promise),
        { $0.then(party, .linkCancel(index, old: old, locked: $1)) },
        refused: { world, _ in world.then(party, .free(index)) })
      if !isDone { registrations[Int(index)].created -= 1 }
      return isDone
    case .linkCancel(let index, let old, let locked):
      if FutureWord(old).has(FutureWord.cancelRequested) {
        then(party, .free(index))
      } else {
        cancels.append(index)
        registrations[Int(index)].isLinked = true
        registrations[Int(index)].isRegistered = true
      }
      publish(FutureWord(locked).unlocked.bits, over: locked)
    default: break
    }
    return true
  }

  private mutating func runTell(_ step: Step, _ party: Int) -> Bool {
    switch step {
    case .fire(let list):
      guard let index = list.first else { break }
      then(party, .fire(Array(list.dropFirst())))
      then(party, move(index, .armed, .queued) ? .deliver(index) : .free(index))
    case .deliver(let index):
      guard move(index, .queued, .running) else {
        then(party, .free(index))
        break
      }
      then(party, .tell(index), .free(index))
    case .tell(let index):
      registrations[Int(index)].told += 1
      // The release comes after the slot is free: pushed below what is next.
      let next = parties[party].popLast()
      endWaiting(party, index)
      if let next { parties[party].append(next) }
    case .free(let index):
      registrations[Int(index)].state = .free
      registrations[Int(index)].freed += 1
    default: break
    }
    return true
  }

  private mutating func runForget(_ step: Step, _ party: Int) -> Bool {
    switch step {
    case .forget(let index):
      switch registrations[Int(index)].state {
      case .armed: then(party, .lockToForget(index))
      case .queued: then(party, .forgetQueued(index))
      case .running: then(party, .awaitEnd(index))
      case .free, .forgotten: break
      }
    case .lockToForget(let index):
      return transition(
        current.unlinking(registrations[Int(index)].isCompletion ? World.future : World.promise),
        { $0.then(party, .unlink(index, locked: $1)) },
        refused: { world, _ in world.then(party, .forgetLate(index)) })
    case .unlink(let index, let locked):
      let registration = registrations[Int(index)]
      let isLinked = registration.isCompletion || registration.isLinked
      if move(index, .armed, .forgotten) {
        completions.removeAll { $0 == index }
        cancels.removeAll { $0 == index }
        registrations[Int(index)].told += 1
        endWaiting(party, index)
        if isLinked { then(party, .free(index)) }
      } else {
        then(party, .forget(index))
      }
      publish(FutureWord(locked).unlocked.bits, over: locked)
    case .forgetLate(let index), .forgetQueued(let index):
      let from: RegistrationSlot.State = step == .forgetLate(index) ? .armed : .queued
      guard move(index, from, .forgotten) else {
        then(party, .forget(index))
        break
      }
      registrations[Int(index)].told += 1
      endWaiting(party, index)
    case .awaitEnd(let index): return registrations[Int(index)].state == .free
    default: break
    }
    return true
  }
}
