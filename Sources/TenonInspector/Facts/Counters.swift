import CTenonRoot

/// What a copy of Tenon has counted, as it counts anyway: see Sources/CTenonRoot.
struct Counters {
  struct Executor {
    /// The number of its slot.
    let index: UInt
    let name: String?
    let isPool: Bool
    let isPolled: Bool
    let counters: ExecutorCounters
    /// Those that have not ended.
    var calls: UInt64 = 0
  }

  private(set) var futuresCreated: UInt64 = 0
  private(set) var futuresPending: UInt64 = 0
  private(set) var futuresRejected: UInt64 = 0
  private(set) var futuresCancelled: UInt64 = 0
  private(set) var callbacks: UInt64 = 0
  private(set) var errors: UInt64 = 0
  private(set) var scopes: UInt64 = 0
  private(set) var readers: UInt64 = 0
  private(set) var writers: UInt64 = 0
  private(set) var sent: UInt64 = 0
  private(set) var received: UInt64 = 0
  private(set) var memory: UInt64 = 0
  private(set) var executors: [Executor] = []

  init(of target: Target, _ copy: Copy) {
    let reader = CounterReader(target, copy)
    executors = reader.executors()
    let places = Dictionary(
      executors.enumerated().map { (UInt32($1.index), $0) }, uniquingKeysWith: { $1 })
    reader.settled { lives in
      (futuresCreated, futuresPending, futuresRejected, futuresCancelled) = (
        lives.lives, 0, lives.first, lives.second
      )
      for place in executors.indices { executors[place].calls = 0 }
      reader.forEachSlot(.future) { index, slot in
        let word = slot.load(as: UInt.self)
        let isPending = word & 7 == 0 && word >> 63 == 1
        futuresCreated += reader.lives(of: word, index, isFree: word & 7 == 7)
        futuresRejected += UInt64(slot.load(fromByteOffset: 56, as: UInt32.self))
        futuresCancelled += UInt64(slot.load(fromByteOffset: 60, as: UInt32.self))
        guard isPending, word & 1 << 5 != 0 else { return }
        futuresPending += 1
        if word & 1 << 8 == 0 { return }
        let executor = slot.load(fromByteOffset: 12, as: UInt32.self)
        if let place = places[executor & reader.indexMask] { executors[place].calls += 1 }
      }
    }
    reader.forEachSlot(.registration) { _, slot in
      let state = slot.load(as: UInt.self) & 7
      if state == 1 || state == 2 { callbacks += 1 }
    }
    reader.forEachSlot(.error) { _, slot in
      if slot.load(as: UInt32.self) != 0 { errors += 1 }
    }
    reader.forEachSlot(.scope) { _, slot in
      if slot.load(as: UInt.self) >> 32 & 1 != 0 { scopes += 1 }
    }
    for kind in [Table.Kind.sink, .publisher] {
      reader.forEachSlot(kind) { _, slot in
        sent &+= CounterReader.items(slot)
        if CounterReader.isHeld(slot) { writers += 1 }
      }
    }
    for kind in [Table.Kind.stream, .latest] {
      reader.forEachSlot(kind) { _, slot in
        received &+= CounterReader.items(slot)
        if CounterReader.isHeld(slot) { readers += 1 }
      }
    }
    for table in copy.tables.values { memory += reader.memory(of: table) }
  }
}

/// How that is read.
private struct CounterReader {
  private let target: Target
  private let copy: Copy
  private var memory: Memory { target.memory }
  /// Generations that the futures' slots began with, by blocks.
  private let floors: [UInt32]
  private let firstGeneration: UInt
  /// Of a compact name of an executor: the part that is its slot's number.
  let indexMask: UInt32 = 1 << 14 - 1

  init(_ target: Target, _ copy: Copy) {
    (self.target, self.copy) = (target, copy)
    let futures = copy.table(.future)
    let blocks = target.memory.word(futures.address &+ Table.offset(\tenon__inspect_table_t.blocks))
    let size = UInt(MemoryLayout<tenon__inspect_block_t>.stride)
    let count = futures.address == 0 ? 0 : futures.used / UInt(TENON__INSPECT_BLOCK_SLOTS) + 1
    floors = (0..<count).map {
      target.memory.half(blocks &+ $0 &* size &+ Table.offset(\tenon__inspect_block_t.floor))
    }
    firstGeneration = target.memory.word(
      futures.address &+ Table.offset(\tenon__inspect_table_t.first_generation))
  }

  /// Calls `body` with what is in all slots of a kind, live or not.
  func forEachSlot(_ kind: Table.Kind, _ body: (_ index: UInt, UnsafeRawPointer) -> Void) {
    let table = copy.table(kind)
    let end = table.base &+ table.used &* Table.slotSize
    memory.forEachPiece(from: table.base, to: end) { address, bytes in
      let first = (address - table.base) / Table.slotSize
      for slot in 0..<bytes.count / Int(Table.slotSize) {
        body(first + UInt(slot), bytes.baseAddress! + slot * Int(Table.slotSize))
      }
    }
  }

  /// Calls `body` with what slots that lost their memory had counted: again, if memory was given back meanwhile.
  func settled(_ body: ((lives: UInt64, first: UInt64, second: UInt64)) -> Void) {
    let address = copy.table(.future).address
    func now(_ field: PartialKeyPath<tenon__inspect_table_t>) -> UInt64 {
      UInt64(memory.wordNow(address &+ Table.offset(field)))
    }
    if address == 0 { return body((0, 0, 0)) }
    for _ in 0..<8 {
      let turn = now(\.turns)
      body((now(\.lives), now(\.first), now(\.second)))
      if turn & 1 == 0, turn == now(\.turns) { return }
    }
  }

  func lives(of word: UInt, _ index: UInt, isFree: Bool) -> UInt64 {
    if word == 0 { return 0 }
    let block = Int(index) / Int(TENON__INSPECT_BLOCK_SLOTS)
    let floor = block < floors.count && floors[block] != 0 ? UInt(floors[block]) : firstGeneration
    if word >> 63 == 0 { return UInt64((1 << 25) &- floor) }
    return UInt64((word >> 38 & (1 << 25 - 1)) &- floor) + (isFree ? 0 : 1)
  }

  static func items(_ slot: UnsafeRawPointer) -> UInt64 {
    slot.load(fromByteOffset: 40, as: UInt64.self)
      &+ slot.load(fromByteOffset: 56, as: UInt64.self)
  }

  static func isHeld(_ slot: UnsafeRawPointer) -> Bool {
    slot.load(as: UInt.self) >> 8 & (1 << 30 - 1) != 0
  }

  func memory(of table: Table) -> UInt64 {
    if table.address == 0 { return 0 }
    let lost =
      memory.wordNow(table.address &+ Table.offset(\tenon__inspect_table_t.blocks_returned))
      &* UInt(TENON__INSPECT_BLOCK_SLOTS)
    let all = memory.wordNow(table.address &+ Table.offset(\tenon__inspect_table_t.count))
    return UInt64((all - min(all, lost)) &* Table.slotSize)
  }

  func executors() -> [Counters.Executor] {
    if copy.executorLayout == nil { return [] }
    return copy.liveExecutors(memory).map { slot, state, label in
      let pool = copy.pool(ofExecutor: state, memory)
      return Counters.Executor(
        index: slot.index, name: label, isPool: pool != nil, isPolled: memory.word(state) != 0,
        counters: copy.counters(ofExecutor: state, pool, memory))
    }
  }
}
