import Synchronization
import Tenon

// What the tests of Python make go wrong.

@Export public enum WorkError: Error {
  case broken(reason: String)
  case odd(Int)
}

/// How many calls of pause() and ticks() have begun and not ended.
@Export public func running() -> Int { count.withLock { $0 } }
private let count = Mutex(0)

/// Runs in the call's task, and says when that has really ended.
private func counted<Result>(_ body: () async throws -> Result) async rethrows -> Result {
  count.withLock { $0 += 1 }
  defer { count.withLock { $0 -= 1 } }
  return try await body()
}

@Export public func echo(_ number: Int) async -> Int { number }
@Export public func pause(_ duration: Duration) async throws {
  try await counted { try await Task.sleep(for: duration) }
}

@Export public func untilCancelled() async {
  await counted { for await _ in AsyncStream<Int>(unfolding: { await never() }) {} }
}
private func never() async -> Int? {
  for await number in AsyncStream<Int>.makeStream().stream { return number }
  return nil
}

/// Ends when open() says so, and not when it is cancelled.
@Export public func stubborn() async -> Int {
  await counted { await gate.wait() }
}
@Export public func open(_ value: Int) { gate.open(value) }
private let gate = Gate()

private final class Gate: Sendable {
  private let waiting = Mutex<[CheckedContinuation<Int, Never>]>([])
  func wait() async -> Int {
    await withCheckedContinuation { continuation in waiting.withLock { $0.append(continuation) } }
  }
  func open(_ value: Int) {
    let all = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    for one in all { one.resume(returning: value) }
  }
}

@Export public func endAsCancelled() async throws { throw CancellationError() }
@Export public func fail(_ reason: String) async throws { throw WorkError.broken(reason: reason) }

/// From a thread that is not Python's.
@Export(.concurrent) public func square(_ number: Int) -> Int { number * number }
/// Calls back on a thread that is not Python's.
@Export(.concurrent) public func elsewhere(_ body: @escaping @Sendable (Int) throws -> Int) throws
  -> Int
{ try body(20) + 1 }

@Export public func bytes(_ count: Int) async -> [UInt8] { [UInt8](repeating: 7, count: count) }
@Export public func checksum(_ bytes: [UInt8]) async -> Int { bytes.reduce(0) { $0 + Int($1) } }

/// Numbers without an end.
@Export public func ticks() -> AsyncThrowingStream<Int, any Error> {
  AsyncThrowingStream { continuation in
    let task = Task {
      await counted {
        var number = 0
        while !Task.isCancelled {
          continuation.yield(number)
          number += 1
          try? await Task.sleep(for: .milliseconds(1))
        }
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
  }
}
@Export public func numbers(_ count: Int) -> AsyncStream<Int> {
  AsyncStream { continuation in
    for number in 0..<count { continuation.yield(number) }
    continuation.finish()
  }
}
/// The same without a buffer of Swift's own.
@Export public func plainNumbers(_ count: Int) -> some AsyncSequence<Int, Never> & Sendable {
  Numbers(count: count)
}
struct Numbers: AsyncSequence, AsyncIteratorProtocol, Sendable {
  let count: Int
  var number = 0
  init(count: Int) { self.count = count }
  func makeAsyncIterator() -> Numbers { self }
  mutating func next() async -> Int? {
    defer { number += 1 }
    return number < count ? number : nil
  }
}
@Export public func firstOf(_ numbers: AsyncThrowingStream<Int, any Error>) async throws -> Int? {
  for try await number in numbers { return number }
  return nil
}

/// Passes on: what `body` throws, this throws.
@Export public func through(_ body: @escaping @Sendable () async throws -> Int) async throws
  -> Int
{
  try await body()
}
/// What `body` throws as Swift sees it.
@Export public func seen(_ body: @escaping @Sendable () async throws -> Int) async -> String {
  do { return "\(try await body())" } catch let error as WorkError {
    return "\(error)"
  } catch is CancellationError {
    return "cancelled"
  } catch { return "\(error)" }
}
@Export public func tell(_ count: Int, _ listener: @escaping @Sendable (Int) -> Void) async {
  for number in 0..<count { listener(number) }
}

/// Defaults that Python can say.
@Export public struct Patience: Sendable {
  public var short: Duration = .milliseconds(1500)
  public var long: Duration = Duration.seconds(30)
  public var none: Duration = .zero
  public var names: [String: Int] = [:]
}
/// And one that it cannot.
@Export public struct Power: Sendable { public var exponent: Int = 1 << 4 }
@Export public func patience(_ patience: Patience, power: Power) -> Duration {
  patience.short + patience.long + patience.none + .seconds(power.exponent + patience.names.count)
}
