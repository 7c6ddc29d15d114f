import CTenonUV
import Glibc
import Tenon
import Testing

@testable import TenonUV

/// Cancelling what waits, and letting go.
@Suite struct CancelTests {
  @Test func aCancelledReadLosesNothing() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      for number in 0..<3 {
        let read =
          number == 1
          ? Task.detached { try await server.read() } : loop.task { try await server.read() }
        try await loop.until { uv_is_active(server.state.base) != 0 }
        read.cancel()
        #expect(await read.endsCancelled)
        #expect(uv_is_active(server.state.base) == 0)
      }
      try await client.write([1])
      #expect(try await server.read() == [1])
    }
  }

  @Test func aCancelledAcceptLosesNothing() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let tasks = (0..<3).map { _ in loop.task { try await listener.accept() } }
      for _ in 0..<10 { await Task.yield() }
      tasks[0].cancel()
      #expect(await tasks[0].endsCancelled)
      let client = try await loop.connect(to: listener.address)
      try await client.write([1])
      #expect(try await tasks[1].value.read() == [1])
      tasks[2].cancel()
      #expect(await tasks[2].endsCancelled)
    }
  }

  @Test func aCancelledSequenceEnds() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let server = loop.task { for try await _ in listener {} }
      _ = try await loop.connect(to: listener.address)
      server.cancel()
      #expect(await server.endsCancelled)
    }
  }

  @Test func aCancelledConnectEnds() async throws {
    try await withUVLoop { loop in
      // One that is full answers no more: the third connection waits.
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0), backlog: 0)
      var tasks: [Task<UVLoop.Stream, any Error>] = []
      for _ in 0..<8 { tasks.append(loop.task { try await loop.connect(to: listener.address) }) }
      try await loop.until { loop.handles.count == 9 }
      for task in tasks { task.cancel() }
      for task in tasks {
        switch await task.result {
        case .success(let stream): await stream.close()
        case .failure(let error): #expect(error is CancellationError)
        }
      }
      let waiting = loop.task { try await loop.connect(to: listener.address) }
      await Task.yield()
      waiting.cancel()
      #expect(await waiting.endsCancelled)
      try await loop.until { loop.handles.count == 1 }
    }
  }

  @Test func aCancelledWriteClosesTheStream() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let write = loop.task { try await client.write(pattern(8 << 20)) }
      let read = loop.task { try await client.read() }
      try await loop.until { client.state.pendingSize > 0 && uv_is_active(client.state.base) != 0 }
      write.cancel()
      #expect(await write.endsCancelled)
      #expect(await uvCode { _ = try await read.value } == UV_ECANCELED)
      #expect(await uvCode { _ = try await client.read() } == UV_EBADF)
      // What had been taken by the system arrives, and then the end.
      while (try? await server.read()) ?? nil != nil {}
      try await loop.until { loop.handles.count == 1 }
    }
  }

  @Test func aCancelledShutdownClosesTheStream() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let write = loop.task { try await client.write(pattern(8 << 20)) }
      try await loop.until { client.state.pendingSize > 0 }
      let shutdown = loop.task { try await client.shutdown() }
      for _ in 0..<10 { await Task.yield() }
      shutdown.cancel()
      #expect(await shutdown.endsCancelled)
      #expect(await uvCode { try await write.value } == UV_ECANCELED)
      await server.close()
    }
  }

  @Test func whatACancelledTaskBeginsDoesNothing() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let task = loop.task {
        withUnsafeCurrentTask { $0?.cancel() }
        await #expect(throws: CancellationError.self) { try await client.write([9]) }
        await #expect(throws: CancellationError.self) { _ = try await client.read() }
      }
      try await task.value
      try await client.write([1])
      #expect(try await server.read() == [1])
    }
  }

  @Test func aCancelMayComeAtAnyMoment() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      for round in 0..<300 {
        let read = Task.detached { try await server.read() }
        for _ in 0..<(round % 7) { await Task.yield() }
        try await client.write([UInt8(truncatingIfNeeded: round)])
        read.cancel()
        let got: [UInt8]?
        do { got = try await read.value } catch { got = try await server.read() }
        #expect(got == [UInt8(truncatingIfNeeded: round)])
      }
    }
  }

  @Test func closingEndsWhoeverWaits() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let read = loop.task { try await server.read() }
      let write = loop.task { try await client.write(pattern(8 << 20)) }
      let accept = loop.task { try await listener.accept() }
      try await loop.until { client.state.pendingSize > 0 && uv_is_active(server.state.base) != 0 }
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask { await server.close() }
          group.addTask { await client.close() }
          group.addTask { await listener.close() }
        }
      }
      #expect(loop.handles.count == 0)
      await server.close()
      #expect(await uvCode { _ = try await read.value } == UV_ECANCELED)
      #expect(await uvCode { try await write.value } == UV_ECANCELED)
      #expect(await uvCode { _ = try await accept.value } == UV_ECANCELED)
      #expect(await uvCode { _ = try await server.remoteAddress } == UV_EBADF)
    }
  }

  @Test func aCancelledTaskStillCloses() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let task = loop.task {
        withUnsafeCurrentTask { $0?.cancel() }
        await client.close()
      }
      try await task.value
      #expect(try await server.read() == nil)
    }
  }

  @Test func lettingGoCloses() async throws {
    try await withUVLoop { loop in
      var pair: (client: UVLoop.Stream, server: UVLoop.Stream)? = try await loop.connectedPair()
      var listener: UVLoop.Listener? = try await loop.listen(
        on: UVLoop.Address("127.0.0.1", port: 0))
      // Connected, and never accepted.
      let waiting = try await loop.connect(to: listener!.address)
      let client = pair!.client
      pair = nil
      listener = nil
      #expect(try await client.read() == nil)
      _ = try? await waiting.read()
      try await loop.until { loop.handles.count == 2 }
    }
  }

  @Test func lettingGoOnAnotherThreadCloses() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let kept = Shared<UVLoop.Stream?>(server)
      try await forget(server: consume server)
      try await onThread { kept.value = nil }
      #expect(try await client.read() == nil)
    }
  }

  private nonisolated(nonsending) func forget(server: consuming UVLoop.Stream) async throws {}
}
