import CStopped
import CTenon
import Glibc
import Testing

@testable import Tenon

/// What a job does.
private final class Work: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

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

  /// Another thread's poll has looked before: whoever watches the descriptor is told.
  @Test func whatASleepFindsDuringAnotherThreadsPollIsGivenBack() async throws {
    try await Self.withPipe { reader, writer in
      try await withLoop { loop in
        var descriptor: Int32 = -1
        #expect(tenon_executor_fd(loop.pointer, &descriptor) == TENON_STATUS_OK)
        var pointer: OpaquePointer?
        #expect(tenon_future_readable(loop.pointer, reader, &pointer) == TENON_STATUS_OK)
        let future = try Future(adopting: pointer)
        loop.pollAll()
        let (sleeper, status) = (Shared<Int32>(0), Shared<tenon_status_t?>(nil))
        let thread = TestThread {
          sleeper.value = thread_id()
          status.value = tenon_executor_run_until(loop.pointer, future.pointer, .max)
        }
        while sleeper.value == 0 || !thread_sleeps(sleeper.value) { sched_yield() }
        // A job of this poll, which wakes nobody, writes when the poll has looked.
        let write = Work {
          #expect(Glibc.write(writer, "x", 1) == 1)
          while status.value == nil { sched_yield() }
        }
        loop.state.own.pointee.beforeJobs = {
          loop.state.own.pointee.beforeJobs = nil
          let run: tenon_job_fn = { context, _ in
            Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
          }
          let context = Unmanaged.passRetained(write).toOpaque()
          #expect(tenon_executor_post(loop.pointer, run, context) == TENON_STATUS_OK)
        }
        var result = PollResult()
        #expect(loop.poll(PollBudget(), &result) == TENON_STATUS_OK)
        thread.join()
        #expect(status.value == TENON_STATUS_BUSY)
        #expect(!future.isSettled)
        #expect(Self.isReadable(descriptor))
        loop.pollAll()
        #expect(future.isSettled)
      }
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
