import CTenon
import Glibc
import Testing

@testable import Tenon

private struct StreamFault: Error, Equatable { let number: Int }

extension Value {
  fileprivate var number: Int64? {
    if case .i64(let number) = self { return number }
    return nil
  }
}

/// What Swift authors get of streams.
@Suite(.serialized) struct StreamTests {
  @Test(arguments: [0, 1, 3, 64]) func aLoopReadsWhatAnotherTaskSends(capacity: Int) async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: capacity, on: loop)
      let writer = try loop.start {
        for number in 0..<1000 { try await sink.send(number) }
        sink.close()
      }
      let sum = try loop.result {
        var sum: Int64 = 0
        for try await value in stream { sum += value.number ?? 0 }
        return sum
      }
      #expect(sum == 499_500)
      #expect(writer.isSettled)
    }
  }

  @Test func whatTheWriterFailsWithIsTheSameErrorAfterWhatIsBuffered() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make()
      #expect(try sink.trySend(1))
      #expect(sink.fail(StreamFault(number: 7)))
      #expect(!sink.close())
      let seen = try loop.result {
        var seen = 0
        do { for try await _ in stream { seen += 1 } } catch let error as StreamFault {
          return (seen, error.number)
        }
        return (seen, 0)
      }
      #expect(seen == (1, 7))
    }
  }

  /// What it does not have to wait for it gets all the same.
  @Test func aCancelledTaskWaitsAtNoEnd() async throws {
    let (sink, stream) = try Stream.make(capacity: 2)
    let waits = { @Sendable in
      await Task {
        withUnsafeCurrentTask { $0?.cancel() }
        do { return try await waitForItem(stream.handle, .stream) } catch {
          return error is CancellationError ? TENON_STATUS_CANCELLED : TENON_STATUS_INVALID
        }
      }.value
    }
    #expect(await waits() == TENON_STATUS_CANCELLED)
    #expect(try sink.trySend(1))
    #expect(await waits() == TENON_STATUS_OK)
    #expect(try await waitForRoom(sink.handle) == TENON_STATUS_OK)
    #expect(try await stream.next() != nil)
    sink.close()
    #expect(await waits() == TENON_STATUS_ENDED)
    #expect(try await waitForRoom(sink.handle) == TENON_STATUS_CLOSED)
  }

  @Test func theEndOfAStreamIsAFuture() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make()
      let end = try stream.end
      #expect(try stream.end.pointer == end.pointer)
      #expect(try sink.trySend(1))
      #expect(!end.isSettled && !sink.isCancelled)
      sink.fail(StreamFault(number: 8))
      #expect(throws: StreamFault(number: 8)) { try loop.result { _ = try await end.value } }
      #expect(try loop.result { try await stream.next()?.number } == 1)
    }
  }

  @Test func whoWaitsForTheEndAndIsCancelledCancelsTheStream() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make()
      let waiting = try loop.start { _ = try await stream.end.value }
      loop.pollAll()
      waiting.cancel(because: StreamFault(number: 9))
      #expect(sink.cancelReason as? StreamFault == StreamFault(number: 9))
      loop.pollAll()
      #expect(!waiting.isSettled)
      sink.cancel()
      try loop.run(until: waiting)
      #expect(tenon_future_poll(waiting.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test func aSinkThatGoesAwayBreaksItsPromise() async throws {
    try await withLoop { loop in
      var (sink, stream): (Sink?, Stream) = try Stream.make()
      #expect(sink != nil)
      sink = nil
      let code = try loop.result { [stream] in
        do { _ = try await stream.next() } catch let error as Failure { return error.code }
        return 0
      }
      #expect(code == Int64(TENON_STATUS_STALE.rawValue))
    }
  }

  @Test func aSecondReaderIsBusyAndTrapsNothing() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make()
      let first = try loop.start { _ = try await stream.next() }
      loop.pollAll()
      let code = try loop.result {
        do { _ = try await stream.next() } catch let error as Failure { return error.code }
        return 0
      }
      #expect(code == Int64(TENON_STATUS_BUSY.rawValue))
      #expect(try sink.trySend(1))
      try loop.run(until: first)
      #expect(tenon_future_poll(first.pointer) == TENON_STATUS_OK)
    }
  }

  @Test func cancellingTheTaskEndsItsWaitAndLosesNothing() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make()
      for _ in 0..<3 {
        let reader = try loop.start { _ = try await stream.next() }
        loop.pollAll()
        reader.cancel()
        try loop.run(until: reader)
        #expect(tenon_future_poll(reader.pointer) == TENON_STATUS_CANCELLED)
      }
      #expect(try sink.trySend(5))
      #expect(try loop.result { try await stream.next()?.number } == 5)
    }
  }

  @Test func cancellingAWriterEndsItsWaitAndDropsItsValue() async throws {
    try await withLoop { loop in
      let ends = Shared(0)
      let (sink, stream) = try Stream.make(capacity: 1)
      #expect(try sink.trySend(Value.object(Witness(ends))))
      let writer = try loop.start { try await sink.send(Value.object(Witness(ends))) }
      loop.pollAll()
      writer.cancel()
      try loop.run(until: writer)
      #expect(tenon_future_poll(writer.pointer) == TENON_STATUS_CANCELLED)
      #expect(ends.value == 1)
      #expect(!sink.isCancelled)
      stream.cancel()
      #expect(sink.isCancelled)
      #expect(throws: CancellationError.self) { try sink.trySend(1) }
    }
  }

  @Test func leavingTheLoopCancelsTheWriterWithTheLastReference() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: 2, on: loop)
      let writer = try loop.start {
        for number in 0... { try await sink.send(number) }
      }
      let read = try loop.start { [stream] in
        for try await value in stream where value.number == 10 { break }
      }
      try loop.run(until: read)
      #expect(!writer.isSettled)
      _ = consume stream
      _ = consume read
      loop.pollAll()
      try loop.run(until: writer)
      #expect(tenon_future_poll(writer.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  @Test(arguments: [0, 1, 7, 64, 200]) func sequencesAreSentWhole(capacity: Int) async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: capacity)
      let writer = try loop.start {
        try await sink.send(contentsOf: 0..<500)
        sink.close()
      }
      let read = try loop.result {
        var next: Int64 = 0
        for try await value in stream {
          #expect(value.number == next)
          next += 1
        }
        return next
      }
      #expect(read == 500)
      try loop.run(until: writer)
    }
  }

  @Test func aSwiftSequenceIsAStreamForC() async throws {
    try await withLoop { loop in
      let numbers = AsyncStream<Int> { continuation in
        for number in 0..<100 { continuation.yield(number) }
        continuation.finish()
      }
      var stream: OpaquePointer?
      #expect(
        export(on: loop.pointer, stream: &stream, capacity: 4, numbers) == TENON_STATUS_OK)
      for expected in 0..<101 {
        var item: OpaquePointer?
        #expect(tenon_stream_next(stream, &item) == TENON_STATUS_OK)
        // Nobody watches this loop: whoever waits polls it.
        #expect(tenon_future_wait(item, UInt64.max) == TENON_STATUS_OK)
        var value = tenon_value_none()
        #expect(tenon_future_take(item, &value) == TENON_STATUS_OK)
        if expected == 100 {
          #expect(value.isKind == TENON_VALUE_END)
        } else {
          #expect(value.as.i64 == Int64(expected))
        }
        tenon_future_release(item)
      }
      tenon_stream_release(stream)
    }
  }

  @Test func aSwiftFunctionIsAStreamForC() async throws {
    try await withLoop { loop in
      let sent = Shared(0)
      var stream: OpaquePointer?
      let status = export(on: loop.pointer, stream: &stream, capacity: 2) { sink in
        for number in 0..<10 {
          try await sink.send(number)
          sent.value += 1
        }
        throw StreamFault(number: 10)
      }
      #expect(status == TENON_STATUS_OK)
      loop.pollAll()
      #expect(sent.value == 2)
      let reader = try Stream(adopting: stream)
      let numbers = Shared(0)
      #expect(throws: StreamFault(number: 10)) {
        try loop.result { for try await _ in reader { numbers.value += 1 } }
      }
      #expect(numbers.value == 10)
    }
  }

  @Test func aReaderThatStopsEarlyEndsTheSwiftFunction() async throws {
    try await withLoop { loop in
      let isCancelled = Shared(false)
      var stream: OpaquePointer?
      let status = export(on: loop.pointer, stream: &stream, capacity: 0) { sink in
        do { try await sink.send(1) } catch {
          isCancelled.value = error is CancellationError && Task.isCancelled
          throw error
        }
      }
      #expect(status == TENON_STATUS_OK)
      loop.pollAll()
      #expect(!isCancelled.value)
      tenon_stream_release(stream)
      try loop.run()
      #expect(isCancelled.value)
      #expect(loop.statistics.pending == 0)
    }
  }

  @Test func aReaderThatStopsEarlyCancelsTheSwiftSequence() async throws {
    try await withLoop { loop in
      let ended = Shared(false)
      let endless = AsyncStream<Int>(unfolding: { 1 }, onCancel: { ended.value = true })
      let stream = try loop.stream(from: endless, capacity: 4)
      loop.pollAll()
      #expect(!ended.value)
      _ = try loop.result { [stream] in try await stream.next() }
      stream.cancel()
      try loop.run()
      #expect(loop.statistics.pending == 0)
      let left = try loop.result {
        var left = 0
        do { for try await _ in stream { left += 1 } } catch is CancellationError {}
        return left
      }
      #expect(left <= 4)
    }
  }

  @Test func aFailingSwiftSequenceFailsTheStream() async throws {
    try await withLoop { loop in
      let failing = AsyncThrowingStream<Int, any Error> {
        $0.finish(throwing: StreamFault(number: 3))
      }
      let stream = try loop.stream(from: failing)
      let number = try loop.result {
        do { _ = try await stream.next() } catch let error as StreamFault { return error.number }
        return 0
      }
      #expect(number == 3)
    }
  }

  /// Generic code that asks of a sequence what the operators of packages ask: to be sendable, and typed.
  private func merged<First: AsyncSequence & Sendable, Second: AsyncSequence & Sendable>(
    _ first: First, _ second: Second
  ) async throws -> [Int64] where First.Element == Value, Second.Element == Value {
    try await withThrowingTaskGroup(of: [Int64].self) { group in
      group.addTask { try await first.reduce(into: []) { $0.append($1.number ?? -1) } }
      group.addTask { try await second.reduce(into: []) { $0.append($1.number ?? -1) } }
      return try await group.reduce([], +).sorted()
    }
  }

  @Test func operatorsOfSequencesWorkOnStreams() async throws {
    let (firstSink, first) = try Stream.make()
    let (secondSink, second) = try Stream.make()
    for number in 0..<20 { #expect(try (number % 2 == 0 ? firstSink : secondSink).trySend(number)) }
    firstSink.close()
    secondSink.close()
    #expect(try await merged(first, second) == (0..<20).map(Int64.init))
    let (sink, stream) = try Stream.make()
    for number in 0..<20 { #expect(try sink.trySend(number)) }
    let some = stream.compactMap { $0.number }.filter { $0 % 3 == 0 }.prefix(3)
    #expect(try await some.reduce(into: []) { $0.append($1) } == [0, 3, 6])
    // What the operators did not take is still there, but for what they looked at.
    #expect(try await stream.next()?.number == 7)
  }

  @Test func handlesOfCAreAdoptedAndBorrowed() throws {
    var (sink, stream): (OpaquePointer?, OpaquePointer?)
    #expect(tenon_stream_create(nil, &sink, &stream) == TENON_STATUS_OK)
    do {
      let (writer, reader) = try (Sink(borrowing: sink), Stream(adopting: stream))
      #expect(try writer.trySend("text"))
      #expect(reader.pointer == stream)
    }
    #expect(tenon_stream_release(stream) == TENON_STATUS_STALE)
    #expect(tenon_sink_release(sink) == TENON_STATUS_OK)
    #expect(throws: Failure.self) { try Stream(adopting: stream) }
    #expect(throws: Failure.self) { try Sink(borrowing: nil) }
    #expect(throws: Failure.self) { try Stream.make(capacity: -1) }
  }

  @Test func aLatestValueIsTheNewestAndNeverABacklog() async throws {
    try await withLoop { loop in
      let (publisher, latest) = try Latest.make(on: loop)
      for number in 0..<10 { #expect(publisher.set(number)) }
      #expect(latest.missed == 9)
      #expect(try loop.result { try await latest.next()?.number } == 9)
      let reader = try loop.start {
        var seen: [Int64] = []
        for try await value in latest { seen.append(value.number ?? -1) }
        #expect(seen == [10, 12])
      }
      loop.pollAll()
      #expect(publisher.set(10))
      loop.pollAll()
      #expect(publisher.set(11))
      #expect(publisher.set(12))
      publisher.close()
      #expect(!publisher.set(13))
      try loop.run(until: reader)
      #expect(tenon_future_poll(reader.pointer) == TENON_STATUS_OK)
    }
  }

  @Test(arguments: [false, true]) func aStreamThatNobodyWantsBeforeItsTurnIsNeverWritten(
    isReleased: Bool
  ) throws {
    let executor = try LoopExecutor.create()
    let runs = Shared(0)
    var pointer: OpaquePointer?
    let status = export(on: executor.pointer, stream: &pointer) { sink in
      runs.value += 1
      try await sink.send(1)
    }
    #expect(status == TENON_STATUS_OK)
    if isReleased {
      #expect(tenon_stream_release(pointer) == TENON_STATUS_OK)
    } else {
      #expect(tenon_stream_cancel(pointer) == TENON_STATUS_OK)
    }
    #expect(tenon_executor_poll(executor.pointer, nil, nil) == TENON_STATUS_OK)
    #expect(runs.value == 0)
    if !isReleased {
      let stream = try Stream(adopting: pointer)
      #expect(tenon_future_poll(try stream.end.pointer) == TENON_STATUS_CANCELLED)
    }
    try executor.close()
  }
}
