import AsyncAlgorithms
import Dispatch
import Tenon
import Testing

/// swift-async-algorithms' operators, on streams as they are.
@Suite struct OperatorTests {
  /// A stream of numbers whose writer has ended it.
  private func numbers(_ numbers: Range<Int>, capacity: Int = 64) async throws -> Stream {
    let (sink, stream) = try Stream.make(capacity: capacity)
    Task {
      try await sink.send(contentsOf: numbers)
      sink.close()
    }
    return stream
  }

  private func integer(_ value: Value) -> Int {
    if case .i64(let number) = value { Int(number) } else { -1 }
  }

  @Test func chainedStreamsComeOneAfterTheOther() async throws {
    let both = chain(try await numbers(0..<100), try await numbers(100..<200))
    var seen: [Int] = []
    for try await value in both { seen.append(integer(value)) }
    #expect(seen == Array(0..<200))
  }

  @Test func mergedStreamsLoseNothing() async throws {
    let both = merge(
      try await numbers(0..<1000, capacity: 1), try await numbers(1000..<2000, capacity: 7))
    var seen: [Int] = []
    for try await value in both { seen.append(integer(value)) }
    #expect(seen.sorted() == Array(0..<2000))
  }

  @Test func zippedStreamsGoInStep() async throws {
    var count = 0
    for try await (first, second) in zip(
      try await numbers(0..<500, capacity: 0), try await numbers(500..<1000, capacity: 3))
    {
      #expect(integer(second) == integer(first) + 500)
      count += 1
    }
    #expect(count == 500)
  }

  @Test func theLatestOfTwoAreCombined() async throws {
    var last: (Int, Int)?
    for try await (first, second) in combineLatest(
      try await numbers(0..<50), try await numbers(100..<150))
    {
      last = (integer(first), integer(second))
    }
    #expect(last?.0 == 49 && last?.1 == 149)
  }

  @Test func aStreamComesInChunks() async throws {
    var chunks: [[Int]] = []
    for try await chunk in try await numbers(0..<10).chunks(ofCount: 4) {
      chunks.append(chunk.map(integer))
    }
    #expect(chunks == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
  }

  @Test func repeatedValuesAreRemovedAndNeighboursPaired() async throws {
    let steps = try await numbers(0..<100).map { integer($0) / 10 }.removeDuplicates()
    var pairs: [(Int, Int)] = []
    for try await pair in steps.adjacentPairs() { pairs.append(pair) }
    #expect(pairs.map(\.0) == Array(0..<9))
    #expect(pairs.allSatisfy { $0.1 == $0.0 + 1 })
  }

  @Test func anotherBufferMayStandBehind() async throws {
    var seen: [Int] = []
    for try await value in try await numbers(0..<1000, capacity: 2).buffer(policy: .bounded(16)) {
      seen.append(integer(value))
    }
    #expect(seen == Array(0..<1000))
  }

  @Test func aChannelFeedsAStream() async throws {
    let channel = AsyncChannel<Int>()
    let loop = try LoopExecutor.create(name: "channel")
    Task {
      for number in 0..<100 { await channel.send(number) }
      channel.finish()
    }
    let stream = try loop.stream(from: channel, capacity: 4)
    let sum = try loop.start {
      var sum = 0
      for try await value in stream { if case .i64(let number) = value { sum += Int(number) } }
      return sum
    }
    // A task must not block its thread, which a loop of one's own does.
    let isClosed = await withCheckedContinuation { ended in
      DispatchQueue.global().async {
        ended.resume(returning: (try? loop.run(until: sum)) == true && (try? loop.close()) == true)
      }
    }
    #expect(isClosed)
    #expect(try await sum.value.integer == 4950)
  }

  @Test func aFailureComesThroughAnOperator() async throws {
    struct Broken: Error {}
    let (sink, stream) = try Stream.make(capacity: 4)
    try await sink.send(1)
    sink.fail(Broken())
    var seen = 0
    await #expect(throws: Broken.self) {
      for try await _ in chain(stream, try await numbers(0..<3)) { seen += 1 }
    }
    #expect(seen == 1)
  }
}

extension Value {
  fileprivate var integer: Int? {
    if case .i64(let number) = self { Int(number) } else { nil }
  }
}
