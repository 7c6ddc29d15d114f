import Synchronization

extension Table {
  /// Calls `body` with each future that is pending, as it was at one moment: its slot's number and word, and the compact name of
  /// its executor. There may be millions: nothing is kept, and nothing is copied of this process.
  func forEachPending(
    _ memory: Memory, _ body: (_ index: UInt, _ word: UInt, _ executor: UInt32) -> Void
  ) {
    if memory.isOwn {
      forEachPendingHere(body)
      return
    }
    memory.forEachPiece(from: base, to: base &+ used &* Table.slotSize) { address, bytes in
      let first = (address - base) / Table.slotSize
      var again = [UInt8](repeating: 0, count: bytes.count)
      let count = memory.readNow(address, into: &again, again.count)
      again.withUnsafeBytes { again in
        for place in 0..<min(bytes.count, count) / Int(Table.slotSize) {
          let at = place * Int(Table.slotSize)
          let word = again.load(fromByteOffset: at, as: UInt.self)
          guard Table.isPending(word) else { continue }
          let executor = again.load(fromByteOffset: at + 12, as: UInt32.self)
          if word == bytes.load(fromByteOffset: at, as: UInt.self),
            executor == bytes.load(fromByteOffset: at + 12, as: UInt32.self)
          {
            body(first + UInt(place), word, executor)
          } else if let (word, executor) = settled(address &+ UInt(at), memory) {
            body(first + UInt(place), word, executor)
          }
        }
      }
    }
  }

  private static func isPending(_ word: UInt) -> Bool { word & (1 << 63 | 7) == 1 << 63 }

  /// The same of one that changes: once it is the same twice.
  private func settled(_ slot: UInt, _ memory: Memory) -> (UInt, UInt32)? {
    var known: (UInt, UInt) = (0, 0)
    for _ in 0..<64 {
      let now = (memory.wordNow(slot), memory.wordNow(slot &+ 8))
      if now == known { break }
      known = now
    }
    return Table.isPending(known.0) ? (known.0, UInt32(known.1 >> 32)) : nil
  }

  private func forEachPendingHere(
    _ body: (_ index: UInt, _ word: UInt, _ executor: UInt32) -> Void
  ) {
    guard let slots = UnsafeRawPointer(bitPattern: base) else { return }
    for index in 0..<used {
      let slot = slots + Int(index &* Table.slotSize)
      var word = Table.word(slot)
      while Table.isPending(word) {
        let executor = UInt32(Table.word(slot + 8) >> 32)
        let again = Table.word(slot)
        if (word ^ again) & Handle.lifeMask == 0 {
          body(index, word, executor)
          break
        }
        word = again
      }
    }
  }

  @inline(__always) private static func word(_ address: UnsafeRawPointer) -> UInt {
    address.assumingMemoryBound(to: Atomic<UInt>.self).pointee.load(ordering: .acquiring)
  }
}
