// (h) Readers of numbers that a C thread sends.

public import CTenon
import Tenon

func sum(of stream: Stream) async throws -> Int64 {
  var sum: Int64 = 0
  for try await value in stream {
    if case .i64(let number) = value { sum += number }
  }
  return sum
}

@c(bench_stream_sum)
public func exportStreamSum(
  _ executor: OpaquePointer?, _ stream: OpaquePointer?,
  _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let stream = try? Stream(borrowing: stream) else { return TENON_STATUS_INVALID }
  return export(on: executor, future: futureOut) { try await sum(of: stream) }
}

// SAFETY: written before the writer's thread begins.
nonisolated(unsafe) private var continuation: AsyncStream<Int64>.Continuation?

func sum(of stream: AsyncStream<Int64>) async -> Int64 {
  var sum: Int64 = 0
  for await number in stream { sum += number }
  return sum
}

@c(bench_async_stream_sum)
public func exportAsyncStreamSum(
  _ executor: OpaquePointer?, _ capacity: Int64, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  let made = AsyncStream.makeStream(
    of: Int64.self,
    bufferingPolicy: capacity == 0 ? .unbounded : .bufferingOldest(Int(capacity)))
  continuation = made.continuation
  return export(on: executor, future: futureOut) { await sum(of: made.stream) }
}

@c(bench_async_stream_yield)
public func exportAsyncStreamYield(_ number: Int64) -> Bool {
  if number < 0 {
    continuation?.finish()
    return true
  }
  if case .dropped = continuation?.yield(number) { return false }
  return true
}

/// What `for await` itself costs: it gives numbers that nobody sends.
struct Numbers: AsyncSequence, AsyncIteratorProtocol {
  var next: Int64 = 0
  let count: Int64

  func makeAsyncIterator() -> Numbers { self }

  // As a call of another module's function, which the loop does not know the inside of.
  @inline(never) mutating func next() async throws -> Value? {
    if next == count { return nil }
    defer { next += 1 }
    return .i64(next)
  }
}

func sum(of numbers: Numbers) async throws -> Int64 {
  var sum: Int64 = 0
  for try await value in numbers {
    if case .i64(let number) = value { sum += number }
  }
  return sum
}

@c(bench_sequence_sum)
public func exportSequenceSum(
  _ executor: OpaquePointer?, _ count: Int64, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  export(on: executor, future: futureOut) { try await sum(of: Numbers(count: count)) }
}
