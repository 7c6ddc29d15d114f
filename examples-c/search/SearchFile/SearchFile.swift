public import CSearchFile
import CTenon
import CTenonUV
import Glibc
import Tenon
import TenonUV

/// Sends the lines of one file that contain one of the patterns, as `path:line:text`. An ordinary Swift async function.
///
/// Each value that it sends is some whole lines, as they are found; while the reader has not caught up it waits, and reads no
/// further. It goes by GNU grep's rules: the file is looked at in blocks, and from a block with a NUL byte on it is binary and
/// has no more lines.
func sendMatches(
  of patterns: [[UInt8]], in path: [CChar], to sink: Sink, on loop: UVLoop
) async throws {
  let file = try await loop.open(path, flags: O_RDONLY | O_NOCTTY)
  do {
    try await sendMatches(
      to: sink, from: file, with: LineScanner(patterns: patterns, path: path), on: loop)
    try await loop.close(file)
  } catch {
    try? await loop.close(file)
    throw error
  }
}

private func sendMatches(
  to sink: Sink, from file: UVLoop.File, with scanner: consuming LineScanner, on loop: UVLoop
) async throws {
  let blockSize = 96 * 1024
  let outputSize = 32 * 1024
  var isAtEnd = false
  while !isAtEnd {
    let block = try await read(blockSize, from: file, on: loop)
    guard scanner.add(block) else { return }
    isAtEnd = block.count < blockSize
    if isAtEnd { scanner.finish() }
    while let lines = scanner.nextMatches(outputSize) { try await sink.send(lines) }
  }
}

/// Reads a whole block; less: the file has ended.
private func read(_ size: Int, from file: UVLoop.File, on loop: UVLoop) async throws -> [UInt8] {
  var block = try await loop.read(file, count: size)
  // A file may give less than asked for before its end.
  while !block.isEmpty && block.count < size {
    let more = try await loop.read(file, count: size - block.count)
    if more.isEmpty { break }
    block += more
  }
  return block
}

/// What C calls. `executor` is on a libuv loop; `path` and `pattern` are bytes that end with a NUL.
@c @implementation
public func search_file(
  _ executor: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ pattern: UnsafePointer<CChar>?,
  _ stream_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let path, let pattern, let loop = try? UVLoop(on: .borrowing(executor)) else {
    return TENON_STATUS_INVALID
  }
  let name = Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1))
  let patterns = UnsafeRawBufferPointer(start: pattern, count: strlen(pattern))
    .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { [UInt8]($0) }
  return export(on: executor, stream: stream_out, capacity: 1) { sink in
    try await sendMatches(of: patterns, in: name, to: sink, on: loop)
  }
}
