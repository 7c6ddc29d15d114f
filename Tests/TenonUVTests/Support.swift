import CTenonUV
import Glibc
import Tenon
import Testing

@testable import TenonUV

/// Not under the thread sanitizer: in a child of a process with threads it may wait for ever, before the `exec`.
let childrenMayBeMade = getenv("TENON_TEST_NO_CHILDREN") == nil

/// Something that several threads read and write. Behind a lock that the thread sanitizer sees, unlike Synchronization's.
// SAFETY: the content is read and written under the lock, and the pointer never changes.
final class Shared<Value: Sendable>: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var content: Value

  init(_ value: Value) {
    content = value
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  var value: Value {
    get { change { $0 } }
    set { change { $0 = newValue } }
  }

  func change<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body(&content)
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs `body` on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
  -> Result
{
  try await withCheckedThrowingContinuation { done in
    let body = ThreadBody { done.resume(with: Swift.Result { try body() }) }
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      {
        Unmanaged<ThreadBody>.fromOpaque($0!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(body).toOpaque())
    precondition(status == 0)
    pthread_detach(thread)
  }
}

/// Runs `body` on a loop and thread of its own. That the loop can be closed afterwards is checked.
func withUVLoop<Result: Sendable>(
  _ body: nonisolated(nonsending) @escaping @Sendable (UVLoop) async throws -> Result
) async throws -> Result {
  try await onThread { try UVLoop.run(name: "test", body) }
}

/// A loop of somebody else's, which is run by hand.
func withHostLoop(
  _ body: @escaping @Sendable (UnsafeMutablePointer<uv_loop_t>) throws -> Void
) async throws {
  try await onThread {
    // As a host of libuv's does.
    signal(SIGPIPE, SIG_IGN)
    let raw = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    #expect(uv_loop_init(raw) == 0)
    try body(raw)
    #expect(uv_loop_close(raw) == 0)
    raw.deallocate()
  }
}

/// Runs somebody else's loop until something is so.
func run(_ raw: UnsafeMutablePointer<uv_loop_t>, until condition: () -> Bool) {
  while !condition() {
    uv_run(raw, UV_RUN_NOWAIT)
    sched_yield()
  }
}

/// Closes every handle that a loop has, as hosts do.
func closeAllHandles(of raw: UnsafeMutablePointer<uv_loop_t>) {
  uv_walk(raw, { handle, _ in if uv_is_closing(handle) == 0 { uv_close(handle, nil) } }, nil)
}

extension UVLoop {
  /// Starts a task on this loop.
  nonisolated func task<Result: Sendable>(
    _ body: nonisolated(nonsending) @escaping @Sendable () async throws -> Result
  ) -> Task<Result, any Error> {
    Task.detached(executorPreference: executor) { try await body() }
  }

  /// Waits until something is so, on the loop's thread.
  nonisolated(nonsending) func until(_ condition: @escaping @Sendable () -> Bool) async throws {
    while try await !onLoop(condition) { try await sleep(for: .milliseconds(1)) }
  }

  /// Both ends of a connection through the loopback.
  nonisolated(nonsending) func connectedPair() async throws -> (client: Stream, server: Stream) {
    let listener = try await listen(on: Address("127.0.0.1", port: 0))
    let client = try await connect(to: listener.address)
    return (client, try await listener.accept())
  }
}

extension UVLoop.Stream {
  /// Everything up to the end.
  nonisolated(nonsending) func readAll() async throws -> [UInt8] {
    var all: [UInt8] = []
    while let chunk = try await read() { all += chunk }
    return all
  }
}

/// The code that something fails with in libuv's domain.
nonisolated(nonsending) func uvCode(_ body: () async throws -> Void) async -> uv_errno_t? {
  do {
    try await body()
    return nil
  } catch let failure as Failure where failure.domain == "uv" {
    return uv_errno_t(Int32(failure.code))
  } catch {
    return nil
  }
}

extension Task where Success: Sendable, Failure == any Error {
  /// Whether it ended as cancelled.
  nonisolated(nonsending) var endsCancelled: Bool {
    get async {
      guard case .failure(let error) = await result else { return false }
      return error is CancellationError
    }
  }
}

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

/// Some bytes, which come again at no distance that a buffer has.
func pattern(_ count: Int) -> [UInt8] {
  let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  while bytes.count < count { bytes += block.prefix(count - bytes.count) }
  return bytes
}
