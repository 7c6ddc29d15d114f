import CTenonRoot

/// A table of slots in the target: see Sources/Tenon/Core/Slots.
struct Table {
  enum Kind: Int {
    case future, registration, error, executor, scope, object, sink, stream, publisher, latest
  }

  static let slotSize: UInt = 64

  let kind: Kind
  let base: UInt
  let used: UInt
  /// Where that is said, with more about it: a tenon__inspect_table_t. 0: there is none.
  var address: UInt = 0
  /// In a fork's child.
  var isForgotten = false

  /// A slot that has something in it.
  struct Slot {
    let index: UInt
    let address: UInt
    let word: UInt
  }

  /// All that have.
  func slots(_ memory: Memory) -> some Sequence<Slot> {
    (0..<used).lazy.map { index in
      let address = base &+ index &* Table.slotSize
      return Slot(index: index, address: address, word: memory.word(address))
    }.filter { $0.word >> 63 == 1 }
  }

  /// Reads all of it now, so that each slot is as it was at one moment. It is kept: of futures there may be millions, see
  /// `forEachPending`.
  func settle(_ memory: Memory) {
    memory.settle(from: base, to: base &+ used &* Table.slotSize, Table.slotSize)
  }

  /// How many have something that lives: a handle or a wait.
  func inUse(_ memory: Memory) -> Int {
    slots(memory).count {
      kind == .future ? $0.word & 7 != 7 : $0.word & ~Handle.lifeMask != 0
    }
  }

  /// The slot with this index, if there ever was one.
  func slot(_ index: UInt) -> UInt? { index < used ? base &+ index &* Table.slotSize : nil }
}

/// A handle of the target: see Sources/Tenon/Core/Slots/Handle.swift.
struct Handle: Hashable {
  enum Kind: UInt {
    case future = 1
    case promise, registration, timer, error, executor
    case sink, stream, publisher, latest, scope, object
  }

  static let lifeMask: UInt = ~0 << 38

  let bits: UInt

  init(_ bits: UInt) { self.bits = bits }
  /// Of what is in a slot.
  init(_ kind: Kind, _ slot: Table.Slot) {
    bits = slot.word & Handle.lifeMask | kind.rawValue << 32 | slot.index
  }

  var index: UInt { bits & 0xffff_ffff }
  var kind: Kind? { bits >> 63 == 1 ? Kind(rawValue: bits >> 32 & 63) : nil }
  func lives(in word: UInt) -> Bool { (word ^ bits) & Handle.lifeMask == 0 }
  /// A promise is the node of its future.
  static func nodeID(_ bits: UInt) -> UInt {
    Handle(bits).kind == .promise ? Handle(bits).as(.future).bits : bits
  }
  func `as`(_ kind: Kind) -> Handle { Handle(bits & ~(63 << 32) | kind.rawValue << 32) }
}

/// A copy of Tenon in the target: a process may have several, as a plugin brings its own.
struct Copy {
  let image: Images.Image
  /// Where it says what it keeps.
  let root: UInt
  let tables: [Table.Kind: Table]
  let notes: Notes
  /// Where the first threads are that sleep in a wait; 0: not known.
  let sleepers: UInt
  /// Where executors keep what they count; nil: there never was one, or not known.
  var executorLayout: tenon__inspect_executor_t?
  var poolLayout: tenon__inspect_pool_t?
  /// It can record what happens.
  var hasRecord = false

  var isForked: Bool { tables.values.contains { $0.isForgotten && $0.used != 0 } }

  func table(_ kind: Table.Kind) -> Table { tables[kind] ?? Table(kind: kind, base: 0, used: 0) }
}

extension Target {
  /// Which copies of Tenon there are: each has a note that leads to its root, which no stripping takes away. See
  /// Sources/CTenonRoot.
  func copies() throws(Failure) -> [Copy] {
    var copies: [Copy] = []
    var isForked = false
    for image in images.all {
      var root: UInt?
      images.forEachNote(of: image) { name, type, content in
        if name == TENON__INSPECT_NOTE_NAME && type == TENON__INSPECT_NOTE_TYPE {
          root = content &+ memory.word(content)
        }
      }
      // A file that somebody has just mapped to read it has a note, too, and no root.
      guard let root, memory.text(root)?.hasPrefix("tenon inspect ") == true else { continue }
      let copy = try copy(in: image, root)
      // A fork's child has its parent's memory, and nothing in it.
      if copy.isForked { isForked = true } else { copies.append(copy) }
    }
    if copies.isEmpty {
      if isForked { throw Failure.forked(kind.rawValue, pid) }
      throw Failure(
        images.all.isEmpty
          ? "\(kind.rawValue) \(pid) cannot be read: it is not one of this system's"
          : "there is no Tenon in \(kind.rawValue) \(pid), or one of before 0.2.0"
      )
    }
    return copies
  }

  private func copy(in image: Images.Image, _ root: UInt) throws(Failure) -> Copy {
    func half(_ field: PartialKeyPath<tenon__inspect_root_t>) -> UInt32 {
      memory.half(root &+ Table.offset(field))
    }
    guard memory.text(root) == TENON__INSPECT_MAGIC, half(\.version) == TENON__INSPECT_VERSION,
      UInt(half(\.slot_size)) == Table.slotSize
    else {
      throw Failure("\(image.path) has a Tenon of another version than this program's: use its own")
    }
    var tables: [Table.Kind: Table] = [:]
    for place in 0..<Int(half(\.table_count)) {
      let table = memory.word(
        root &+ Table.offset(\tenon__inspect_root_t.tables) &+ UInt(place) * 8)
      guard table != 0, let kind = Table.Kind(rawValue: place) else { continue }
      tables[kind] = Table(
        kind: kind, base: memory.word(table &+ Table.offset(\tenon__inspect_table_t.base)),
        used: memory.word(table &+ Table.offset(\tenon__inspect_table_t.fresh)),
        address: table,
        isForgotten: memory.word(table &+ Table.offset(\tenon__inspect_table_t.count)) == 0)
    }
    let size = UInt(half(\.size))
    let sleepers = Table.offset(\tenon__inspect_root_t.sleepers)
    var copy = Copy(
      image: image, root: root, tables: tables, notes: Notes(memory, root: root, size: size),
      sleepers: size < sleepers &+ 8 ? 0 : root &+ sleepers)
    copy.executorLayout = layout(root, size, \.executor, tenon__inspect_executor_t()) {
      $0.counters != 0
    }
    copy.poolLayout = layout(root, size, \.pool, tenon__inspect_pool_t()) { $0.worker_jobs != 0 }
    copy.hasRecord =
      size >= Table.offset(\tenon__inspect_root_t.record)
      &+ UInt(MemoryLayout<tenon__inspect_record_t>.size)
    return copy
  }

  /// A part of the root of this size, once it has been written; an older copy's may end before it.
  private func layout<Part: BitwiseCopyable>(
    _ root: UInt, _ size: UInt, _ field: PartialKeyPath<tenon__inspect_root_t>, _ empty: Part,
    _ isThere: (Part) -> Bool
  ) -> Part? {
    guard size >= Table.offset(field) &+ UInt(MemoryLayout<Part>.size) else { return nil }
    var part = empty
    let count = withUnsafeMutableBytes(of: &part) {
      memory.readNow(root &+ Table.offset(field), into: $0.baseAddress, $0.count)
    }
    return count == MemoryLayout<Part>.size && isThere(part) ? part : nil
  }
}

extension Table {
  static func offset<Root>(_ field: PartialKeyPath<Root>) -> UInt {
    UInt(MemoryLayout<Root>.offset(of: field) ?? 0)
  }
}
