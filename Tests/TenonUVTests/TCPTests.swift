import CTenonUV
import Glibc
import Tenon
import Testing

@testable import TenonUV

/// Clients and servers on the loopback.
@Suite struct TCPTests {
  @Test(arguments: ["127.0.0.1", "::1"]) func aClientAndAServerTalk(_ host: String) async throws {
    try await withUVLoop { loop in
      let listener: UVLoop.Listener
      do {
        listener = try await loop.listen(on: UVLoop.Address(host, port: 0))
      } catch let failure as Failure where failure.code == UV_EADDRNOTAVAIL.rawValue {
        return  // a machine without IPv6
      }
      #expect(listener.address.port != 0)
      let server = loop.task {
        let connection = try await listener.accept()
        for try await chunk in connection { try await connection.write(chunk) }
        try await connection.shutdown()
        return try await connection.localAddress
      }
      let client = try await loop.connect(to: listener.address)
      #expect(try await client.remoteAddress == listener.address)
      try await client.write(bytes("hello"))
      #expect(try await client.read() == bytes("hello"))
      try await client.write(bytes("world"))
      try await client.shutdown()
      #expect(try await client.readAll() == bytes("world"))
      #expect(try await client.read() == nil)
      #expect(try await server.value == listener.address)
    }
  }

  @Test func anAddLooksAtNoMoreThanTwoWriters() async throws {
    let count = 100_000
    _ = try await withUnsafeThrowingContinuation {
      (continuation: UnsafeContinuation<Int, any Error>) in
      var waiting = Waiters<Int>()
      var ended = Waiters<Int>()
      for _ in 0..<count {
        let waiter = Waiter<Int>()
        _ = waiter.begin(continuation)
        waiting.add(waiter)
        ended.add(Waiter())
      }
      #expect(waiting.count == count && waiting.looks <= 2 * count)
      #expect(ended.count <= 16 && ended.looks <= 2 * count)
      continuation.resume(returning: 0)
    }
  }

  @Test func aHostIsLookedUpAndConnectedTo() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let client = try await loop.connect(to: "127.0.0.1", port: listener.address.port)
      let server = try await listener.accept()
      try await server.write([1])
      #expect(try await client.read() == [1])
    }
  }

  @Test func tasksOfOtherThreadsTalk() async throws {
    try await withUVLoop { loop in
      let task = Task.detached {
        let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
        async let accepted = listener.accept()
        let client = try await loop.connect(to: listener.address)
        let server = try await accepted
        try await client.write(pattern(100_000))
        try await client.shutdown()
        let received = try await server.readAll()
        await client.close()
        await server.close()
        await listener.close()
        return received
      }
      let received = try await task.value
      #expect(received == pattern(100_000))
      #expect(loop.handles.count == 0)
    }
  }

  @Test func oneSideMayEndWhileTheOtherGoesOn() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      try await client.shutdown()
      #expect(try await server.read() == nil)
      try await server.write(bytes("still here"))
      #expect(try await client.read() == bytes("still here"))
      #expect(await uvCode { try await client.shutdown() } == UV_ENOTCONN)
      #expect(await uvCode { try await client.write([1]) } == UV_EPIPE)
    }
  }

  @Test func refusalsAreErrors() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let address = listener.address
      #expect(await uvCode { _ = try await loop.listen(on: address) } == UV_EADDRINUSE)
      await listener.close()
      #expect(await uvCode { _ = try await listener.accept() } == UV_EBADF)
      try await withDeafAddress { address in
        #expect(await uvCode { _ = try await loop.connect(to: address) } == UV_ECONNREFUSED)
        let code = await uvCode {
          _ = try await loop.connect(to: address.host, port: address.port)
        }
        #expect(code == UV_ECONNREFUSED)
      }
      // What could not be opened was closed.
      try await loop.until { loop.handles.count == 0 }
    }
  }

  /// An address that is somebody's, so no other test gets it, who does not listen.
  private nonisolated(nonsending) func withDeafAddress(
    _ body: nonisolated(nonsending) (UVLoop.Address) async throws -> Void
  ) async throws {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    let any = try UVLoop.Address("127.0.0.1", port: 0)
    #expect(any.withSocketAddress { bind(descriptor, $0, 16) } == 0)
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let address = withUnsafeMutableBytes(of: &storage) {
      let pointer = $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      #expect(getsockname(descriptor, pointer, &size) == 0)
      return UVLoop.Address(pointer)
    }
    try await body(#require(address))
  }

  @Test func aPeerThatIsGoneIsAnErrorAndNoSignal() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      await server.close()
      let code = await uvCode { while true { try await client.write(pattern(10_000)) } }
      #expect(code == UV_EPIPE || code == UV_ECONNRESET)
    }
  }

  @Test func readingTakesNoMoreThanIsAskedFor() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      try await client.write(pattern(1000))
      try await client.shutdown()
      var received: [UInt8] = []
      while let chunk = try await server.read(upTo: 7) {
        #expect((1...7).contains(chunk.count))
        received += chunk
      }
      #expect(received == pattern(1000))
    }
  }

  @Test func aSecondReaderIsRefused() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let first = loop.task { try await server.read() }
      try await loop.until { uv_is_active(server.state.base) != 0 }
      #expect(await uvCode { _ = try await server.read() } == UV_EBUSY)
      try await client.write([1])
      #expect(try await first.value == [1])
    }
  }

  @Test func nothingIsReadAheadAndAllArrives() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let content = pattern(8 << 20)
      let writer = loop.task {
        try await client.write(content)
        try await client.shutdown()
      }
      // The system holds what it holds, and the rest is still the writer's.
      try await loop.until { client.state.pendingSize > 0 }
      var before = client.state.pendingSize
      repeat {
        before = client.state.pendingSize
        for _ in 0..<20 { try await loop.sleep(for: .zero) }
      } while client.state.pendingSize != before
      #expect(before > 0)
      #expect(uv_is_active(server.state.base) == 0)
      var received: [UInt8] = []
      received.reserveCapacity(content.count)
      while let chunk = try await server.read() {
        #expect(chunk.count <= 65536)
        #expect(uv_is_active(server.state.base) == 0)
        received += chunk
        if received.count % 5 == 0 { await Task.yield() }
      }
      #expect(received == content)
      try await writer.value
    }
  }

  @Test func writesOfSeveralTasksComeOutWhole() async throws {
    try await withUVLoop { loop in
      let (client, server) = try await loop.connectedPair()
      let size = 600_000
      let writers = (0..<8).map { number in
        loop.task { try await client.write([UInt8](repeating: UInt8(number), count: size)) }
      }
      let end = loop.task {
        for writer in writers { try await writer.value }
        try await client.shutdown()
      }
      let received = try await server.readAll()
      try await end.value
      #expect(received.count == 8 * size)
      for start in stride(from: 0, to: received.count, by: size) {
        let whole = [UInt8](repeating: received[start], count: size)
        #expect([UInt8](received[start..<start + size]) == whole)
      }
    }
  }

  @Test func manyConnectionsAtOnce() async throws {
    try await withUVLoop { loop in
      let count = 200
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let server = loop.task {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<count {
            let connection = try await listener.accept()
            group.addTask {
              for try await chunk in connection { try await connection.write(chunk) }
              await connection.close()
            }
          }
          try await group.waitForAll()
        }
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
          group.addTask {
            let client = try await loop.connect(to: listener.address)
            try await client.write(bytes("number \(number)"))
            try await client.shutdown()
            #expect(try await client.readAll() == bytes("number \(number)"))
          }
        }
        try await group.waitForAll()
      }
      try await server.value
      await listener.close()
      try await loop.until { loop.handles.count == 0 }
    }
  }

  @Test func connectionsWaitUntilTheyAreAccepted() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      var clients: [UVLoop.Stream] = []
      for number in 0..<10 {
        let client = try await loop.connect(to: listener.address)
        try await client.write([UInt8(number)])
        clients.append(client)
      }
      // The listener is the only other handle: none was accepted unasked.
      #expect(loop.handles.count == 11)
      for number in 0..<10 {
        #expect(try await listener.accept().read() == [UInt8(number)])
      }
    }
  }

  @Test func aListenersConnectionsAreASequence() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let client = loop.task {
        for number in 0..<3 {
          let client = try await loop.connect(to: listener.address)
          try await client.write([UInt8(number)])
        }
      }
      var numbers: [UInt8] = []
      for try await connection in listener {
        numbers += try await connection.readAll()
        if numbers.count == 3 { break }
      }
      #expect(numbers == [0, 1, 2])
      try await client.value
    }
  }

  @Test func whatIsOpenedIsNotInherited() async throws {
    try await withUVLoop { loop in
      let listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      let client = try await loop.connect(to: listener.address)
      let server = try await listener.accept()
      for handle in [listener.state, client.state, server.state] as [OpenHandle] {
        var descriptor: uv_os_fd_t = -1
        #expect(uv_fileno(handle.base, &descriptor) == 0)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      }
    }
  }
}

extension StreamState {
  /// What has been written and the system has not taken.
  var pendingSize: Int {
    uv_stream_get_write_queue_size(raw.assumingMemoryBound(to: uv_stream_t.self))
  }
}
