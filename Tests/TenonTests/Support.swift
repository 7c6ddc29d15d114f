import CTenon
import Glibc
import Testing
@_spi(ExperimentalScheduling) import _Concurrency

@testable import Tenon

/// A job of Swift's, as the runtime gives it to an executor.
func job(_ body: @escaping @Sendable () -> Void) -> ExecutorJob {
  _swift_createJobForTestingOnly { body() }
}

/// Something that several threads read and write.
// SAFETY: only under the mutex; it is one that the thread sanitizer sees.
final class Shared<Value: Sendable>: @unchecked Sendable {
  private let mutex = Mutex()
  private var content: Value

  init(_ value: Value) { content = value }

  var value: Value {
    get { mutex.withLock { content } }
    set { mutex.withLock { content = newValue } }
  }

  func change<Result>(_ body: (inout Value) -> Result) -> Result {
    mutex.withLock { body(&content) }
  }
}

/// A gate that blocks threads until it is opened, which it is for good.
final class Gate: Sendable {
  // SAFETY: made for many threads; the pointer never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func open() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0 {}
    open()
  }
}

/// A thread of the test's own, which no Swift task runs on.
final class TestThread: @unchecked Sendable {
  // SAFETY: written once, by the thread that makes it.
  private var thread = pthread_t()

  init(_ body: @escaping @Sendable () -> Void) {
    final class Body: Sendable {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    let status = pthread_create(
      &thread, nil,
      {
        Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()
        return nil
      }, context)
    precondition(status == 0)
  }

  func join() { pthread_join(thread, nil) }

  /// Instead of a join: nobody waits for its end.
  func detach() { pthread_detach(thread) }
}

/// The calling thread. Out of line: the C function is a constant to the optimizer, which then asks once for both sides
/// of an `await`.
@inline(never) func threadHere() -> UInt { UInt(pthread_self()) }

/// Runs `body` on a thread of its own that has a loop, and closes the loop if `body` has not.
func withLoop(_ body: @escaping @Sendable (LoopExecutor) throws -> Void) async throws {
  try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
    let thread = TestThread {
      do {
        let loop = try LoopExecutor.create(name: "test")
        try body(loop)
        _ = try? loop.close(timeout: .seconds(10))
        done.resume()
      } catch {
        done.resume(throwing: error)
      }
    }
    thread.detach()
  }
}

extension LoopExecutor {
  /// Runs `operation` on this loop to its end, and gives what it gave.
  func result<Result: Sendable>(
    _ operation: nonisolated(nonsending) @escaping @Sendable () async throws -> Result
  ) throws -> Result {
    let outcome = Shared<Swift.Result<Result, any Error>?>(nil)
    let future = try start {
      do { outcome.value = .success(try await operation()) } catch {
        outcome.value = .failure(error)
      }
    }
    try run(until: future)
    return try #require(outcome.value).get()
  }

  /// Polls until nothing is ready.
  func pollAll() {
    var result = PollResult()
    repeat { _ = poll(PollBudget(), &result) } while result.more
  }

  /// Polls for the time of a few jobs, for work that never rests.
  func pollSome() {
    var result = PollResult()
    _ = poll(PollBudget(jobs: 64), &result)
  }

  var statistics: tenon_executor_statistics_t {
    var statistics = tenon_executor_statistics_t()
    statistics.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
    #expect(tenon_executor_get_statistics(pointer, &statistics) == TENON_STATUS_OK)
    return statistics
  }
}

/// Under the thread sanitizer all takes some twenty times as long.
let isSanitized = dlsym(nil, "__tsan_init") != nil

/// An object whose end is counted.
final class Witness: Sendable {
  let ends: Shared<Int>
  init(_ ends: Shared<Int>) { self.ends = ends }
  deinit { ends.change { $0 += 1 } }
}

/// The error that a C caller finds in a rejected future; it releases it.
struct ErrorInC {
  let pointer: OpaquePointer?
  var domain = ""
  var code: Int64 = 0
  var message = ""

  init(of future: Future) {
    var error: OpaquePointer?
    #expect(tenon_future_copy_error(future.pointer, &error) == TENON_STATUS_OK)
    self.init(adopting: error)
  }

  init(adopting error: OpaquePointer?) {
    pointer = error
    var text: UnsafePointer<CChar>?
    if tenon_error_get_domain(error, &text) == TENON_STATUS_OK { domain = String(cString: text!) }
    if tenon_error_get_message(error, &text) == TENON_STATUS_OK { message = String(cString: text!) }
    #expect(tenon_error_get_code(error, &code) == TENON_STATUS_OK)
  }

  func release() { #expect(tenon_error_release(pointer) == TENON_STATUS_OK) }
}

func makePromiseInC() -> (promise: OpaquePointer?, future: OpaquePointer?) {
  var (promise, future): (OpaquePointer?, OpaquePointer?)
  #expect(tenon_promise_create(nil, &promise, &future) == TENON_STATUS_OK)
  return (promise, future)
}
