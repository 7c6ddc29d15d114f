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
///           ├─ swift4  an exported function that C has started there; awaits c4 in a child task
///           │  └─ c4
///           ├─ sink5   a stream that C writes
///           └─ swift6  awaits c6
///              └─ c6   a promise that C settles at the end of what it reads:
///                 └─ stream6  an exported Swift sequence
@Suite struct TreeTests {
  static let expected = [
    "c6 has received 1",
    // Down the tree at once, inside the one call that cancels, with the reason.
    "c1 is asked to end: interrupted", "c2 is asked to end: interrupted",
    "c3 is asked to end: interrupted", "c4 is asked to end: interrupted",
    "sink5 is asked to end: interrupted", "c6 is asked to end: interrupted",
    "stream6 is asked to end",
    "the cancel has been requested",
    // Up again, each when it can: what C was asked to end ends in a job of the loop's.
    "c1 has ended", "c2 has ended", "c3 has ended", "c4 has ended", "sink5 has ended",
    "swift2 has ended: interrupted", "stream6 has ended: interrupted", "c6 has ended",
    "swift4 has ended: interrupted", "swift6 has ended: interrupted", "scope3 has ended",
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
        addStream("sink5", to: inner)
        addFunction(to: inner) { [self] in
          defer { add("swift6 has ended: \(reason)") }
          _ = try await feed("c6", from: "stream6").take()
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

  private func message(of reason: OpaquePointer?) -> String {
    let reason = ErrorInC(adopting: reason)
    defer { reason.release() }
    return reason.message
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
      work.log.add("\(work.name) is asked to end: \(work.log.message(of: error))")
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

  /// A stream that C writes: asked to end, it does so in a job.
  private func addStream(_ name: String, to scope: OpaquePointer?) {
    var (sink, stream, end): (OpaquePointer?, OpaquePointer?, OpaquePointer?)
    #expect(tenon_stream_create(nil, &sink, &stream) == TENON_STATUS_OK)
    let work = Unmanaged.passRetained(Work(self, name, UInt(bitPattern: sink))).toOpaque()
    let onCancel: tenon_cancel_fn = { context, status in
      #expect(status == TENON_STATUS_CANCELLED)
      let work = Unmanaged<Work>.fromOpaque(context!).takeUnretainedValue()
      var error: OpaquePointer?
      #expect(tenon_sink_copy_reason(work.sink, &error) == TENON_STATUS_OK)
      work.log.add("\(work.name) is asked to end: \(work.log.message(of: error))")
      let end: tenon_job_fn = { context, _ in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        work.log.add("\(work.name) has ended")
        #expect(tenon_sink_cancel(work.sink) == TENON_STATUS_OK)
        #expect(tenon_sink_release(work.sink) == TENON_STATUS_OK)
        #expect(tenon_stream_release(work.stream) == TENON_STATUS_OK)
      }
      #expect(tenon_executor_post(work.log.loop.pointer, end, context) == TENON_STATUS_OK)
    }
    Unmanaged<Work>.fromOpaque(work).takeUnretainedValue().stream = stream
    #expect(tenon_sink_on_cancel(sink, nil, onCancel, work, nil) == TENON_STATUS_OK)
    #expect(tenon_stream_copy_end(stream, &end) == TENON_STATUS_OK)
    #expect(tenon_scope_add(scope, end) == TENON_STATUS_OK)
    #expect(tenon_future_release(end) == TENON_STATUS_OK)
  }

  /// One number, and then nothing more.
  private struct Ticks: AsyncSequence, AsyncIteratorProtocol {
    let log: Log
    let name: String
    var hasTicked = false

    func makeAsyncIterator() -> Ticks { self }

    mutating func next() async throws -> Int? {
      if !hasTicked {
        hasTicked = true
        return 1
      }
      defer { log.add("\(name) has ended: \(log.reason)") }
      try await withTaskCancellationHandler {
        try await log.loop.clock.sleep(for: .seconds(3600))
      } onCancel: { [log, name] in
        log.add("\(name) is asked to end")
      }
      return nil
    }
  }

  /// Work of C's that reads what Swift feeds it, and ends when that does.
  private func feed(_ name: String, from streamName: String) -> Future {
    let (promise, future) = makePromiseInC()
    var (stream, end): (OpaquePointer?, OpaquePointer?)
    let status = export(on: loop.pointer, stream: &stream, Ticks(log: self, name: streamName))
    #expect(status == TENON_STATUS_OK)
    #expect(tenon_stream_copy_end(stream, &end) == TENON_STATUS_OK)
    let work = Work(self, name, UInt(bitPattern: promise))
    (work.stream, work.end) = (stream, end)
    // The reason goes on, from the promise to what feeds it.
    let onCancel: tenon_cancel_fn = { context, status in
      let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
      guard status == TENON_STATUS_CANCELLED else { return }
      var error: OpaquePointer?
      #expect(tenon_promise_copy_reason(work.promise, &error) == TENON_STATUS_OK)
      #expect(tenon_error_retain(error) == TENON_STATUS_OK)
      work.log.add("\(work.name) is asked to end: \(work.log.message(of: error))")
      #expect(tenon_future_cancel_with(work.end, error) == TENON_STATUS_OK)
      #expect(tenon_error_release(error) == TENON_STATUS_OK)
    }
    let context = Unmanaged.passRetained(work).toOpaque()
    #expect(tenon_promise_on_cancel(promise, nil, onCancel, context, nil) == TENON_STATUS_OK)
    work.read()
    tell(try! Future(adopting: end)) { log, status in
      #expect(status == TENON_STATUS_CANCELLED)
      log.add("\(work.name) has ended")
      #expect(tenon_promise_cancel(work.promise) == TENON_STATUS_OK)
      #expect(tenon_stream_release(work.stream) == TENON_STATUS_OK)
    }
    return try! Future(adopting: future)
  }

  private final class Work: Sendable {
    let log: Log
    let name: String
    private let bits: UInt
    private let ends = Shared<(stream: UInt, end: UInt)>((0, 0))
    var promise: OpaquePointer? { OpaquePointer(bitPattern: bits) }
    var sink: OpaquePointer? { promise }
    var stream: OpaquePointer? {
      get { OpaquePointer(bitPattern: ends.value.stream) }
      set { ends.change { $0.stream = UInt(bitPattern: newValue) } }
    }
    var end: OpaquePointer? {
      get { OpaquePointer(bitPattern: ends.value.end) }
      set { ends.change { $0.end = UInt(bitPattern: newValue) } }
    }
    init(_ log: Log, _ name: String, _ bits: UInt) {
      (self.log, self.name, self.bits) = (log, name, bits)
    }

    /// Reads the next number, and the one after it.
    func read() {
      var item: OpaquePointer?
      #expect(tenon_stream_next(stream, &item) == TENON_STATUS_OK)
      let told: tenon_completion_fn = { context, status, item in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        var value = tenon_value_none()
        guard status == TENON_STATUS_OK, tenon_future_take(item, &value) == TENON_STATUS_OK
        else { return }
        work.log.add("\(work.name) has received \(value.as.i64)")
        work.read()
      }
      let context = Unmanaged.passRetained(self).toOpaque()
      let status = tenon_future_on_complete(item, log.loop.pointer, told, context, nil)
      #expect(status == TENON_STATUS_OK)
      #expect(tenon_future_release(item) == TENON_STATUS_OK)
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
