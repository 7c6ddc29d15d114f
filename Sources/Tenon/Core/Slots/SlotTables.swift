/// The tables. Globals that the compiler initializes statically, so that reaching one costs nothing.
let futureTable = SlotTable(0, slotsMax: 1 << 28, counters: 56, freeBits: 7)
let registrationTable = SlotTable(1, slotsMax: 1 << 28, counters: 0)
let errorTable = SlotTable(2, counters: 0)
let executorTable = SlotTable(3, slotsMax: 1 << 14)
let scopeTable = SlotTable(4)
let objectTable = SlotTable(5, counters: 0)
let sinkTable = SlotTable(6)
let streamTable = SlotTable(7)
let publisherTable = SlotTable(8)
let latestTable = SlotTable(9)

/// All of them: whoever adds a table adds it here, and has it forget its slots in a fork's child, and counted.
enum SlotTables {
  /// The place of the futures' table.
  @inline(__always) static var futures: Int { 0 }

  static func forEach(_ body: (borrowing SlotTable) -> Void) {
    body(futureTable)
    body(registrationTable)
    body(errorTable)
    body(executorTable)
    body(scopeTable)
    body(objectTable)
    body(sinkTable)
    body(streamTable)
    body(publisherTable)
    body(latestTable)
  }

  /// In a fork's child: no handle is good any more.
  @Sendable static func abandon() {
    forEach { $0.abandon() }
    ThreadRecord.abandon()
  }

  /// The generation from which on the handles of a slot count that has no memory now; 0: it was never taken.
  static func floor(of handle: Handle) -> UInt {
    switch Handle.Kind(rawValue: handle.kindBits) {
    case .future, .promise: futureTable.floorIfReturned(of: handle.index)
    case .registration, .timer: registrationTable.floorIfReturned(of: handle.index)
    case .error: errorTable.floorIfReturned(of: handle.index)
    case .object: objectTable.floorIfReturned(of: handle.index)
    default: 0
    }
  }
}
