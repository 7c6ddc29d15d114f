import CTenonUV
import Glibc
import Tenon

extension UVLoop {
  /// Connects to a TCP server.
  ///
  /// Any thread. A cancel ends it at once. Small writes are sent as they come (`TCP_NODELAY`).
  ///
  /// - Throws: ``Failure`` in domain `uv`, such as `ECONNREFUSED`; `CancellationError`.
  public nonisolated(nonsending) func connect(to address: Address) async throws -> Stream {
    let stream = try await onLoop { [self] in Stream(try StreamState.tcp(on: self)) }
    let state = stream.state
    _ = try await wait { waiter in
      try state.connect(waiter, to: address)
    } onCancel: { waiter in
      state.cancelWrite(waiter)
    }
    try await onLoop { state.sendAtOnce() }
    return stream
  }

  /// Looks a host up, and connects to the first of its addresses that answers.
  ///
  /// Any thread. A cancel ends it at once.
  ///
  /// - Throws: As ``addresses(of:port:flags:)``; if no address answers, what the last one was refused with.
  public nonisolated(nonsending) func connect(to host: String, port: UInt16) async throws -> Stream
  {
    var refusal: any Error = Failure(uv: UV_EAI_NONAME)
    for address in try await addresses(of: host, port: port) {
      do { return try await connect(to: address) } catch let error as Failure { refusal = error }
    }
    throw refusal
  }

  /// Takes TCP connections at an address; with port 0 the system chooses one: see ``Listener/address``.
  ///
  /// Any thread.
  ///
  /// - Parameter backlog: How many connections the system holds for us until they are accepted.
  /// - Throws: ``Failure`` in domain `uv`, such as `EADDRINUSE`.
  public nonisolated(nonsending) func listen(
    on address: Address, backlog: Int32 = 128
  ) async throws -> Listener {
    try await onLoop { [self] in
      let state = try ListenerState(on: self)
      do { return Listener(state, try state.listen(on: address, backlog: backlog)) } catch {
        state.close(telling: error)
        throw error
      }
    }
  }

  /// A TCP server's end: connections come from ``accept()``, or from `for try await`.
  ///
  /// While nobody accepts, connections wait in the system, and the listener still keeps the loop alive. Any thread may call.
  /// Letting go of the last reference closes it.
  public final class Listener: Sendable, AsyncSequence {
    /// Where it listens, with the port that it got.
    public let address: Address
    let state: ListenerState

    init(_ state: ListenerState, _ address: Address) {
      self.state = state
      self.address = address
    }

    deinit {
      state.loop.executor.perform { [state] refusal in
        if refusal == nil { state.close(telling: Tenon.Failure(uv: UV_ECANCELED)) }
      }
    }

    /// Waits for the next connection. Several tasks may wait; they are served in order.
    ///
    /// A cancel ends it at once, and no connection is lost.
    ///
    /// - Throws: ``Failure`` in domain `uv`, with `ECANCELED` or `EBADF` if it is closed; `CancellationError`.
    public nonisolated(nonsending) func accept() async throws -> Stream {
      try await state.loop.wait { [state] waiter in
        try state.accept(waiter)
      } onCancel: { [state] waiter in
        state.cancelAccept(waiter)
      }
    }

    /// Closes it, whether or not the task is cancelled, and returns when the loop has let go of it. Any number of times.
    public nonisolated(nonsending) func close() async { await state.loop.close(state) }

    /// The connections, until the task is cancelled or the listener is closed: then what ``accept()`` throws is thrown.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let listener: Listener

      public mutating func next() async throws -> Stream? { try await listener.accept() }

      public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Stream? {
        try await listener.accept()
      }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(listener: self) }
  }
}

/// What a listener is on the loop's thread.
///
/// Invariant: when there is a connection nobody waits. libuv then holds it, and accepts no more until it is taken.
// SAFETY: as OpenHandle.
final class ListenerState: OpenHandle, @unchecked Sendable {
  private var waiters: [Waiter<UVLoop.Stream>] = []
  private var hasConnection = false
  /// What went wrong while nobody waited.
  private var failure: Failure?

  private var stream: UnsafeMutablePointer<uv_stream_t> {
    raw.assumingMemoryBound(to: uv_stream_t.self)
  }

  init(on loop: UVLoop) throws {
    try super.init(on: loop, zero: uv_tcp_t()) { uv_tcp_init($0, $1) }
  }

  var waiterCount: Int { waiters.count }

  override func tell(_ error: any Error) {
    for waiter in waiters { waiter.fail(error) }
    waiters = []
  }

  func listen(on address: UVLoop.Address, backlog: Int32) throws -> UVLoop.Address {
    try check(
      address.withSocketAddress { uv_tcp_bind(raw.assumingMemoryBound(to: uv_tcp_t.self), $0, 0) })
    try check(
      uv_listen(stream, backlog) { ListenerState.behind($0).connectionCame($1) })
    return try UVLoop.Address(of: raw, uv_tcp_getsockname)
  }

  func accept(_ waiter: Waiter<UVLoop.Stream>) throws {
    try requireOpen()
    if let failure {
      self.failure = nil
      throw failure
    }
    if hasConnection {
      hasConnection = false
      waiter.succeed(try takeConnection())
    } else {
      waiters.append(waiter)
    }
  }

  func cancelAccept(_ waiter: Waiter<UVLoop.Stream>) {
    waiters.removeAll { $0 === waiter }
    waiter.fail(CancellationError())
  }

  private func connectionCame(_ code: Int32) {
    guard !waiters.isEmpty else {
      if code < 0 { failure = Failure(uv: code) } else { hasConnection = true }
      return
    }
    let waiter = waiters.removeFirst()
    do {
      try check(code)
      waiter.succeed(try takeConnection())
    } catch {
      waiter.fail(error)
    }
  }

  private func takeConnection() throws -> UVLoop.Stream {
    let connection = UVLoop.Stream(try StreamState.tcp(on: loop))
    try check(
      uv_accept(stream, connection.state.raw.assumingMemoryBound(to: uv_stream_t.self)))
    connection.state.sendAtOnce()
    return connection
  }
}
