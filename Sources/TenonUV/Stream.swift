import CTenonUV
import Tenon

extension UVLoop {
  /// A connection, or a pipe to a child process: bytes both ways, in order.
  ///
  /// Nothing is read ahead: libuv reads only while a task awaits ``read(upTo:)``, and what comes meanwhile stays in the
  /// system, which holds the other side up. It is also an `AsyncSequence` of what `read` gives.
  ///
  /// Any thread may call. Letting go of the last reference closes it; ``close()`` also tells when that is done. An
  /// operation that a `close` interrupts throws ``Failure`` in domain `uv` with `ECANCELED`; one that comes
  /// later, `EBADF`. A stream that nobody reads or writes does not keep its loop alive.
  ///
  /// - Important: A write to a connection that is gone raises `SIGPIPE`, which ends a process that has not said otherwise. The
  ///   host of a loop decides that, as for all of libuv; ``UVLoop/run(name:closingTimeout:_:)``, where there is no
  ///   other host, has it ignored.
  public final class Stream: Sendable, AsyncSequence {
    let state: StreamState

    init(_ state: StreamState) {
      self.state = state
    }

    deinit {
      // An executor that takes nothing more has closed it, or does so soon.
      state.loop.executor.perform { [state] refusal in
        if refusal == nil { state.close(telling: Tenon.Failure(uv: UV_ECANCELED)) }
      }
    }

    /// Reads what is there, or waits for something.
    ///
    /// A cancel ends it at once, and nothing is lost: the stream can be read again.
    ///
    /// - Parameter count: The most to read, at least one; more than 64 KiB are never read at once.
    /// - Returns: At least one byte; nil at the end.
    /// - Throws: ``Failure`` in domain `uv`, with `EBUSY` if another task is reading; `CancellationError`.
    public nonisolated(nonsending) func read(upTo count: Int = 65536) async throws -> [UInt8]? {
      try await state.loop.wait { [state] waiter in
        try state.read(waiter, upTo: count)
      } onCancel: { [state] waiter in
        state.cancelRead(waiter)
      }
    }

    /// Writes all bytes, and returns when the system has them. Writes of several tasks come out whole, one after the other.
    ///
    /// What the system takes at once is written without waiting. A cancel of a write that waits closes the stream: some
    /// of the bytes may have been sent, so nothing that makes sense could follow.
    ///
    /// - Throws: ``Failure`` in domain `uv`, such as `EPIPE`; `CancellationError`.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
      try Task.checkCancellation()
      var written = 0
      if state.loop.executor.isCurrent {
        written = try state.writeAtOnce(bytes[...])
        if written == bytes.count { return }
      }
      let rest = bytes[written...]
      _ = try await state.loop.wait { [state] waiter in
        try state.write(waiter, rest)
      } onCancel: { [state] waiter in
        state.cancelWrite(waiter)
      }
    }

    /// Ends the writing: when everything is written, the other side sees the end. Reading goes on.
    ///
    /// A cancel closes the stream.
    ///
    /// - Throws: ``Failure`` in domain `uv`, with `ENOTCONN` if it was ended before; `CancellationError`.
    public nonisolated(nonsending) func shutdown() async throws {
      _ = try await state.loop.wait { [state] waiter in
        try state.shutdown(waiter)
      } onCancel: { [state] waiter in
        state.cancelWrite(waiter)
      }
    }

    /// Closes it, whether or not the task is cancelled, and returns when the loop has let go of it. Any number of times.
    public nonisolated(nonsending) func close() async { await state.loop.close(state) }

    /// This side's address.
    ///
    /// - Throws: ``Failure`` in domain `uv` if this is no connection, or closed.
    public nonisolated(nonsending) var localAddress: Address {
      get async throws {
        try await state.loop.onLoop { [state] in try state.address(uv_tcp_getsockname) }
      }
    }

    /// The other side's address.
    ///
    /// - Throws: ``Failure`` in domain `uv` if this is no connection, or closed.
    public nonisolated(nonsending) var remoteAddress: Address {
      get async throws {
        try await state.loop.onLoop { [state] in try state.address(uv_tcp_getpeername) }
      }
    }

    /// What ``read(upTo:)`` gives, until the end.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let stream: Stream

      public mutating func next() async throws -> [UInt8]? { try await stream.read() }

      public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
        try await stream.read()
      }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
  }

  /// Closes a handle for whoever awaits that.
  nonisolated(nonsending) func close(_ handle: OpenHandle) async {
    // Refused: the executor has closed it.
    try? await wait { handle.close($0) }
  }
}
