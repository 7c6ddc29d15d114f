public import CSearchFile
import CTenon
import CTenonUV
import Glibc
import Tenon
import TenonUV

/// The lines of one file that contain one of the patterns, as `path:line:text`. An ordinary Swift async function.
///
/// It goes by GNU grep's rules: the file is looked at in blocks, and from a block with a NUL byte on it is binary and has
/// no more lines.
func matches(of patterns: [[UInt8]], in path: [CChar], on loop: UVLoop) async throws -> [UInt8] {
  let file = try await loop.open(path, flags: O_RDONLY | O_NOCTTY)
  do {
    let found = try await matches(of: patterns, in: file, path: path, on: loop)
    try await loop.close(file)
    return found
  } catch {
    try? await loop.close(file)
    throw error
  }
}

private func matches(
  of patterns: [[UInt8]], in file: UVLoop.File, path: [CChar], on loop: UVLoop
) async throws -> [UInt8] {
  let blockSize = 96 * 1024
  var scanner = LineScanner(patterns: patterns, path: path)
  var block: [UInt8] = []
  while true {
    block = try await loop.read(file, count: blockSize)
    // A file may give less than asked for before its end.
    while !block.isEmpty && block.count < blockSize {
      let more = try await loop.read(file, count: blockSize - block.count)
      if more.isEmpty { break }
      block += more
    }
    guard block.withUnsafeBytes({ scanner.scan($0) }) else { break }
    if block.count < blockSize {
      scanner.finish()
      break
    }
  }
  return scanner.output
}

/// What C calls. `executor` is on a libuv loop; `path` and `pattern` are bytes that end with a NUL.
@c @implementation
public func search_file(
  _ executor: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ pattern: UnsafePointer<CChar>?,
  _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let path, let pattern, let loop = try? UVLoop(on: .borrowing(executor)) else {
    return TENON_STATUS_INVALID
  }
  let name = Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1))
  let patterns = UnsafeRawBufferPointer(start: pattern, count: strlen(pattern))
    .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { [UInt8]($0) }
  return export(on: executor, future: future_out) {
    try await matches(of: patterns, in: name, on: loop)
  }
}
