import CTenonUV
import Synchronization
import Tenon

/// One of libuv's handles, from its beginning to its close callback. All of it belongs to the loop's thread.
///
/// Invariant: libuv has `raw`, and ``OpenHandles`` keeps this, until `phase` is closed; `uv_close` is called at most once,
/// and not if the host was first.
// SAFETY: see above.
class OpenHandle: @unchecked Sendable {
  private enum Phase { case open, closing, closed }
  private var phase = Phase.open
  private var isKept = false
  private var closers: [Waiter<Void>] = []
  let raw: UnsafeMutableRawPointer
  let loop: UVLoop

  /// Makes the handle by one of libuv's functions, which must have put it on the loop if it says so.
  init<Raw>(
    on loop: UVLoop, zero: Raw,
    _ begin: (UnsafeMutablePointer<uv_loop_t>, UnsafeMutablePointer<Raw>) -> Int32
  ) throws {
    try loop.handles.requireOpen()
    let typed = UnsafeMutablePointer<Raw>.allocate(capacity: 1)
    typed.initialize(to: zero)
    let code = begin(loop.loop, typed)
    raw = UnsafeMutableRawPointer(typed)
    self.loop = loop
    if code < 0 {
      phase = .closed
      throw Failure(uv: code)
    }
    base.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    loop.handles.add(self)
  }

  deinit { if !isKept { raw.deallocate() } }

  final var base: UnsafeMutablePointer<uv_handle_t> {
    raw.assumingMemoryBound(to: uv_handle_t.self)
  }

  /// This, in one of libuv's callbacks.
  static func behind(_ handle: UnsafeMutableRawPointer?) -> Self {
    let context = handle!.assumingMemoryBound(to: uv_handle_t.self).pointee.data
    return unsafeDowncast(
      Unmanaged<OpenHandle>.fromOpaque(context!).takeUnretainedValue(), to: Self.self)
  }

  final var isOpen: Bool { phase == .open && uv_is_closing(base) == 0 }

  final func requireOpen() throws {
    if phase == .open && uv_is_closing(base) != 0 { close(telling: Failure(uv: UV_ECANCELED)) }
    if phase != .open { throw Failure(uv: UV_EBADF) }
  }

  /// Tells whoever waits for something of this handle that it is closed. For subclasses.
  func tell(_ error: any Error) {}

  /// Closes it, if it is not; who waits for it is told at once.
  final func close(telling error: any Error) {
    guard phase == .open else { return }
    phase = .closing
    tell(error)
    if uv_is_closing(base) != 0 {
      // By the host, with a callback of its own, or none: libuv does not tell us when it is done with the memory, so this
      // is never freed.
      isKept = true
      keptMemory.withLock { $0.append(UInt(bitPattern: raw)) }
      return finish()
    }
    uv_close(base) { OpenHandle.behind($0).finish() }
  }

  /// Closes it, and has the waiter told when libuv has.
  final func close(_ waiter: Waiter<Void>) {
    close(telling: Failure(uv: UV_ECANCELED))
    if phase == .closed { waiter.succeed(()) } else { closers.append(waiter) }
  }

  private func finish() {
    phase = .closed
    for waiter in closers { waiter.succeed(()) }
    closers = []
    loop.handles.remove(self)
  }
}

/// So that leak checkers find it.
private let keptMemory = Synchronization.Mutex<[UInt]>([])

/// The handles that one ``UVLoop`` has open. All of it belongs to the loop's thread.
///
/// They are closed when the executor begins to close, while the tasks that wait for them can still be told.
// SAFETY: see above.
final class OpenHandles: @unchecked Sendable {
  private let executor: LoopExecutor
  private var handles: [ObjectIdentifier: OpenHandle] = [:]
  private var watch: ClosingWatch?

  private var block: UnsafeMutableRawBufferPointer?

  init(on executor: LoopExecutor) { self.executor = executor }

  deinit { block?.deallocate() }

  var count: Int { handles.count }

  /// What streams are read into. It is used between libuv's asking for memory and the callback that follows, so one does
  /// for all, and a stream that waits needs none.
  var readBlock: UnsafeMutableRawBufferPointer {
    if let block { return block }
    let new = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    block = new
    return new
  }

  func requireOpen() throws {
    if watch == nil {
      watch = try ClosingWatch(on: executor) { [weak self] in self?.closeAll() }
    }
    // The watch of one that is open has been told, or will be.
    if !executor.isOpen { throw Failure(tenon: TENON_STATUS_CLOSED) }
  }

  func add(_ handle: OpenHandle) { handles[ObjectIdentifier(handle)] = handle }

  func remove(_ handle: OpenHandle) { handles[ObjectIdentifier(handle)] = nil }

  private func closeAll() {
    let error = Failure(tenon: TENON_STATUS_CLOSED)
    for handle in handles.values { handle.close(telling: error) }
  }
}

/// Calls a function when an executor begins to close: a promise on it, which the close cancels.
private final class ClosingWatch: Sendable {
  // SAFETY: written once.
  nonisolated(unsafe) private let promise: OpaquePointer?
  nonisolated(unsafe) private let future: OpaquePointer?

  /// `body` runs on the loop's thread.
  init(on executor: LoopExecutor, _ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
      let executor: LoopExecutor
      let body: @Sendable () -> Void
      init(_ executor: LoopExecutor, _ body: @escaping @Sendable () -> Void) {
        self.executor = executor
        self.body = body
      }
    }
    var config = tenon_promise_config_t()
    config.struct_size = MemoryLayout<tenon_promise_config_t>.size
    config.executor = executor.pointer
    var (promise, future): (OpaquePointer?, OpaquePointer?)
    var status = tenon_promise_create(&config, &promise, &future)
    (self.promise, self.future) = (promise, future)
    guard status == TENON_STATUS_OK else { throw Failure(tenon: status) }
    let context = Unmanaged.passRetained(Box(executor, body))
    // On the thread that begins the close, as an executor that is closing would not be told.
    status = tenon_promise_on_cancel(
      promise, nil,
      { context, status in
        let box = Unmanaged<Box>.fromOpaque(context!).takeRetainedValue()
        if status == TENON_STATUS_CANCELLED { box.executor.performLate(box.body) }
      }, context.toOpaque(), nil)
    guard status == TENON_STATUS_OK else {
      context.release()
      throw Failure(tenon: status == TENON_STATUS_CANCELLED ? TENON_STATUS_CLOSED : status)
    }
  }

  deinit {
    tenon_promise_cancel(promise)
    tenon_future_release(future)
  }
}
