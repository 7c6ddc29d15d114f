import CTrace

extension Memory {
  /// Calls `body` with pieces of a range in order: its bytes as they are now, which are not kept. For what is large, and read once.
  func forEachPiece(
    from start: UInt, to end: UInt, _ body: (_ address: UInt, UnsafeRawBufferPointer) -> Void
  ) {
    let size: UInt = 1 << 16
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 64)
    defer { buffer.deallocate() }
    var next = start
    while next < end {
      let count = Int(min(size, end - next))
      let found = readNow(next, into: buffer.baseAddress, count)
      body(next, UnsafeRawBufferPointer(rebasing: buffer[..<found]))
      next += UInt(count)
    }
  }
}
