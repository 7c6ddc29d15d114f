/// An ELF file of 64 bits, as far as it is needed here: segments, notes and symbols.
struct Elf {
  struct Segment {
    let type: UInt32
    let flags: UInt32
    let offset: UInt
    let address: UInt
    let fileSize: UInt
    let memorySize: UInt
  }

  struct Symbol {
    let address: UInt
    let size: UInt
    let name: Int
  }

  static let load: UInt32 = 1
  static let note: UInt32 = 4

  let type: UInt16
  let segments: [Segment]
  private let bytes: UnsafeRawBufferPointer

  /// Of the bytes of a whole file, or of its beginning; nil: it is none.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 64, bytes.loadUnaligned(as: UInt32.self) == 0x464c_457f, bytes[4] == 2
    else { return nil }
    self.bytes = bytes
    type = bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self)
    let offset = Int(bytes.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
    let size = Int(bytes.loadUnaligned(fromByteOffset: 54, as: UInt16.self))
    var count = Int(bytes.loadUnaligned(fromByteOffset: 56, as: UInt16.self))
    // More than fit are in the first section's header: a core of a process with many mappings.
    let sections = bytes.loadUnaligned(fromByteOffset: 40, as: UInt.self)
    if count == 0xffff, Elf.has(bytes, sections, 64) {
      count = Int(bytes.loadUnaligned(fromByteOffset: Int(sections) + 44, as: UInt32.self))
    }
    guard size == 56, offset + size * count <= bytes.count else { return nil }
    segments = (0..<count).map { index in
      func word(_ at: Int) -> UInt {
        bytes.loadUnaligned(fromByteOffset: offset + index * size + at, as: UInt.self)
      }
      let types = word(0)
      return Segment(
        type: UInt32(truncatingIfNeeded: types), flags: UInt32(types >> 32), offset: word(8),
        address: word(16), fileSize: word(32), memorySize: word(40))
    }
  }

  /// Whether there are so many bytes from an offset on: what a file says of itself may be anything.
  private static func has(_ bytes: UnsafeRawBufferPointer, _ offset: UInt, _ size: UInt) -> Bool {
    offset <= UInt(bytes.count) && size <= UInt(bytes.count) - offset
  }

  /// Calls `body` with each note of the file: its type, and where it is.
  func forEachNote(_ body: (_ type: UInt32, _ content: UnsafeRawBufferPointer) -> Void) {
    for segment in segments where segment.type == Elf.note {
      guard Elf.has(bytes, segment.offset, segment.fileSize) else { continue }
      let (start, size) = (Int(segment.offset), Int(segment.fileSize))
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
      Elf.forEachNote(in: part) { _, type, content in
        body(type, UnsafeRawBufferPointer(rebasing: part[content]))
      }
    }
  }

  /// Calls `body` with each note of a segment: who wrote it, its type, and where its content is.
  static func forEachNote(
    in bytes: UnsafeRawBufferPointer,
    _ body: (_ name: String, _ type: UInt32, _ content: Range<Int>) -> Void
  ) {
    var next = 0
    while next + 12 <= bytes.count {
      let nameSize = Int(bytes.loadUnaligned(fromByteOffset: next, as: UInt32.self))
      let size = Int(bytes.loadUnaligned(fromByteOffset: next + 4, as: UInt32.self))
      let type = bytes.loadUnaligned(fromByteOffset: next + 8, as: UInt32.self)
      let start = next + 12 + (nameSize + 3) & ~3
      guard start + size <= bytes.count else { break }
      let name = bytes[next + 12..<start].prefix { $0 != 0 }
      body(String(decoding: name, as: UTF8.self), type, start..<start + size)
      next = start + (size + 3) & ~3
    }
  }

  /// Where the file has its symbols, and where their names are; of .dynsym, if it is stripped.
  private var symbolTable: (start: Int, size: Int, names: UInt)? {
    let offset = bytes.loadUnaligned(fromByteOffset: 40, as: UInt.self)
    let count = Int(bytes.loadUnaligned(fromByteOffset: 60, as: UInt16.self))
    guard offset > 0, Elf.has(bytes, offset, UInt(count) * 64) else { return nil }
    let sections = Int(offset)
    func word(_ section: Int, _ at: Int) -> UInt {
      bytes.loadUnaligned(fromByteOffset: sections + section * 64 + at, as: UInt.self)
    }
    func half(_ section: Int, _ at: Int) -> Int {
      Int(bytes.loadUnaligned(fromByteOffset: sections + section * 64 + at, as: UInt32.self))
    }
    let (table, dynamicTable) = (2, 11)
    guard
      let section = (0..<count).first(where: { half($0, 4) == table })
        ?? (0..<count).first(where: { half($0, 4) == dynamicTable }), half(section, 40) < count
    else { return nil }
    guard Elf.has(bytes, word(section, 24), word(section, 32)) else { return nil }
    return (Int(word(section, 24)), Int(word(section, 32)), word(half(section, 40), 24))
  }

  /// How much memory `symbols` takes at most: the array, in a block of a power of two, and as much to sort it.
  var roomForSymbols: Int { (symbolTable?.size ?? 0) * 4 }

  /// The functions and objects of the file's symbol tables in order of their addresses.
  func symbols() -> [Symbol] {
    guard let (start, size, names) = symbolTable else { return [] }
    var symbols: [Symbol] = []
    symbols.reserveCapacity(size / 24)
    for at in stride(from: start, to: start + size - 23, by: 24) {
      let kind = bytes[at + 4] & 15
      let address = bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt.self)
      if address == 0 || kind > 2 && kind != 10 { continue }
      symbols.append(
        Symbol(
          address: address, size: bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt.self),
          name: Int(
            clamping: names &+ UInt(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))))
    }
    symbols.sort { ($0.address, $1.size) < ($1.address, $0.size) }
    return symbols
  }

  func name(of symbol: Symbol) -> String {
    guard symbol.name < bytes.count else { return "" }
    return String(decoding: bytes[symbol.name...].prefix { $0 != 0 }, as: UTF8.self)
  }
}
