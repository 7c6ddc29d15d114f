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
}
