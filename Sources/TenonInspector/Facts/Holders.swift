extension Target {
  /// Which of these pending futures' promises nobody can settle any more: the promise's handle is in no register, and nowhere
  /// in the memory that the process writes to, but for stacks' dead ends. Twice, as it may be on its way meanwhile.
  func futuresWithoutHolder(_ futures: Set<UInt>, besides known: [Range<UInt>]) -> Set<UInt> {
    let ranges = memory.written
    guard !futures.isEmpty, ranges.reduce(0, { $0 + $1.count }) < 8 << 30 else { return [] }
    var missing = futures
    for _ in 0..<2 where !missing.isEmpty { search(ranges, &missing, known) }
    return missing
  }

  private func search(
    _ ranges: [Range<UInt>], _ missing: inout Set<UInt>, _ known: [Range<UInt>]
  ) {
    var tops: [UInt] = []
    for thread in threads {
      let registers = registers(of: thread)
      for word in registers.words { strike(word, &missing) }
      if registers.stackPointer != 0 { tops.append(registers.stackPointer) }
    }
    for range in ranges {
      // What is below a stack's top is of functions that have returned.
      let top = tops.filter(range.contains).min()
      var next = top.map { max(range.lowerBound, $0 &- 128) & ~7 } ?? range.lowerBound
      while next < range.upperBound, !missing.isEmpty {
        if let skipped = known.first(where: { $0.contains(next) }) {
          next = skipped.upperBound
          continue
        }
        let end = min(range.upperBound, next &+ 1 << 20)
        let stop = known.filter { $0.lowerBound > next }.map(\.lowerBound).min() ?? end
        memory.withBytesNow(from: next, to: min(end, stop)) { words in
          for word in words { strike(word, &missing) }
        }
        next = min(end, stop)
      }
    }
  }

  @inline(__always) private func strike(_ word: UInt, _ missing: inout Set<UInt>) {
    // A promise's handle: see `Handle`.
    if word >> 32 & (1 << 31 | 63) == 1 << 31 | Handle.Kind.promise.rawValue {
      missing.remove(Handle(word).as(.future).bits)
    }
  }
}

extension Survey {
  /// Futures that wait for nothing but their promises, which nobody has.
  mutating func findBrokenPromises() {
    let candidates = graph.all(.future).filter {
      !$0.isCall && !waitingForDescriptors.contains($0.id) && graph.waits(of: $0.id).isEmpty
        && copy.notes.note(Notes.waits, Handle($0.id)) == nil
    }
    let tables = copy.tables.values.map { $0.base..<$0.base + $0.used &* Table.slotSize }
    for future in target.futuresWithoutHolder(Set(candidates.map(\.id)), besides: tables) {
      graph.change(future) {
        $0.cause =
          "is pending for ever: nobody holds its promise, whose handle is nowhere in the process's memory"
      }
    }
  }
}
