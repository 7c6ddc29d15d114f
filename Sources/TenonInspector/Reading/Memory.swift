import CTrace
import Glibc

/// The memory of a process, or of one that has died: read by its addresses, and never written.
///
/// Both come from a file: a process's `mem`, in which an offset is an address, or a core. Blocks are kept once they
/// have been read, so all of a report is of one moment, as far as that goes, and each block costs one call.
final class Memory {
  /// A range of addresses, and where its bytes are.
  struct Segment {
    var start: UInt
    var end: UInt
    var file: Int32
    var offset: UInt
    /// The process may write there.
    var isWritten = true
  }

  /// Instead of a file: this very process.
  static let own: Int32 = -1

  private static let blockSize: UInt = 1 << 16
  /// How many whoever looks at himself has memory for in any case.
  private static let blocksFree = 512

  private let segments: [Segment]
  /// The file of a process that lives: it may have more memory by now than those.
  private let process: Int32?
  private var blocks: [UInt: [UInt8]] = [:]
  private var lastBlock = (key: UInt.max, bytes: [UInt8]())

  /// Holds so much memory while something is done that takes it; false: there is not as much, and it was not done.
  var withRoom: (_ bytes: Int, _ body: () -> Void) -> Bool = { _, body in
    body()
    return true
  }
  /// Something was left out because there was no memory for it.
  var isShort = false

  /// Does it, if there is memory for it.
  func ifThereIsRoom(_ bytes: Int, _ body: () -> Void) {
    if !withRoom(bytes, body) { isShort = true }
  }

  /// Segments that come first win where two have the same address.
  init(_ segments: [Segment], process: Int32? = nil) {
    self.process = process
    self.segments = segments.sorted { $0.start < $1.start }
  }

  /// It is this very process's.
  var isOwn: Bool { segments.first?.file == Memory.own }

  /// Where the process may have written.
  var written: [Range<UInt>] { segments.filter(\.isWritten).map { $0.start..<$0.end } }

  /// Calls `body` with the words of a part of a segment as they are now; those that cannot be read are left out.
  func withBytesNow(from start: UInt, to end: UInt, _ body: (UnsafeBufferPointer<UInt>) -> Void) {
    guard let segment = segment(at: start), end <= segment.end else { return }
    let bytes = read(segment, from: start, to: end)
    bytes.withUnsafeBytes { $0.withMemoryRebound(to: UInt.self) { body($0) } }
  }

  private func segment(at address: UInt) -> Segment? {
    var (low, high) = (0, segments.count)
    while low < high {
      let middle = (low + high) / 2
      if segments[middle].end <= address { low = middle + 1 } else { high = middle }
    }
    return low < segments.count && segments[low].start <= address ? segments[low] : nil
  }

  /// The bytes of the block that an address is in, and where the block begins; nil: they cannot be read.
  private func block(at address: UInt) -> (start: UInt, bytes: [UInt8])? {
    guard let segment = segment(at: address) else { return nil }
    let start = max(segment.start, address & ~(Memory.blockSize - 1))
    if lastBlock.key == start { return (start, lastBlock.bytes) }
    let end = min(segment.end, (address & ~(Memory.blockSize - 1)) &+ Memory.blockSize)
    if let known = blocks[start] {
      lastBlock = (start, known)
    } else if blocks.count < Memory.blocksFree {
      keep(segment, from: start, to: end)
    } else {
      ifThereIsRoom(Int(4 * Memory.blockSize)) { keep(segment, from: start, to: end) }
    }
    return lastBlock.key == start ? (start, lastBlock.bytes) : nil
  }

  private func keep(_ segment: Segment, from start: UInt, to end: UInt) {
    let bytes = read(segment, from: start, to: end)
    blocks[start] = bytes
    lastBlock = (start, bytes)
  }

  private func read(_ segment: Segment, from start: UInt, to end: UInt) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(end - start)) { buffer, count in
      count = read(segment, from: start, into: buffer.baseAddress, Int(end - start))
    }
  }

  private func read(
    _ segment: Segment, from start: UInt, into memory: UnsafeMutableRawPointer?, _ count: Int
  ) -> Int {
    if segment.file == Memory.own { return max(0, tenon__read_own(start, memory, count)) }
    let offset = off_t(bitPattern: segment.offset &+ (start - segment.start))
    return max(0, pread(segment.file, memory, count, offset))
  }

  /// Reads what is there now, as much as there is; nothing of it is kept.
  func readNow(_ address: UInt, into memory: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard let segment = segment(at: address) else {
      return process.map { max(0, pread($0, memory, count, off_t(bitPattern: address))) } ?? 0
    }
    return read(segment, from: address, into: memory, min(count, Int(segment.end - address)))
  }

  /// Reads a range of units that others change meanwhile, so that each of them is as it was at one moment.
  func settle(from start: UInt, to end: UInt, _ unit: UInt) {
    var next = start
    while next < end, let (first, bytes) = block(at: next), let segment = segment(at: next) {
      let last = first + UInt(bytes.count)
      if last <= next { break }
      settle(segment, first, max(first, start), min(last, end), Int(unit))
      next = last
    }
  }

  /// The same in one block: a unit that is read twice in the same way was so.
  private func settle(
    _ segment: Segment, _ block: UInt, _ start: UInt, _ end: UInt, _ unit: Int
  ) {
    guard var bytes = blocks[block] else { return }
    let again = read(segment, from: block, to: block + UInt(bytes.count))
    if again == bytes || again.count < bytes.count { return }
    for at in stride(from: Int(start - block), to: Int(end - block), by: unit)
    where at + unit <= bytes.count && again[at..<at + unit] != bytes[at..<at + unit] {
      var known = Array(again[at..<at + unit])
      for _ in 0..<Memory.attemptsMax {
        let fresh = read(segment, from: block + UInt(at), to: block + UInt(at + unit))
        let isSame = fresh == known
        known = fresh
        if isSame || fresh.count < unit { break }
      }
      if known.count == unit { bytes.replaceSubrange(at..<at + unit, with: known) }
    }
    blocks[block] = bytes
    lastBlock = (block, bytes)
  }

  private static let attemptsMax = 64

  /// As many bytes as there are, up to `count`.
  func bytes(at address: UInt, count: Int) -> [UInt8] {
    var (result, next) = ([UInt8](), address)
    while result.count < count, let (start, bytes) = block(at: next) {
      let from = Int(next - start)
      guard from < bytes.count else { break }
      let part = bytes[from..<min(bytes.count, from + count - result.count)]
      result += part
      next += UInt(part.count)
    }
    return result
  }

  /// A number of a fixed width; nil: it cannot be read.
  func load<Number: FixedWidthInteger>(_ address: UInt, as type: Number.Type) -> Number? {
    let size = MemoryLayout<Number>.size
    // Most follow each other.
    let near = address &- lastBlock.key
    if near < UInt(lastBlock.bytes.count), Int(near) + size <= lastBlock.bytes.count {
      return lastBlock.bytes.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: Int(near), as: type)
      }
    }
    guard address != 0, let (start, bytes) = block(at: address) else { return nil }
    let offset = Int(address - start)
    if offset + size <= bytes.count {
      return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
    let parts = self.bytes(at: address, count: size)
    guard parts.count == size else { return nil }
    return parts.withUnsafeBytes { $0.loadUnaligned(as: type) }
  }

  /// A word; 0 also where nothing can be read.
  func word(_ address: UInt) -> UInt { load(address, as: UInt.self) ?? 0 }
  func half(_ address: UInt) -> UInt32 { load(address, as: UInt32.self) ?? 0 }

  /// The same as it is now, and not as it was when its block was read.
  func wordNow(_ address: UInt) -> UInt {
    var word: UInt = 0
    return readNow(address, into: &word, 8) == 8 ? word : 0
  }

  /// What ends with a NUL; nil: nothing there, or no text.
  func text(_ address: UInt, countMax: Int = 200) -> String? {
    guard address != 0 else { return nil }
    let bytes = bytes(at: address, count: countMax)
    let text = bytes.prefix { $0 != 0 }
    return text.isEmpty ? nil : String(validating: text, as: UTF8.self)
  }

  /// Swift's own text: its two words.
  func swiftText(_ low: UInt, _ high: UInt) -> String? {
    let form = high >> 56
    if form & 0xe0 == 0xe0 {
      let all =
        (0..<8).map { UInt8(truncatingIfNeeded: low >> ($0 * 8)) }
        + (0..<7).map { UInt8(truncatingIfNeeded: high >> ($0 * 8)) }
      return String(validating: all.prefix(Int(form & 15)), as: UTF8.self)
    }
    // A large one is at its address, behind a header of 32 bytes, which is counted for literals, too.
    let count = Int(low & 0xffff_ffff_ffff)
    guard high & ~(0xff << 56) != 0, count < 4096 else { return nil }
    let bytes = bytes(at: (high & ~(0xff << 56)) &+ 32, count: count)
    return bytes.count == count ? String(validating: bytes, as: UTF8.self) : nil
  }
}
