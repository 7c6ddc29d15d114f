import CSearchFile
import Glibc

/// Finds lines in blocks of a file, as they come. Pure: it knows no files.
struct LineScanner {
  private let patterns: [[UInt8]]
  private let prefix: [UInt8]
  private var lineNumber = 1
  /// The beginning of a line whose end has not come yet.
  private var rest: [UInt8] = []
  private(set) var output: [UInt8] = []

  init(patterns: [[UInt8]], path: [CChar]) {
    self.patterns = patterns
    prefix = path.dropLast().map { UInt8(bitPattern: $0) } + [UInt8(ascii: ":")]
  }

  /// Takes the next block; false: it is binary, and so is the rest.
  mutating func scan(_ block: UnsafeRawBufferPointer) -> Bool {
    guard let base = block.baseAddress, block.count > 0 else { return true }
    if memchr(base, 0, block.count) != nil { return false }
    guard let last = memrchr(base, Int32(UInt8(ascii: "\n")), block.count) else {
      rest.append(contentsOf: block)
      return true
    }
    let complete = UnsafeRawPointer(last) - base + 1
    var start = 0
    if !rest.isEmpty {
      let end = lineEnd(block, from: 0)
      rest.append(contentsOf: block[..<end])
      let line = rest
      rest = []
      line.withUnsafeBytes { match($0) }
      start = end + 1
    }
    if start < complete { scanLines(UnsafeRawBufferPointer(rebasing: block[start..<complete])) }
    rest.append(contentsOf: block[complete...])
    return true
  }

  /// The file has ended; its last line may have no end.
  mutating func finish() {
    if rest.isEmpty { return }
    let line = rest
    rest = []
    line.withUnsafeBytes { match($0) }
  }

  /// Complete lines: jumps from match to match, and counts the lines in between.
  private mutating func scanLines(_ lines: UnsafeRawBufferPointer) {
    guard patterns.count == 1, let pattern = patterns.first, !pattern.isEmpty else {
      var start = 0
      while start < lines.count {
        let end = lineEnd(lines, from: start)
        match(UnsafeRawBufferPointer(rebasing: lines[start..<end]))
        start = end + 1
      }
      return
    }
    var position = 0
    while position < lines.count {
      guard
        let found = memmem(
          lines.baseAddress! + position, lines.count - position, pattern, pattern.count)
      else { break }
      let at = UnsafeRawPointer(found) - lines.baseAddress!
      let start =
        memrchr(lines.baseAddress! + position, Int32(UInt8(ascii: "\n")), at - position)
        .map { UnsafeRawPointer($0) - lines.baseAddress! + 1 } ?? position
      lineNumber += newlines(lines[position..<start])
      let end = lineEnd(lines, from: at)
      emit(UnsafeRawBufferPointer(rebasing: lines[start..<end]))
      lineNumber += 1
      position = end + 1
    }
    if position < lines.count { lineNumber += newlines(lines[position...]) }
  }

  private mutating func match(_ line: UnsafeRawBufferPointer) {
    let isMatch = patterns.contains { pattern in
      pattern.isEmpty
        || line.baseAddress.map { memmem($0, line.count, pattern, pattern.count) != nil } ?? false
    }
    if isMatch { emit(line) }
    lineNumber += 1
  }

  private mutating func emit(_ line: UnsafeRawBufferPointer) {
    output.append(contentsOf: prefix)
    output.append(contentsOf: String(lineNumber).utf8)
    output.append(UInt8(ascii: ":"))
    output.append(contentsOf: line)
    output.append(UInt8(ascii: "\n"))
  }

  private func lineEnd(_ lines: UnsafeRawBufferPointer, from start: Int) -> Int {
    memchr(lines.baseAddress! + start, Int32(UInt8(ascii: "\n")), lines.count - start)
      .map { UnsafeRawPointer($0) - lines.baseAddress! } ?? lines.count
  }

  private func newlines(_ lines: Slice<UnsafeRawBufferPointer>) -> Int {
    var count = 0
    for byte in UnsafeRawBufferPointer(rebasing: lines) where byte == UInt8(ascii: "\n") {
      count &+= 1
    }
    return count
  }
}
