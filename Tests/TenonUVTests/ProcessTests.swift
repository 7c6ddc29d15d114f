import CTenonUV
import Glibc
import Tenon
import Testing

@testable import TenonUV

@Suite(.enabled(if: childrenMayBeMade)) struct ProcessTests {
  @Test func aChildsOutputAndStatusAreRead() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/sh", ["-c", "echo out; exit 7"])
      #expect(try await child.output?.readAll() == bytes("out\n"))
      #expect(try await child.exit == .init(status: 7, signal: 0))
      #expect(try await child.exit.status == 7)
      #expect(child.input == nil && child.error == nil)
    }
  }

  @Test func bytesGoThroughCat() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/cat", input: .pipe)
      let content = pattern(2 << 20)
      let writer = loop.task {
        try await child.input?.write(content)
        await child.input?.close()
      }
      #expect(try await child.output?.readAll() == content)
      try await writer.value
      #expect(try await child.exit == .init(status: 0, signal: 0))
    }
  }

  @Test func aHalfClosedInputIsTheChildsEnd() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("cat", input: .pipe)
      try await child.input?.write(bytes("x"))
      try await child.input?.shutdown()
      #expect(try await child.output?.readAll() == bytes("x"))
      #expect(try await child.exit.status == 0)
    }
  }

  @Test func errorOutputHasAPipeOfItsOwn() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn(
        "/bin/sh", ["-c", "echo out; echo problem >&2"], error: .pipe)
      #expect(try await child.error?.readAll() == bytes("problem\n"))
      #expect(try await child.output?.readAll() == bytes("out\n"))
      #expect(try await child.exit.status == 0)
    }
  }

  @Test func aDescriptorIsHandedDown() async throws {
    try await withUVLoop { loop in
      var ends: [Int32] = [0, 0]
      #expect(uv_pipe(&ends, 0, 0) == 0)
      let child = try await loop.spawn("/bin/echo", ["hi"], output: .descriptor(ends[1]))
      #expect(try await child.exit.status == 0)
      try await loop.close(.init(descriptor: ends[1]))
      #expect(try await loop.read(.init(descriptor: ends[0]), count: 10) == bytes("hi\n"))
      try await loop.close(.init(descriptor: ends[0]))
    }
  }

  @Test func environmentAndDirectoryAreTheChilds() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn(
        "/bin/sh", ["-c", "echo $NAME; pwd; env | grep -c HOME"], environment: ["NAME": "grün"],
        in: "/")
      #expect(try await child.output?.readAll() == bytes("grün\n/\n0\n"))
      let heir = try await loop.spawn("/bin/sh", ["-c", "echo $PATH"])
      #expect(try await heir.output?.readAll() == bytes("\(String(cString: getenv("PATH")))\n"))
    }
  }

  @Test func aProgramThatIsNotThereIsAnError() async throws {
    try await withUVLoop { loop in
      let code = await uvCode {
        _ = try await loop.spawn("/no/such/program", input: .pipe, output: .pipe, error: .pipe)
      }
      #expect(code == UV_ENOENT)
      #expect(await uvCode { _ = try await loop.spawn("/bin/cat", in: "/no/where") } == UV_ENOENT)
      try await loop.until { loop.handles.count == 0 }
    }
  }

  @Test func aSignalEndsAChild() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/cat", input: .pipe)
      try await child.kill(SIGKILL)
      #expect(try await child.exit == .init(status: 0, signal: SIGKILL))
      #expect(await uvCode { try await child.kill() } == UV_ESRCH)
    }
  }

  @Test func cancellingTheWaitTerminatesTheChild() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/cat", input: .pipe)
      let waits = [loop.task { try await child.exit }, loop.task { try await child.exit }]
      for _ in 0..<10 { await Task.yield() }
      waits[0].cancel()
      #expect(await waits[0].endsCancelled)
      // It has ended, and who was not cancelled learns how.
      #expect(try await waits[1].value == .init(status: 0, signal: SIGTERM))
      #expect(kill(child.identifier, 0) == -1)
    }
  }

  @Test func aCancelledTaskThatWaitsTerminatesTheChild() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/cat", input: .pipe)
      let wait = loop.task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await child.exit
      }
      #expect(await wait.endsCancelled)
      #expect(try await child.exit.signal == SIGTERM)
    }
  }

  @Test func aCancelWaitsForAChildThatTakesItsTime() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn(
        "/bin/sh", ["-c", "trap 'echo caught; exit 3' TERM; echo ready; while :; do read x; done"],
        input: .pipe)
      #expect(try await child.output?.read() == bytes("ready\n"))
      let wait = loop.task { try await child.exit }
      for _ in 0..<10 { await Task.yield() }
      wait.cancel()
      await child.input?.close()
      #expect(await wait.endsCancelled)
      #expect(try await child.output?.readAll() == bytes("caught\n"))
      #expect(try await child.exit == .init(status: 3, signal: 0))
    }
  }

  @Test func readingAChildsOutputCanBeCancelled() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/cat", input: .pipe)
      let read = loop.task { try await child.output?.read() }
      try await loop.until { uv_is_active(child.output!.state.base) != 0 }
      read.cancel()
      #expect(await read.endsCancelled)
      await child.input?.close()
      #expect(try await child.output?.read() == nil)
      #expect(try await child.exit.status == 0)
    }
  }

  @Test func aChildThatIsLetGoOfRunsOnAndIsWaitedFor() async throws {
    try await withUVLoop { loop in
      let (identifier, input) = try await startCat(on: loop)
      #expect(kill(identifier, 0) == 0)
      await input.close()
      try await loop.until { loop.handles.count == 0 }
      // Waited for: no zombie is left.
      #expect(kill(identifier, 0) == -1)
    }
  }

  private nonisolated(nonsending) func startCat(on loop: UVLoop) async throws -> (
    Int32, UVLoop.Stream
  ) {
    let child = try await loop.spawn("/bin/cat", input: .pipe)
    return (child.identifier, child.input!)
  }

  @Test func pipesAreNotInherited() async throws {
    try await withUVLoop { loop in
      let child = try await loop.spawn("/bin/cat", input: .pipe, error: .pipe)
      for stream in [child.input!, child.output!, child.error!] {
        var descriptor: uv_os_fd_t = -1
        #expect(uv_fileno(stream.state.base, &descriptor) == 0)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      }
      // Were they, the first child would not see its end while the second lives.
      let other = try await loop.spawn("/bin/cat", input: .pipe)
      await child.input?.close()
      #expect(try await child.exit.status == 0)
      await other.input?.close()
      #expect(try await other.exit.status == 0)
    }
  }

  @Test func manyChildrenAtOnce() async throws {
    try await withUVLoop { loop in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask {
            let child = try await loop.spawn("/bin/sh", ["-c", "echo \(number); exit \(number)"])
            #expect(try await child.output?.readAll() == bytes("\(number)\n"))
            #expect(try await child.exit.status == number)
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
