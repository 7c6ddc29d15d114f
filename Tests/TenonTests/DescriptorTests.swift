import CTenon
import Glibc
import Testing

@testable import Tenon

/// What async code on a loop waits for of descriptors.
@Suite struct DescriptorTests {
  private static func withPipe(_ body: (_ reader: Int32, _ writer: Int32) async throws -> Void)
    async throws
  {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    try await body(ends[0], ends[1])
  }

  @Test func aTaskWaitsForADescriptor() async throws {
    try await Self.withPipe { reader, writer in
      let writing = Task.detached { write(writer, "x", 1) }
      try await withLoop { loop in
        let thread = threadHere()
        try loop.result {
          try await loop.writable(writer)
          try await loop.readable(reader)
          #expect(threadHere() == thread)
        }
      }
      #expect(await writing.value == 1)
    }
  }

  /// How a wait ended, if not well.
  private static func failure(_ loop: LoopExecutor, _ descriptor: Int32) async -> (any Error)? {
    do {
      try await loop.readable(descriptor)
      return nil
    } catch { return error }
  }

  @Test func aCancelledTaskWaitsForNone() async throws {
    try await Self.withPipe { reader, _ in
      try await withLoop { loop in
        let isCancelled = Shared(false)
        let future = try loop.start {
          isCancelled.value = await Self.failure(loop, reader) is CancellationError
        }
        try loop.result {}  // It has begun, and waits.
        future.cancel()
        try loop.result { await future.settled() }
        #expect(isCancelled.value)
      }
    }
  }

  @Test func whatCannotBeWaitedForIsSaid() async throws {
    try await withLoop { loop in
      let isFailure = try loop.result { await Self.failure(loop, -1) is Failure }
      #expect(isFailure)
    }
  }

  // MARK: What a sleep finds

  /// Runs `body` with a loop that has futures of so many pipes, and with what it sleeps on. The pipes are written to, and so ready.
  private static func withReadyPipes(
    _ count: Int,
    _ body:
      @escaping @Sendable (LoopExecutor, WatchedDescriptors, [OpaquePointer?]) throws ->
      Void
  ) async throws {
    var pipes: [[Int32]] = []
    for _ in 0..<count {
      var ends: [Int32] = [-1, -1]
      #expect(pipe(&ends) == 0)
      pipes.append(ends)
    }
    defer { for end in pipes.joined() { close(end) } }
    let ends = pipes
    try await withLoop { loop in
      var futures: [OpaquePointer?] = []
      for reader in ends.map({ $0[0] }) {
        var future: OpaquePointer?
        #expect(tenon_future_readable(loop.pointer, reader, &future) == TENON_STATUS_OK)
        futures.append(future)
      }
      loop.pollAll()
      for writer in ends.map({ $0[1] }) { #expect(write(writer, "x", 1) == 1) }
      let descriptors = loop.state.pointee.mutex.withLock { loop.state.shared.pointee.descriptors }
      try body(loop, try #require(descriptors), futures)
      for future in futures {
        #expect(tenon_future_poll(future) == TENON_STATUS_OK)
        #expect(tenon_future_release(future) == TENON_STATUS_OK)
      }
    }
  }

  private static func isReadable(_ descriptor: Int32) -> Bool {
    var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&one, 1, 0) == 1
  }

  @Test func whatASleepFindsDuringAPollIsFoundAgain() async throws {
    try await Self.withReadyPipes(1) { loop, descriptors, _ in
      var descriptor: Int32 = -1
      #expect(tenon_executor_fd(loop.pointer, &descriptor) == TENON_STATUS_OK)
      #expect(Self.isReadable(descriptor))
      descriptors.sleep(until: .max)
      // It has that, and nobody else is told.
      #expect(!Self.isReadable(descriptor))
      descriptors.giveBack()
      #expect(Self.isReadable(descriptor))
      loop.pollAll()
    }
  }

  @Test func aSleepKeepsNoMoreThanItHasRoomFor() async throws {
    try await Self.withReadyPipes(150) { loop, descriptors, futures in
      for _ in 0..<3 { descriptors.sleep(until: Time.now) }
      let all = try futures.map { future in
        #expect(tenon_future_retain(future) == TENON_STATUS_OK)
        return try Future(adopting: future)
      }
      for future in all { try loop.run(until: future) }
    }
  }
}
