import CTenon
import Testing

@testable import Tenon

/// One cancel at the root ends a tree that crosses the border several times:
///
///     root             a scope of C's, or of a Swift task
///     ├─ c1            work of C's: a promise with on_cancel
///     └─ swift1        an exported Swift function, with a scope of its own
///        ├─ swift2     started in that; awaits c2
///        │  └─ c2
///        └─ scope3     a scope that C opens in it
///           ├─ c3
///           └─ swift4  an exported function that C has started there; awaits c4 in a child task
///              └─ c4
@Suite struct TreeTests {
  static let expected = [
    // Down the tree at once, inside the one call that cancels, with the reason.
    "c1 is asked to end: interrupted", "c2 is asked to end: interrupted",
    "c3 is asked to end: interrupted", "c4 is asked to end: interrupted",
    "the cancel has been requested",
    // Up again, each when it can: what C was asked to end ends in a job of the loop's.
    "c1 has ended", "c2 has ended", "c3 has ended", "c4 has ended",
    "swift2 has ended: interrupted", "swift4 has ended: interrupted", "scope3 has ended",
    "swift1 has ended: interrupted", "root has ended: cancelled",
  ]

  @Test func oneCancelInCEndsTheWholeTree() async throws {
    try await withLoop { loop in
      let log = Log(loop)
      var root: OpaquePointer?
      #expect(tenon_scope_open(nil, &root) == TENON_STATUS_OK)
      log.grow(in: root)
      loop.pollAll()
      // As a handler of Ctrl-C would, through the loop.
      final class Interrupt: Sendable {
        let log: Log
        let root: UInt
        init(_ log: Log, _ root: OpaquePointer?) {
          self.log = log
          self.root = UInt(bitPattern: root)
        }
      }
      let interrupt = Unmanaged.passRetained(Interrupt(log, root)).toOpaque()
      let handler: tenon_job_fn = { context, _ in
        let interrupt = Unmanaged<Interrupt>.fromOpaque(context!).takeRetainedValue()
        var reason: OpaquePointer?
        #expect(tenon_error_create("errno", 4, "interrupted", nil, &reason) == TENON_STATUS_OK)
        let status = tenon_scope_cancel(OpaquePointer(bitPattern: interrupt.root), reason)
        #expect(status == TENON_STATUS_OK)
        interrupt.log.add("the cancel has been requested")
        #expect(tenon_error_release(reason) == TENON_STATUS_OK)
      }
      #expect(tenon_executor_post(loop.pointer, handler, interrupt) == TENON_STATUS_OK)
      let end = log.end(of: root)
      try loop.run(until: end)
      #expect(log.lines == TreeTests.expected)
      #expect(tenon_future_poll(end.pointer) == TENON_STATUS_CANCELLED)
      #expect(tenon_scope_release(root) == TENON_STATUS_OK)
      #expect(ScopeTable.check(Handle(root)) == TENON_STATUS_STALE)
    }
  }

  @Test func oneCancelInSwiftEndsTheWholeTree() async throws {
    struct Interrupted: DescribedError { var errorMessage: String { "interrupted" } }
    try await withLoop { loop in
      let log = Log(loop)
      let future = try loop.start {
        do {
          try await withScope(on: loop) { scope in log.grow(in: scope.pointer) }
        } catch {
          log.add("root has ended: \(error is CancellationError ? "cancelled" : "\(error)")")
          throw error
        }
      }
      loop.pollAll()
      future.cancel(because: Interrupted())
      log.add("the cancel has been requested")
      try loop.run(until: future)
      #expect(log.lines == TreeTests.expected)
      #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
    }
  }

  /// A Swift task that Tenon has not started knows of no reason.
  @Test func aCancelOfAnyTaskEndsTheWholeTree() async throws {
    try await withLoop { loop in
      let log = Log(loop)
      let task = Task(executorPreference: loop) {
        do {
          try await withScope(on: loop) { scope in log.grow(in: scope.pointer) }
        } catch {
          log.add("root has ended: \(error is CancellationError ? "cancelled" : "\(error)")")
        }
      }
      loop.pollAll()
      task.cancel()
      log.add("the cancel has been requested")
      try loop.run(until: try loop.start { await task.value })
      #expect(
        log.lines
          == TreeTests.expected.map {
            $0.replacing("interrupted", with: "the work was cancelled")
          })
    }
  }
}

/// What happens in the tree, in order; and how it is made.
private final class Log: Sendable {
  private let content = Shared<[String]>([])
  let loop: LoopExecutor
  init(_ loop: LoopExecutor) { self.loop = loop }

  var lines: [String] { content.value }
  func add(_ line: String) { content.change { $0.append(line) } }

  func grow(in root: OpaquePointer?) {
    addWork("c1", to: root)
    addFunction(to: root) { [self] in
      defer { add("swift1 has ended: \(reason)") }
      try await withScope(on: loop) { [self] scope in
        try scope.start { [self] in
          defer { add("swift2 has ended: \(reason)") }
          _ = try await work("c2").take()
        }
        var config = tenon_scope_config_t()
        config.struct_size = MemoryLayout<tenon_scope_config_t>.size
        config.parent = scope.pointer
        config.deadline_ns = .max
        var inner: OpaquePointer?
        #expect(tenon_scope_open(&config, &inner) == TENON_STATUS_OK)
        addWork("c3", to: inner)
        addFunction(to: inner) { [self] in
          defer { add("swift4 has ended: \(reason)") }
          async let child: Void = { [self] in _ = try await work("c4").take() }()
          try await child
        }
        tell(closing(inner)) { log, _ in log.add("scope3 has ended") }
        #expect(tenon_scope_release(inner) == TENON_STATUS_OK)
      }
    }
  }

  /// The end of the root, which is closed.
  func end(of scope: OpaquePointer?) -> Future {
    let end = closing(scope)
    tell(end) { log, status in
      log.add("root has ended: \(status == TENON_STATUS_CANCELLED ? "cancelled" : "?")")
    }
    return end
  }

  private var reason: String {
    switch Task.cancelReason {
    case let failure as Failure: failure.message
    case let error as any DescribedError: error.errorMessage
    case nil: "not cancelled"
    default: "the work was cancelled"
    }
  }

  private func closing(_ scope: OpaquePointer?) -> Future {
    var end: OpaquePointer?
    #expect(tenon_scope_close(scope, &end) == TENON_STATUS_OK)
    return try! Future(adopting: end)
  }

  private func addFunction(
    to scope: OpaquePointer?,
    _ function: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
  ) {
    var future: OpaquePointer?
    #expect(export(on: loop.pointer, future: &future, function) == TENON_STATUS_OK)
    #expect(tenon_scope_add(scope, future) == TENON_STATUS_OK)
    #expect(tenon_future_release(future) == TENON_STATUS_OK)
  }

  private func addWork(_ name: String, to scope: OpaquePointer?) {
    let future = work(name)
    withExtendedLifetime(future) {
      #expect(tenon_scope_add(scope, future.pointer) == TENON_STATUS_OK)
    }
  }

  /// Work of C's: asked to end, it does so in a job.
  private func work(_ name: String) -> Future {
    let (promise, future) = makePromiseInC()
    let work = Unmanaged.passRetained(Work(self, name, UInt(bitPattern: promise))).toOpaque()
    let onCancel: tenon_cancel_fn = { context, status in
      let work = Unmanaged<Work>.fromOpaque(context!).takeUnretainedValue()
      guard status == TENON_STATUS_CANCELLED else {
        return Unmanaged<Work>.fromOpaque(context!).release()
      }
      var error: OpaquePointer?
      #expect(tenon_promise_copy_reason(work.promise, &error) == TENON_STATUS_OK)
      let reason = ErrorInC(adopting: error)
      work.log.add("\(work.name) is asked to end: \(reason.message)")
      reason.release()
      let end: tenon_job_fn = { context, _ in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        work.log.add("\(work.name) has ended")
        #expect(tenon_promise_cancel(work.promise) == TENON_STATUS_OK)
      }
      #expect(tenon_executor_post(work.log.loop.pointer, end, context) == TENON_STATUS_OK)
    }
    #expect(tenon_promise_on_cancel(promise, nil, onCancel, work, nil) == TENON_STATUS_OK)
    return try! Future(adopting: future)
  }

  private final class Work: Sendable {
    let log: Log
    let name: String
    private let bits: UInt
    var promise: OpaquePointer? { OpaquePointer(bitPattern: bits) }
    init(_ log: Log, _ name: String, _ bits: UInt) {
      (self.log, self.name, self.bits) = (log, name, bits)
    }
  }

  private func tell(_ future: Future, _ body: @escaping @Sendable (Log, tenon_status_t) -> Void) {
    let context = Unmanaged.passRetained(Told(self, body)).toOpaque()
    let told: tenon_completion_fn = { context, status, _ in
      let told = Unmanaged<Told>.fromOpaque(context!).takeRetainedValue()
      told.body(told.log, status)
    }
    #expect(
      tenon_future_on_complete(future.pointer, nil, told, context, nil) == TENON_STATUS_OK)
  }

  private final class Told: Sendable {
    let log: Log
    let body: @Sendable (Log, tenon_status_t) -> Void
    init(_ log: Log, _ body: @escaping @Sendable (Log, tenon_status_t) -> Void) {
      (self.log, self.body) = (log, body)
    }
  }
}
