/// The tables. Globals that the compiler initializes statically, so that reaching one costs nothing.
let futureTable = SlotTable()
let registrationTable = SlotTable()
let errorTable = SlotTable()
let executorTable = SlotTable()
let scopeTable = SlotTable()
let objectTable = SlotTable()
let sinkTable = SlotTable()
let streamTable = SlotTable()
let publisherTable = SlotTable()
let latestTable = SlotTable()

/// All of them: whoever adds a table adds it here, and has it forget its slots in a fork's child, and counted.
enum SlotTables {
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
}
