public import CExport
public import CTenon
import Tenon
import Synchronization

// Functions that C implements, and that Swift calls.

/// What a call has been given to keep: callbacks and streams. If the call fails they are C's, as before.
public final class Lent {
  private var callbacks: [Callback] = []
  private var streams: [OpaquePointer?] = []
  private let executor: LoopExecutor?

  public init() { executor = nil }

  /// For a call on an executor: void callbacks come in its polls.
  public init(_ executor: OpaquePointer?) { self.executor = try? LoopExecutor.borrowing(executor) }

  /// Keeps a callback: a copy of C's struct, which begins with the function or with its size.
  ///
  /// - Parameter tableSizes: Of a protocol's table; nil: it is a closure.
  public func callback(
    _ callback: UnsafeRawPointer?, tableSizes: (smallest: Int, current: Int)? = nil
  )
    throws(Refusal) -> Callback
  {
    guard let callback else { throw .invalid }
    let first = callback.loadUnaligned(as: Int.self)
    if let tableSizes {
      guard first >= tableSizes.smallest, first <= tableSizes.current else { throw .invalid }
      for offset in stride(from: 24, to: tableSizes.smallest, by: 8)
      where (callback + offset).loadUnaligned(as: UnsafeRawPointer?.self) == nil { throw .invalid }
    } else if first == 0 {
      throw .invalid
    }
    let made = Callback(callback, size: tableSizes == nil ? 24 : first, executor)
    callbacks.append(made)
    return made
  }

  public func optionalCallback(_ callback: UnsafeRawPointer?) throws(Refusal) -> Callback? {
    callback == nil ? nil : try self.callback(callback)
  }

  /// A stream that C gives away.
  public func stream<Element: Exportable>(_ stream: OpaquePointer?) throws(Refusal)
    -> AsyncThrowingStream<Element, any Error>
  {
    let reader: Stream
    do {
      reader = try Stream(borrowing: stream)
    } catch {
      let status = (error as? Failure).map { tenon_status_t(Int32(truncatingIfNeeded: $0.code)) }
      throw Refusal(status ?? TENON_STATUS_INVALID)
    }
    streams.append(stream)
    return AsyncThrowingStream {
      guard let value = try await next(of: reader) else { return nil }
      var item = value.makeValue()
      defer { tenon_value_drop(&item) }
      do throws(Refusal) {
        return try Element.read(value: item)
      } catch {
        reader.cancel()
        throw Failure(
          domain: "tenon", code: Int64(error.status.rawValue),
          message: "an item of the stream is of another type")
      }
    }
  }

  /// The end of the call: what it took is taken, or given back.
  public func settle(_ status: tenon_status_t) -> tenon_status_t {
    if status == TENON_STATUS_OK {
      for stream in streams { tenon_stream_release(stream) }
    } else {
      giveBack()
    }
    return status
  }

  public func refuse(_ refusal: Refusal) -> tenon_status_t {
    giveBack()
    return refusal.status
  }

  private func giveBack() { for callback in callbacks { callback.giveBack() } }
}

/// Who is cancelled reads no more: the writer is told, and why.
private nonisolated(nonsending) func next(of reader: Stream) async throws -> Value? {
  do {
    return try await reader.next()
  } catch {
    if let reason = Task.cancelReason { reader.cancel(because: reason) }
    throw error
  }
}

/// A function of C's, or a table of them, with a context: one copy, which ends the context once.
// SAFETY: the copy never changes; the context is C's, which is called as its header says.
public final class Callback: @unchecked Sendable {
  private let table: UnsafeMutableRawPointer
  private let size: Int
  private let executor: LoopExecutor?
  private let isOurs = Atomic(true)

  fileprivate init(_ table: UnsafeRawPointer, size: Int, _ executor: LoopExecutor?) {
    self.table = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    self.table.copyMemory(from: table, byteCount: size)
    self.size = size
    self.executor = executor
  }

  deinit {
    let done = (table + 16).load(as: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?.self)
    if let done, isOurs.load(ordering: .acquiring) {
      let context = Context(context)
      Callback.run(on: executor) { done(context.pointer) }
    }
    table.deallocate()
  }

  /// The call that brought it has failed: the context is C's again, and nothing is called any more.
  fileprivate func giveBack() { isOurs.store(false, ordering: .releasing) }

  private var context: UnsafeMutableRawPointer? {
    (table + 8).load(as: UnsafeMutableRawPointer?.self)
  }

  // SAFETY: carried, never read.
  private struct Context: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer?
    init(_ pointer: UnsafeMutableRawPointer?) { self.pointer = pointer }
  }

  /// The function at this offset; nil: it may not be called any more, or an older table does not have it.
  public func function<Function>(_ offset: Int, _ type: Function.Type) -> Function? {
    guard isOurs.load(ordering: .acquiring), offset + 8 <= size,
      (table + offset).load(as: UnsafeRawPointer?.self) != nil
    else { return nil }
    return (table + offset).load(as: Function.self)
  }

  /// Calls C without waiting for it: here, or in the executor's next poll.
  public func send(_ body: @escaping @Sendable (UnsafeMutableRawPointer?) -> Void) {
    Callback.run(on: executor) { [self] in body(context) }
  }

  /// Calls C here, on whatever thread.
  public func call<Result>(_ body: (UnsafeMutableRawPointer?) throws -> Result) rethrows -> Result {
    guard let caller = CallContext.current else { return try body(context) }
    return try caller.run { try body(context) }
  }

  /// Calls C with a promise in the executor's poll, and waits until that has been settled. Cancelling the task cancels the
  /// promise's future.
  public nonisolated(nonsending) func wait<Content: Exportable>(
    _ body: @escaping @Sendable (UnsafeMutableRawPointer?, OpaquePointer?) -> Bool
  ) async throws -> Content {
    var value = try await settlement(body)
    defer { tenon_value_drop(&value) }
    do throws(Refusal) {
      return try Content.read(value: value)
    } catch {
      throw Callback.wrongAnswer
    }
  }

  public nonisolated(nonsending) func wait(
    _ body: @escaping @Sendable (UnsafeMutableRawPointer?, OpaquePointer?) -> Bool
  ) async throws {
    var value = try await settlement(body)
    tenon_value_drop(&value)
  }

  private nonisolated(nonsending) func settlement(
    _ body: @escaping @Sendable (UnsafeMutableRawPointer?, OpaquePointer?) -> Bool
  ) async throws -> tenon_value_t {
    let future = try start(body)
    await future.settled()
    var value = tenon_value_none()
    if tenon_future_take(future.pointer, &value) == TENON_STATUS_OK { return value }
    _ = try await future.take()
    throw CancellationError()
  }

  private func start(_ body: @escaping @Sendable (UnsafeMutableRawPointer?, OpaquePointer?) -> Bool)
    throws -> Future
  {
    var (promise, handle): (OpaquePointer?, OpaquePointer?)
    guard tenon_promise_create(nil, &promise, &handle) == TENON_STATUS_OK else {
      throw Failure(
        domain: "tenon", code: Int64(TENON_STATUS_NO_RESOURCES.rawValue),
        message: "no promise is left")
    }
    let future = try Future(adopting: handle)
    let given = Context(UnsafeMutableRawPointer(promise))
    Callback.run(on: executor) { [self] in
      let promise = OpaquePointer(given.pointer)
      if !body(context, promise) { tenon_promise_cancel(promise) }
    }
    return future
  }

  static var wrongAnswer: Failure {
    Failure(
      domain: "tenon", code: Int64(TENON_STATUS_INVALID.rawValue),
      message: "a callback has answered something else")
  }

  /// In the executor's polls, if there is one that takes it; with the context of the call that this belongs to.
  private static func run(on executor: LoopExecutor?, _ body: @escaping @Sendable () -> Void) {
    guard let caller = CallContext.current else { return runPlainly(on: executor, body) }
    runPlainly(on: executor) { caller.run(body) }
  }

  private static func runPlainly(
    on executor: LoopExecutor?, _ body: @escaping @Sendable () -> Void
  ) {
    guard let executor, !executor.isCurrent else { return body() }
    let job = Unmanaged.passRetained(Job(body))
    let status = tenon_executor_post(
      executor.pointer,
      { context, _ in
        if let context { Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body() }
      }, job.toOpaque())
    if status != TENON_STATUS_OK { job.takeRetainedValue().body() }
  }

  private final class Job {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
}

/// What a function of C's has answered: an error is thrown, and then the caller's to release no more.
public func check(_ status: tenon_status_t, _ error: OpaquePointer?) throws {
  if status == TENON_STATUS_OK { return }
  if status == TENON_STATUS_CANCELLED { throw CancellationError() }
  if let error, let thrown = try? Failure.error(borrowing: error) {
    tenon_error_release(error)
    throw thrown
  }
  throw Failure(
    domain: "tenon", code: Int64(status.rawValue),
    message: tenon_status_string(status).map { String(cString: $0) } ?? "a callback has failed")
}

/// Reads what C has written as a callback's result, and ends it.
public func answer<Content: Exportable>(_ value: inout tenon_value_t) throws -> Content {
  defer { tenon_value_drop(&value) }
  do throws(Refusal) {
    return try Content.read(value: value)
  } catch {
    throw Callback.wrongAnswer
  }
}

public func answer<Content: ExportableScalar>(scalar: Content.Scalar) throws -> Content {
  do throws(Refusal) {
    return try Content(exportedScalar: scalar)
  } catch {
    throw Callback.wrongAnswer
  }
}

/// What C has answered where nothing can be wrong: a number.
public func total<Content: ExportableScalar>(_ scalar: Content.Scalar) -> Content {
  do throws(Refusal) {
    return try Content(exportedScalar: scalar)
  } catch { fatalError("a number of every value is refused") }
}

/// Calls `body` with a value as it stands in a struct, for as long as that runs.
@inlinable public func lend<Content: Exportable, Result>(
  _ value: Content, _ body: (UnsafeRawPointer) throws -> Result
) rethrows -> Result {
  let size = Tail.rounded(Content.exportedFieldSize)
  let block = makeBlock(size, tail: value.exportedTailSize)
  defer {
    if Content.holdsObjects { Content.releaseObjects(in: block) }
    tenon__free_block(block)
  }
  var tail = Tail(block + size)
  value.write(to: block, &tail)
  return try body(UnsafeRawPointer(block))
}

/// The same for an object, as a handle.
public func lend<Instance: ExportedObject, Result>(
  object: Instance, _ body: (OpaquePointer?) throws -> Result
) rethrows -> Result {
  let handle = Object(object)
  return try withExtendedLifetime(handle) { try body(handle.pointer) }
}

public func lend<Instance: ExportedObject, Result>(
  object: Instance?, _ body: (OpaquePointer?) throws -> Result
) rethrows -> Result {
  guard let object else { return try body(nil) }
  return try lend(object: object, body)
}

extension UnsafeRawPointer {
  /// The pointer in a field.
  @inlinable public var pointer: UnsafeRawPointer? { load(as: UnsafeRawPointer?.self) }
  /// The text in a field, which has a NUL after its end.
  @inlinable public var text: UnsafePointer<CChar>? { load(as: UnsafePointer<CChar>?.self) }
  /// The count or size in a field.
  @inlinable public var count: Int { (self + 8).load(as: Int.self) }
  /// An optional number in a field: where it is, or NULL.
  @inlinable public func optional(_ alignment: Int) -> UnsafeRawPointer? {
    load(as: UInt8.self) == 0 ? nil : self + alignment
  }
}
