import CSearchFile
import Glibc

/// Finds lines in blocks of a file, as they come. Pure: it knows no files.
///
/// Add a block, take all the matches, add the next one.
struct LineScanner {
  private let patterns: [[UInt8]]
  private let prefix: [UInt8]
  private var lineNumber = 1
  /// What has come: whole lines up to `end`, of which those before `position` have been looked at, and then the beginning of
  /// a line whose end has not come yet.
  private var text: [UInt8] = []
  private var position = 0
  private var end = 0

  init(patterns: [[UInt8]], path: [CChar]) {
    self.patterns = patterns
    prefix = path.dropLast().map { UInt8(bitPattern: $0) } + [UInt8(ascii: ":")]
  }

  /// Takes the next block; false: it is binary, and so is the rest.
  mutating func add(_ block: [UInt8]) -> Bool {
    text.removeSubrange(..<position)
    position = 0
    end = 0
    let old = text.count
    text += block
    return block.withUnsafeBytes { block in
      guard let base = block.baseAddress, block.count > 0 else { return true }
      if memchr(base, 0, block.count) != nil { return false }
      if let last = memrchr(base, newline, block.count) {
        end = old + (UnsafeRawPointer(last) - base) + 1
      }
      return true
    }
  }

  /// The file has ended; its last line may have no end.
  mutating func finish() { end = text.count }

  /// The next lines that match, as `path:line:text`: whole ones, and no more than it takes to have `size` bytes. Nil: there are
  /// no more in what has come.
  mutating func nextMatches(_ size: Int) -> [UInt8]? {
    var output: [UInt8] = []
    // Out of `self`, so that the line number can be counted while the text is looked at.
    let (text, end) = (text, end)
    text.withUnsafeBytes { text in
      let lines = UnsafeRawBufferPointer(rebasing: text[..<end])
      while output.count < size, let line = nextMatch(in: lines) {
        output += prefix
        output += String(lineNumber).utf8
        output.append(UInt8(ascii: ":"))
        output += line
        output.append(UInt8(newline))
        lineNumber += 1
      }
    }
    return output.isEmpty ? nil : output
  }

  /// Goes on to the next line that matches, and counts those before it.
  private mutating func nextMatch(in lines: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    if patterns.count == 1, let pattern = patterns.first, !pattern.isEmpty {
      return nextMatch(of: pattern, in: lines)
    }
    while position < lines.count {
      let line = UnsafeRawBufferPointer(rebasing: lines[position..<lineEnd(lines, from: position)])
      position += line.count + 1
      let isMatch = patterns.contains { $0.isEmpty || find($0, in: line, from: 0) != nil }
      if isMatch { return line }
      lineNumber += 1
    }
    position = lines.count
    return nil
  }

  /// The same for a single pattern: jumps to the match, without a look at the lines in between.
  private mutating func nextMatch(
    of pattern: [UInt8], in lines: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    guard let base = lines.baseAddress, position < lines.count,
      let found = find(pattern, in: lines, from: position)
    else {
      lineNumber += newlines(lines[min(position, lines.count)...])
      position = lines.count
      return nil
    }
    let start =
      memrchr(base + position, newline, found - position)
      .map { UnsafeRawPointer($0) - base + 1 } ?? position
    lineNumber += newlines(lines[position..<start])
    let end = lineEnd(lines, from: found)
    position = end + 1
    return UnsafeRawBufferPointer(rebasing: lines[start..<end])
  }

  private func find(
    _ pattern: [UInt8], in lines: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    guard let base = lines.baseAddress else { return nil }
    return memmem(base + start, lines.count - start, pattern, pattern.count)
      .map { UnsafeRawPointer($0) - base }
  }

  private func lineEnd(_ lines: UnsafeRawBufferPointer, from start: Int) -> Int {
    memchr(lines.baseAddress! + start, newline, lines.count - start)
      .map { UnsafeRawPointer($0) - lines.baseAddress! } ?? lines.count
  }

  private func newlines(_ lines: Slice<UnsafeRawBufferPointer>) -> Int {
    var count = 0
    for byte in UnsafeRawBufferPointer(rebasing: lines) where byte == UInt8(newline) { count &+= 1 }
    return count
  }
}

private let newline = Int32(UInt8(ascii: "\n"))
