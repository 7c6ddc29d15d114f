/// A table of slots in the target: see Sources/Tenon/Core/Slots.
struct Table {
  enum Kind: Int {
    case future, registration, error, executor, scope, object, sink, stream, publisher, latest
  }

  static let slotSize: UInt = 64

  let base: UInt
  let used: UInt

  /// The slot with this index, if there ever was one.
  func slot(_ index: UInt) -> UInt? { index < used ? base + index * Table.slotSize : nil }
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
  init(_ kind: Kind, index: UInt, word: UInt) {
    bits = word & Handle.lifeMask | kind.rawValue << 32 | index
  }

  var index: UInt { bits & 0xffff_ffff }
  var kind: Kind? { bits >> 63 == 1 ? Kind(rawValue: bits >> 32 & 63) : nil }
  func lives(in word: UInt) -> Bool { (word ^ bits) & Handle.lifeMask == 0 }
  func `as`(_ kind: Kind) -> Handle { Handle(bits & ~(63 << 32) | kind.rawValue << 32) }
}

/// A copy of Tenon in the target: a process may have several, as a plugin brings its own.
struct Copy {
  let image: Images.Image
  let tables: [Table.Kind: Table]

  func table(_ kind: Table.Kind) -> Table { tables[kind] ?? Table(base: 0, used: 0) }
}

extension Target {
  /// Which copies of Tenon there are, found by their tables' shape: so they need no symbol, and a stripped program will
  /// do, one that was linked statically, a bundle, an addon.
  func copies() throws(Failure) -> [Copy] {
    var copies: [Copy] = []
    for image in images.all {
      var next = image.start
      for mapping in images.mappings where mapping.start >= image.start && mapping.start < image.end
      {
        guard mapping.isWritable, mapping.path == image.path else { continue }
        next = max(mapping.start, next)
        if let copy = copy(in: image, from: next, to: mapping.end) { copies.append(copy) }
      }
    }
    if copies.isEmpty {
      throw Failure(
        images.all.isEmpty
          ? "\(kind.rawValue) \(pid) cannot be read: it is not one of this system's"
          : "there is no Tenon in \(kind.rawValue) \(pid), or one of another version than this program's"
      )
    }
    return copies
  }

  private func copy(in image: Images.Image, from start: UInt, to end: UInt) -> Copy? {
    let bytes = memory.bytes(at: start, count: Int(end - start))
    return bytes.withUnsafeBytes { data -> Copy? in
      func word(_ at: Int) -> UInt { data.loadUnaligned(fromByteOffset: at, as: UInt.self) }
      var tables: [Table.Kind: Table] = [:]
      for at in stride(from: 0, to: data.count - Shape.size, by: 8) {
        // The table's place comes first, and how many slots there may be, which no other data have beside it.
        guard word(at) < 10, let kind = Table.Kind(rawValue: Int(word(at))), tables[kind] == nil,
          Shape(kind).fits(word(at + 8), word(at + 16), data[at + 24], word(at + 32))
        else { continue }
        let (count, base, used) = (word(at + 40), word(at + 48), word(at + 80))
        guard used <= count, base & 63 == 0, (base == 0) == (count == 0) else { continue }
        tables[kind] = Table(base: base, used: used)
      }
      return tables[.future] == nil || tables[.registration] == nil
        ? nil : Copy(image: image, tables: tables)
    }
  }
}

/// How a table begins, as `SlotTables.swift` has it.
private struct Shape {
  static let size = 176

  let slotsMax: UInt
  let counters: UInt?
  let freeBits: UInt

  init(_ kind: Table.Kind) {
    switch kind {
    case .future, .registration: slotsMax = 1 << 28
    case .executor: slotsMax = 1 << 14
    default: slotsMax = 1 << 26
    }
    switch kind {
    case .future: counters = 56
    case .registration, .error, .object: counters = 0
    default: counters = nil
    }
    freeBits = kind == .future ? 7 : 0
  }

  func fits(_ slotsMax: UInt, _ counters: UInt, _ isNone: UInt8, _ freeBits: UInt) -> Bool {
    slotsMax == self.slotsMax && freeBits == self.freeBits && counters == self.counters ?? 0
      && isNone == (self.counters == nil ? 1 : 0)
  }
}
