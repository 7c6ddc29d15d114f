import CTenonUV
import Glibc
import Tenon
import Testing

@testable import TenonUV

/// The end of a loop, in every order.
@Suite(.enabled(if: childrenMayBeMade)) struct TeardownTests {
  /// How tasks that no executor cancels ended.
  private final class Ends: Sendable {
    let started = Shared(0)
    let errors = Shared<[String]>([])

    /// Starts one that awaits something for ever, on threads of Swift's own.
    func watch(_ body: @escaping @Sendable () async throws -> Void) {
      Task.detached { [self] in
        do {
          try await body()
          errors.change { $0.append("ended well") }
        } catch let failure as Failure {
          let name =
            failure.domain == "uv"
            ? String(cString: uv_err_name(Int32(failure.code))) : failure.domain
          errors.change { $0.append(name) }
        } catch {
          errors.change { $0.append("\(error)") }
        }
      }
    }

    func wait(for count: Int) { while errors.value.count < count { sched_yield() } }
  }

  /// What `start` opens on a loop.
  private struct World: Sendable {
    let client, server: UVLoop.Stream
    let listener: UVLoop.Listener
    let child: UVLoop.Process

    init(on loop: UVLoop) async throws {
      (client, server) = try await loop.connectedPair()
      listener = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0))
      child = try await loop.spawn("/bin/cat", input: .pipe)
    }

    /// Awaits one of everything.
    func await_(_ ends: Ends) {
      ends.watch { [client] in _ = try await client.read() }
      ends.watch { [client] in try await client.write(pattern(8 << 20)) }
      ends.watch { [listener] in _ = try await listener.accept() }
      ends.watch { [child] in _ = try await child.exit }
      ends.watch { [child] in _ = try await child.output?.read() }
    }

    var isBusy: Bool {
      uv_is_active(client.state.base) != 0 && client.state.pendingSize > 0
        && uv_is_active(child.output!.state.base) != 0 && listener.state.waiterCount == 1
        && child.state.waiterCount == 1
    }
  }

  /// A world on a host's loop, with somebody waiting for each of its things.
  private func start(
    on raw: UnsafeMutablePointer<uv_loop_t>, _ ends: Ends
  ) throws -> (UVLoop, World) {
    let loop = try UVLoop.attach(to: raw, name: "host")
    let world = Shared<World?>(nil)
    let future = try loop.executor.start { world.value = try await World(on: loop) }
    run(raw) { future.isSettled }
    let made = try #require(world.value)
    made.await_(ends)
    run(raw) { made.isBusy }
    return (loop, made)
  }

  @Test func aDetachTellsEverybodyAndLeavesNothing() async throws {
    try await withHostLoop { raw in
      let ends = Ends()
      let (loop, world) = try start(on: raw, ends)
      let hasEnded = Shared<Bool?>(nil)
      try loop.detach { hasEnded.value = $0 }
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
      #expect(hasEnded.value != nil)
      ends.wait(for: 5)
      #expect(ends.errors.value == Array(repeating: "tenon", count: 5))
      withExtendedLifetime(world) {}
      #expect(throws: Failure.self) { try loop.detach() }
    }
  }

  @Test func aHostMayCloseEveryHandleAndThenDetach() async throws {
    try await withHostLoop { raw in
      let ends = Ends()
      let (loop, world) = try start(on: raw, ends)
      closeAllHandles(of: raw)
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
      try loop.detach()
      ends.wait(for: 5)
      // libuv itself ends the write.
      #expect(Set(ends.errors.value).isSubset(of: ["tenon", "ECANCELED"]))
      kill(world.child.identifier, SIGKILL)
      waitpid(world.child.identifier, nil, 0)
    }
  }

  @Test func aHostMayDetachAndThenCloseEveryHandle() async throws {
    try await withHostLoop { raw in
      let ends = Ends()
      let (loop, world) = try start(on: raw, ends)
      try loop.detach()
      closeAllHandles(of: raw)
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
      ends.wait(for: 5)
      #expect(Set(ends.errors.value).isSubset(of: ["tenon", "ECANCELED"]))
      withExtendedLifetime(world) {}
    }
  }

  @Test func aHostMayCloseOurHandlesAndGoOn() async throws {
    try await withHostLoop { raw in
      let loop = try UVLoop.attach(to: raw)
      let pair = Shared<(client: UVLoop.Stream, server: UVLoop.Stream)?>(nil)
      let made = try loop.executor.start {
        let made = try await loop.connectedPair()
        pair.value = made
      }
      run(raw) { made.isSettled }
      uv_close(pair.value!.client.state.base, nil)
      let used = try loop.executor.start {
        #expect(await uvCode { _ = try await pair.value!.client.read() } == UV_EBADF)
        #expect(await uvCode { _ = try await pair.value!.client.write([1]) } == UV_EBADF)
        await pair.value!.client.close()
        let end = try await pair.value!.server.read()
        #expect(end == nil)
      }
      run(raw) { used.isSettled }
      #expect(tenon_future_poll(used.pointer) == TENON_STATUS_OK)
      pair.value = nil
      try loop.detach()
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
    }
  }

  @Test func workOnTheExecutorIsCancelledByADetach() async throws {
    try await withHostLoop { raw in
      let ends = Ends()
      let (loop, world) = try start(on: raw, ends)
      let (client, server) = (Shared<UVLoop.Stream?>(nil), Shared<UVLoop.Stream?>(nil))
      let opened = try loop.executor.start {
        let pair = try await loop.connectedPair()
        (client.value, server.value) = (pair.client, pair.server)
      }
      run(raw) { opened.isSettled }
      let refused = Shared<Bool>(false)
      let read = try loop.executor.start {
        do { _ = try await server.value!.read() } catch {
          // Nothing new may be opened by now.
          do { _ = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0)) } catch {
            refused.value = true
          }
          // But what is not of the loop can still be tidied up.
          try await loop.close(try await loop.open("/dev/null"))
          throw error
        }
      }
      run(raw) { uv_is_active(server.value!.state.base) != 0 }
      try loop.detach(timeout: .seconds(60))
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
      #expect(tenon_future_poll(read.pointer).rawValue < 0)
      #expect(refused.value)
      ends.wait(for: 5)
      withExtendedLifetime(world) {}
    }
  }

  @Test func aLoopThatIsDetachedRefusesEverything() async throws {
    let ends = Ends()
    let kept = Shared<(UVLoop, World)?>(nil)
    try await withHostLoop { raw in
      kept.value = try start(on: raw, ends)
      try kept.value!.0.detach()
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
    }
    ends.wait(for: 5)
    let (loop, world) = kept.value!
    let failures: [() async throws -> Void] = [
      { _ = try await loop.stat("/") },
      { _ = try await loop.open("/dev/null") },
      { try await loop.close(.init(descriptor: -1)) },
      { _ = try await loop.addresses(of: "127.0.0.1") },
      { _ = try await loop.connect(to: UVLoop.Address("127.0.0.1", port: 1)) },
      { _ = try await loop.listen(on: UVLoop.Address("127.0.0.1", port: 0)) },
      { _ = try await loop.spawn("/bin/cat") },
      { _ = try await world.server.read() },
      { try await world.client.write([1]) },
      { try await world.client.shutdown() },
      { _ = try await world.client.localAddress },
      { _ = try await world.listener.accept() },
      { _ = try await world.child.exit },
      { try await world.child.kill() },
      { try await loop.sleep(for: .zero) },
    ]
    for operation in failures {
      let failure = await #expect(throws: Failure.self) { try await operation() }
      #expect(failure?.domain == "tenon")
    }
    await world.client.close()
    await world.listener.close()
    kept.value = nil
  }

  @Test func aCloseBegunOnAnotherThreadClosesWhatIsOpen() async throws {
    try await withHostLoop { raw in
      let ends = Ends()
      let (loop, world) = try start(on: raw, ends)
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        {
          tenon_executor_begin_close(OpaquePointer($0!), 0)
          return nil
        }, UnsafeMutableRawPointer(loop.executor.pointer))
      while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
      pthread_join(thread, nil)
      ends.wait(for: 5)
      #expect(ends.errors.value == Array(repeating: "tenon", count: 5))
      withExtendedLifetime(world) {}
    }
  }

  @Test func detachingAgainstAllSortsOfWorkHarmsNothing() async throws {
    for round in 0..<30 {
      try await withHostLoop { raw in
        let ends = Ends()
        let loop = try UVLoop.attach(to: raw)
        for number in 0..<8 {
          ends.watch {
            while true {
              switch number % 4 {
              case 0: _ = try await loop.stat("/")
              case 1:
                let (client, server) = try await loop.connectedPair()
                try await client.write([1])
                _ = try await server.read()
              case 2: _ = try await loop.addresses(of: "::1", flags: AI_NUMERICHOST)
              default: try await loop.sleep(for: .zero)
              }
            }
          }
        }
        for _ in 0..<round { uv_run(raw, UV_RUN_ONCE) }
        try loop.detach()
        while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
        ends.wait(for: 8)
      }
    }
  }

  @Test func runGivesAndThrowsWhatItsBodyDoes() async throws {
    #expect(try await withUVLoop { _ in 42 } == 42)
    await #expect(throws: Oops.self) { try await withUVLoop { _ in throw Oops() } }
  }

  private struct Oops: Error {}

  @Test func runEndsWhatItsBodyLeavesBehind() async throws {
    let ends = Ends()
    let kept = Shared<World?>(nil)
    let future = try await withUVLoop { loop in
      let world = try await World(on: loop)
      kept.value = world
      world.await_(ends)
      try await loop.until { world.isBusy }
      return try loop.executor.start { try await loop.sleep(for: .seconds(86_400)) }
    }
    ends.wait(for: 5)
    #expect(tenon_future_poll(future.pointer) == TENON_STATUS_CANCELLED)
  }

  @Test func aBodyMayDetachItsLoop() async throws {
    try await onThread {
      #expect(throws: CancellationError.self) {
        try UVLoop.run { loop in
          try loop.detach()
          try await loop.sleep(for: .seconds(86_400))
        }
      }
      return ()
    }
  }

  @Test func whatIsLeftOnALoopThatRunsIsSaid() async throws {
    try await onThread {
      // SAFETY: never used after the loop, which keeps it.
      nonisolated(unsafe) let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
      let failure = #expect(throws: Failure.self) {
        try UVLoop.run { loop in
          uv_timer_init(loop.loop, timer)
          kept.value.append(UInt(bitPattern: timer))
          kept.value.append(UInt(bitPattern: loop.loop))
        }
      }
      #expect(failure?.code == Int64(UV_EBUSY.rawValue))
    }
  }

  @Test func runsAreNested() async throws {
    try await withUVLoop { outer in
      let inner = try await Task.detached {
        try await withUVLoop { try await $0.stat("/").st_size }
      }
      .value
      #expect(try await outer.stat("/").st_size == inner)
    }
  }

  @Test func severalLoopObjectsOfOneExecutorAreIndependent() async throws {
    try await withUVLoop { loop in
      let other = try UVLoop(on: loop.executor)
      let (client, server) = try await other.connectedPair()
      #expect(loop.handles.count == 0)
      #expect(other.handles.count >= 2)
      try await client.write([1])
      #expect(try await server.read() == [1])
    }
  }

  @Test func anExecutorWithoutLibuvIsRefused() throws {
    let executor = try LoopExecutor.create()
    let failure = #expect(throws: Failure.self) { try UVLoop(on: executor) }
    #expect(failure?.code == Int64(TENON_STATUS_UNSUPPORTED.rawValue))
    try executor.close()
  }

  @Test func methodsThatAreIsolatedToTheLoopRunThere() async throws {
    try await withUVLoop { loop in
      let thread = UInt(pthread_self())
      let task = Task.detached { await loop.threadOfIsolatedCode() }
      #expect(await task.value == thread)
    }
  }
}

/// So that leak checkers find it.
private let kept = Shared<[UInt]>([])

extension UVLoop {
  fileprivate func threadOfIsolatedCode() async -> UInt {
    _ = try? await stat("/")
    #expect(executor.isCurrent)
    return UInt(pthread_self())
  }
}
