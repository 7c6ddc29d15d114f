import CTenon
import Testing

@testable import Tenon

private struct PipeFault: Error, Equatable { let number: Int }

extension Value {
  fileprivate var number: Int64? {
    if case .i64(let number) = self { return number }
    return nil
  }
}

/// What Swift authors get of pipes, and of looking before they move.
@Suite(.serialized) struct PipeTests {
  @Test(arguments: [0, 1, 3, 64], [0, 1, 64])
  func tasksWriteAndReadThroughAPipe(first: Int, second: Int) async throws {
    try await withLoop { loop in
      let (sink, middle) = try Stream.make(capacity: first)
      let (end, stream) = try Stream.make(capacity: second)
      let pipe = try loop.start { try await middle.pipe(to: end) }
      let writer = try loop.start {
        for number in 0..<1000 { try await sink.send(number) }
        sink.close()
      }
      let numbers = try loop.result {
        var numbers: [Int64] = []
        for try await value in stream { numbers.append(value.number ?? -1) }
        return numbers
      }
      #expect(numbers == Array(0..<1000))
      try loop.run(until: pipe)
      #expect(writer.isSettled)
    }
  }

  @Test func whatTheWriterFailsWithGoesThroughAPipeAsTheSameError() async throws {
    try await withLoop { loop in
      let (sink, middle) = try Stream.make()
      let (end, stream) = try Stream.make()
      #expect(try sink.trySend(1))
      let pipe = try middle.startPipe(to: end)
      sink.fail(PipeFault(number: 7))
      #expect(throws: PipeFault(number: 7)) { try loop.result { _ = try await pipe.value } }
      #expect(throws: PipeFault(number: 7)) {
        try loop.result { for try await value in stream { #expect(value.number == 1) } }
      }
    }
  }

  @Test func cancellingATaskThatPipesCancelsTheWriterForItsReason() async throws {
    try await withLoop { loop in
      let (sink, middle) = try Stream.make(capacity: 1)
      let (end, stream) = try Stream.make(capacity: 1)
      let pipe = try loop.start { try await middle.pipe(to: end) }
      loop.pollAll()
      #expect(try sink.trySend(1))
      pipe.cancel(because: PipeFault(number: 3))
      loop.pollAll()
      #expect(sink.isCancelled && !pipe.isSettled)
      #expect(sink.cancelReason as? PipeFault == PipeFault(number: 3))
      #expect(throws: CancellationError.self) { try sink.trySend(2) }
      sink.cancel()
      let read = try loop.result {
        var read = 0
        do { for try await _ in stream { read += 1 } } catch is CancellationError {}
        return read
      }
      #expect(read == 1)
      #expect(throws: CancellationError.self) { try loop.result { _ = try await pipe.value } }
    }
  }

  @Test func aReaderBehindAPipeSaysWhyItWantsNoMore() async throws {
    try await withLoop { loop in
      let (sink, middle) = try Stream.make()
      let (end, stream) = try Stream.make()
      let pipe = try middle.startPipe(to: end)
      stream.cancel(because: PipeFault(number: 5))
      #expect(sink.cancelReason as? PipeFault == PipeFault(number: 5))
      sink.close()
      #expect(pipe.isSettled)
      #expect(throws: CancellationError.self) { try loop.result { _ = try await pipe.value } }
      let (publisher, latest) = try Latest.make()
      latest.cancel(because: PipeFault(number: 6))
      #expect(publisher.cancelReason as? PipeFault == PipeFault(number: 6))
    }
  }

  @Test func aKeptSinkIsOpenAfterAPipe() async throws {
    try await withLoop { loop in
      let (end, stream) = try Stream.make()
      for number in 0..<3 {
        let (sink, middle) = try Stream.make()
        #expect(try sink.trySend(number))
        sink.close()
        try loop.result { try await middle.pipe(to: end, keepsOpen: true) }
      }
      #expect(try end.trySend(3))
      end.close()
      let numbers = try loop.result {
        var numbers: [Int64] = []
        for try await value in stream { numbers.append(value.number ?? -1) }
        return numbers
      }
      #expect(numbers == [0, 1, 2, 3])
    }
  }

  @Test func whatCannotBePipedIsAnError() throws {
    let (sink, stream) = try Stream.make()
    #expect { _ = try stream.startPipe(to: sink) } throws: {
      ($0 as? Failure)?.code == Int64(TENON_STATUS_INVALID.rawValue)
    }
    let (end, _) = try Stream.make()
    end.close()
    #expect { try stream.startPipe(to: end) } throws: {
      ($0 as? Failure)?.code == Int64(TENON_STATUS_CLOSED.rawValue)
    }
  }

  @Test func readyWaitsWithoutMoving() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: 1)
      let reader = try loop.start {
        let isReady = try await stream.ready()
        #expect(isReady)
      }
      loop.pollAll()
      #expect(!reader.isSettled)
      #expect(try sink.trySend("a"))
      try loop.run(until: reader)
      let writer = try loop.start { try await sink.ready() }
      loop.pollAll()
      #expect(!writer.isSettled)
      guard case .string("a")? = try stream.peek() else { return #expect(Bool(false)) }
      guard case .string("a")? = try loop.result({ try await stream.next() }) else {
        return #expect(Bool(false))
      }
      try loop.run(until: writer)
      #expect(try stream.peek() == nil)
      sink.close()
      #expect(try !loop.result { try await stream.ready() })
      #expect(try stream.peek() == nil)
      #expect(throws: Failure.self) { try loop.result { try await sink.ready() } }
    }
  }

  @Test func peekSharesAnObject() throws {
    final class Something: Sendable {}
    let (sink, stream) = try Stream.make()
    let something = Something()
    #expect(try sink.trySend(Value.object(something)))
    #expect(try stream.peek()?.object(as: Something.self) === something)
    #expect(try stream.peek()?.object(as: Something.self) === something)
  }

  @Test func manyAtLeastAreReadAtOnce() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: 4)
      let reader = try loop.start {
        let numbers = try await stream.next(atLeast: 3).map(\.number)
        #expect(numbers == [0, 1, 2])
        let last = try await stream.next(atLeast: 2, atMost: 2).map(\.number)
        #expect(last == [3])
        let none = try await stream.next(atLeast: 1)
        #expect(none.isEmpty)
      }
      for number in 0..<4 {
        #expect(try sink.trySend(number))
        loop.pollAll()
        if number == 1 { #expect(!reader.isSettled) }
      }
      sink.close()
      try loop.run(until: reader)
      _ = try loop.result { try await reader.value }
      #expect(throws: Failure.self) { try loop.result { _ = try await stream.next(atLeast: 5) } }
    }
  }

  @Test func aTaskThatWaitsForManyMayBeCancelledAndLosesNone() async throws {
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: 4)
      let reader = try loop.start { _ = try await stream.next(atLeast: 3) }
      #expect(try sink.trySend(1))
      loop.pollAll()
      reader.cancel()
      try loop.run(until: reader)
      #expect(throws: CancellationError.self) { try loop.result { _ = try await reader.value } }
      #expect(try stream.peek()?.number == 1)
    }
  }
}
