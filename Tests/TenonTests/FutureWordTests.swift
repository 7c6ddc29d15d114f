import CTenon
import Testing

@testable import Tenon

/// Every order in which two and three parties can do their atomic steps on one future.
@Suite struct FutureWordTests {
  /// What one party does. A party that reads has a reference of its own.
  enum Program: CaseIterable {
    case settle, reject, settleTwice, breakPromise
    case cancel, release, retain, take, look
    case onComplete, onCompleteAndForget, onCancel, onCancelAndForget
    case forgetWaiting, forgetWaitingCancel

    func steps(of party: Int) -> [World.Step] {
      let own = UInt8(party)
      return switch self {
      case .settle: [.settle(own, .fulfilled)]
      case .reject: [.settle(own, .rejected)]
      case .settleTwice: [.settle(own, .fulfilled), .settle(own + 3, .cancelled)]
      case .breakPromise: [.releasePromise(own)]
      case .cancel: [.cancel, .release]
      case .release: [.release]
      case .retain: [.retain, .release, .release]
      case .take: [.take, .take, .release]
      case .look: [.look, .look, .release]
      case .onComplete: [.onComplete(own), .release]
      case .onCompleteAndForget: [.onComplete(own), .forget(own), .release]
      case .onCancel: [.onCancel(own)]
      case .onCancelAndForget: [.onCancel(own), .forget(own)]
      case .forgetWaiting: [.forget(World.waitingCompletion)]
      case .forgetWaitingCancel: [.forget(World.waitingCancel)]
      }
    }

    /// How many values it brings.
    func values(of party: Int) -> [Int] {
      switch self {
      case .settle, .reject, .breakPromise: [party]
      case .settleTwice: [party, party + 3]
      default: []
      }
    }
  }

  @Test(arguments: Program.allCases)
  func twoPartiesKeepTheContractInEveryOrder(first: Program) {
    for second in Program.allCases {
      for flags in [0, FutureWord.detached] {
        check([first, second], flags: flags)
      }
    }
  }

  @Test(arguments: Program.allCases)
  func threePartiesKeepTheContractInEveryOrder(first: Program) {
    let position = Program.allCases.firstIndex(of: first)!
    let others = Array(Program.allCases[position...])
    for (index, second) in others.enumerated() {
      for third in others[index...] { check([first, second, third], flags: 0) }
    }
  }

  @Test func aModelWithAnUncheckedLockIsFoundOut() {
    // The checker itself: a party that publishes without the lock must be noticed.
    var world = World(parties: [[.publish(World.life)]], flags: 0, isAwaited: false)
    _ = world.advance(0)
    #expect(world.fault != nil)
  }

  /// Who made it, and for whom, is no matter then; and the fast paths compare the whole word.
  @Test func whatHasSettledIsTheSameWhateverItWasBefore() {
    func settled(_ flags: UInt) -> UInt {
      FutureWord(creatingIn: World.life, flags: FutureWord.locked | flags).settled(.fulfilled).bits
    }
    for flag in [FutureWord.detached, FutureWord.call, FutureWord.follows, FutureWord.needs] {
      #expect(settled(flag) == settled(0))
    }
  }

  private func check(_ programs: [Program], flags: UInt) {
    for isAwaited in [false, true] {
      let steps = programs.enumerated().map { $1.steps(of: $0) }
      var explorer = Explorer(values: programs.enumerated().flatMap { $1.values(of: $0) })
      explorer.explore(World(parties: steps, flags: flags, isAwaited: isAwaited))
      #expect(explorer.ends > 0)
      #expect(
        explorer.faults.isEmpty,
        "\(programs), flags \(flags), awaited \(isAwaited): \(explorer.faults.sorted())")
    }
  }
}

/// Goes through every state that the parties can bring a world into.
private struct Explorer {
  /// The last one settles what nobody has settled.
  private static let lastValue: UInt8 = 6

  let values: [Int]
  var seen: Set<World> = []
  var faults: Set<String> = []
  var ends = 0

  init(values: [Int]) { self.values = values }

  mutating func explore(_ start: World) {
    var waiting = [start]
    while let world = waiting.popLast() {
      if let fault = world.fault {
        faults.insert(fault)
        continue
      }
      checkAlways(world)
      var canGoOn = false
      for party in world.parties.indices {
        var next = world
        guard next.advance(party) else { continue }
        canGoOn = true
        if seen.insert(next).inserted { waiting.append(next) }
      }
      if canGoOn { continue }
      if world.parties.contains(where: { !$0.isEmpty }) {
        faults.insert("nobody can go on: \(world.parties)")
      } else {
        ends += 1
        finish(world)
      }
    }
  }

  private mutating func checkAlways(_ world: World) {
    if world.settlings > 1 { faults.insert("settled twice") }
    if world.ended.contains(where: { $0 > 1 }) { faults.insert("a value ended twice") }
    if world.slotsFreed > 1 { faults.insert("the slot was freed twice") }
    if world.registrations.contains(where: { $0.told > 1 }) { faults.insert("told twice") }
    if world.registrations.contains(where: { $0.freed > $0.created }) {
      faults.insert("a registration was freed twice")
    }
    if world.held < 0 { faults.insert("more references were released than there are") }
  }

  /// Lets go of what the parties have left, one after the other, and looks what came of it.
  private mutating func finish(_ end: World) {
    var world = end
    let cancelledValue = Explorer.lastValue
    world.parties = [[.release, .settle(cancelledValue, .cancelled)]]
    if world.held == 0 { world.parties = [[.settle(cancelledValue, .cancelled)]] }
    while !world.parties[0].isEmpty {
      guard world.advance(0) else {
        faults.insert("the last one cannot go on")
        return
      }
    }
    if let fault = world.fault { faults.insert(fault) }
    checkAlways(world)
    if world.settlings != 1 { faults.insert("not settled exactly once") }
    if world.held != 0 { faults.insert("references are left: \(world.held)") }
    if world.slotsFreed != 1 { faults.insert("the slot was not freed") }
    if !world.current.isFree { faults.insert("the word is not free") }
    for value in values + [Int(cancelledValue)] where world.ended[value] != 1 {
      faults.insert("value \(value) ended \(world.ended[value]) times")
    }
    for registration in world.registrations {
      if registration.told != (registration.isRegistered ? 1 : 0) {
        faults.insert("registered \(registration.isRegistered), told \(registration.told)")
      }
      if registration.freed != registration.created {
        faults.insert("made \(registration.created), freed \(registration.freed)")
      }
    }
  }
}
