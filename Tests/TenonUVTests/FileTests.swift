import CTenonUV
import Dispatch
import Glibc
import Tenon
import Testing

@testable import TenonUV

@Suite struct FileTests {
  /// A new folder, which is removed with what is in it.
  private func withFolder(
    _ body: nonisolated(nonsending) @escaping @Sendable (UVLoop, String) async throws -> Void
  ) async throws {
    try await withUVLoop { loop in
      var template = Array("/tmp/tenon-uv-XXXXXX".utf8CString)
      let path = try #require(mkdtemp(&template).map { String(cString: $0) })
      try await body(loop, path)
      for entry in try await loop.scandir(path) {
        unlink("\(path)/\(String(decoding: entry.name, as: UTF8.self))")
      }
      #expect(rmdir(path) == 0)
    }
  }

  @Test func whatIsWrittenIsRead() async throws {
    try await withFolder { loop, folder in
      let content = pattern(300_000)
      let file = try await loop.open("\(folder)/file", flags: O_RDWR | O_CREAT)
      try await loop.write(content, to: file)
      try await loop.write([1, 2, 3], to: file, at: 10)
      var expected = content
      expected.replaceSubrange(10..<13, with: [1, 2, 3])
      var found: [UInt8] = []
      while case let more = try await loop.read(file, count: 65536, at: Int64(found.count)),
        !more.isEmpty
      {
        found += more
      }
      #expect(found == expected)
      try await loop.close(file)
      let status = try await loop.stat("\(folder)/file")
      #expect(status.st_size == 300_000)
    }
  }

  @Test func readingIntoTheCallersMemoryCopiesNothing() async throws {
    try await withFolder { loop, folder in
      let file = try await loop.open("\(folder)/file", flags: O_RDWR | O_CREAT)
      try await loop.write(bytes("hello"), to: file, at: 0)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 1)
      defer { memory.deallocate() }
      let count = try await loop.read(file, into: memory, at: 0)
      #expect([UInt8](memory.prefix(count)) == bytes("hello"))
      #expect(try await loop.read(file, into: memory, at: 5) == 0)
      try await loop.close(file)
    }
  }

  @Test func scandirGivesNamesAsBytesInOrder() async throws {
    try await withFolder { loop, folder in
      for name in ["b", "a", "ü"] {
        try await loop.close(try await loop.open("\(folder)/\(name)", flags: O_CREAT | O_WRONLY))
      }
      let entries = try await loop.scandir(folder)
      #expect(entries.map(\.name) == [bytes("a"), bytes("b"), bytes("ü")])
      #expect(entries.allSatisfy { $0.type == UV_DIRENT_FILE })
    }
  }

  @Test func aLinkIsFollowedOrNot() async throws {
    try await withFolder { loop, folder in
      #expect(symlink("/nowhere/at/all", "\(folder)/link") == 0)
      #expect(await uvCode { _ = try await loop.stat("\(folder)/link") } == UV_ENOENT)
      let status = try await loop.stat("\(folder)/link", followLinks: false)
      #expect(status.st_mode & 0o170000 == 0o120000)
    }
  }

  @Test func errorsAreLibuvs() async throws {
    try await withFolder { loop, folder in
      #expect(await uvCode { _ = try await loop.open("\(folder)/none") } == UV_ENOENT)
      #expect(await uvCode { _ = try await loop.scandir("\(folder)/none") } == UV_ENOENT)
      #expect(await uvCode { _ = try await loop.read(.init(descriptor: -1), count: 1) } == UV_EBADF)
      let failure = await #expect(throws: Failure.self) {
        _ = try await loop.stat("\(folder)/none")
      }
      #expect(failure?.message == "no such file or directory")
    }
  }

  @Test func aFilesDescriptorIsNotInherited() async throws {
    try await withUVLoop { loop in
      let file = try await loop.open("/dev/null")
      #expect(fcntl(file.descriptor, F_GETFD) & FD_CLOEXEC != 0)
      try await loop.close(file)
    }
  }

  @Test func aCancelledTaskStillCloses() async throws {
    try await withUVLoop { loop in
      var ends: [Int32] = [0, 0]
      // One that the children of other tests do not inherit.
      #expect(uv_pipe(&ends, 0, 0) == 0)
      let file = UVLoop.File(descriptor: ends[1])
      let task = loop.task {
        withUnsafeCurrentTask { $0?.cancel() }
        try await loop.close(file)
      }
      try await task.value
      #expect(try await loop.read(.init(descriptor: ends[0]), count: 1).isEmpty)
      try await loop.close(.init(descriptor: ends[0]))
    }
  }

  @Test func aTaskOfAnotherThreadMayCall() async throws {
    try await withUVLoop { loop in
      let task = Task.detached {
        let file = try await loop.open("/dev/zero")
        let zeros = try await loop.read(file, count: 4)
        try await loop.close(file)
        return zeros
      }
      let zeros = try await task.value
      #expect(zeros == [0, 0, 0, 0])
    }
  }
}

/// Libuv's pool is the process's: one test at a time keeps it busy.
@Suite(.serialized) struct PoolTests {
  /// Runs `body` while every thread of the pool is busy.
  private func withBusyPool(
    _ body: nonisolated(nonsending) @escaping @Sendable (UVLoop) async throws -> Void
  ) async throws {
    final class Gate: Sendable {
      let opened = DispatchSemaphore(value: 0)
      let busy = Shared(0)
    }
    try await withUVLoop { loop in
      let gate = Gate()
      let size = 4
      // SAFETY: libuv has them until the requests have ended, which is awaited.
      nonisolated(unsafe) let requests = UnsafeMutablePointer<uv_work_t>.allocate(capacity: size)
      let context = Unmanaged.passRetained(gate).toOpaque()
      for index in 0..<size {
        requests[index] = uv_work_t()
        requests[index].data = context
        uv_queue_work(
          loop.loop, requests + index,
          {
            let gate = Unmanaged<Gate>.fromOpaque($0!.pointee.data).takeUnretainedValue()
            gate.busy.change { $0 += 1 }
            gate.opened.wait()
          },
          { request, _ in
            let gate = Unmanaged<Gate>.fromOpaque(request!.pointee.data).takeUnretainedValue()
            gate.busy.change { $0 -= 1 }
          })
      }
      try await loop.until { gate.busy.value == size }
      do { try await body(loop) } catch { Issue.record(error) }
      for _ in 0..<size { gate.opened.signal() }
      try await loop.until { gate.busy.value == 0 }
      requests.deallocate()
      Unmanaged<Gate>.fromOpaque(context).release()
    }
  }

  @Test func cancellingWhatWaitsForThePoolEndsIt() async throws {
    try await withBusyPool { loop in
      let tasks: [Task<Void, any Error>] = [
        loop.task { _ = try await loop.open("/dev/null") },
        loop.task { _ = try await loop.stat("/") },
        loop.task { _ = try await loop.scandir("/") },
        loop.task { _ = try await loop.read(.init(descriptor: 0), count: 1) },
        loop.task { try await loop.write([1], to: .init(descriptor: 1)) },
        loop.task { _ = try await loop.addresses(of: "127.0.0.1", flags: AI_NUMERICHOST) },
        Task.detached { _ = try await loop.stat("/") },
      ]
      try await loop.until {
        uv_loop_alive(loop.loop) != 0 && loop.loop.pointee.active_reqs.count == 4 + 7
      }
      for task in tasks { task.cancel() }
      for task in tasks { #expect(await task.endsCancelled) }
    }
  }

  @Test func aTaskThatIsCancelledBeforeStartsNothing() async throws {
    try await withBusyPool { loop in
      let task = loop.task {
        withUnsafeCurrentTask { $0?.cancel() }
        _ = try await loop.open("/dev/null")
      }
      #expect(await task.endsCancelled)
      #expect(loop.loop.pointee.active_reqs.count == 4)
    }
  }

  @Test func aCloseCancelsWhatWaitsForThePool() async throws {
    try await withBusyPool { outer in
      let ended = Shared(false)
      try await withHostLoop { raw in
        let loop = try UVLoop.attach(to: raw)
        let future = try loop.executor.start { _ = try await loop.stat("/") }
        run(raw) { raw.pointee.active_reqs.count == 1 }
        try loop.detach(timeout: .seconds(60)) { ended.value = $0 }
        while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
        #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
      }
      #expect(ended.value)
    }
  }
}
