import CTenon
import Glibc
import Testing

@testable import Tenon

/// A handle that several threads use.
// SAFETY: it is a number; Tenon checks it.
private struct ThreadHandle: @unchecked Sendable {
  let pointer: OpaquePointer?
}

/// A sender's thread and a reader's loop; made for the thread sanitizer. Values are counted in and out.
@Suite(.serialized) struct StreamRaceTests {
  private static let countDrop: tenon_drop_fn = { pointer, _ in
    Unmanaged<Shared<Int>>.fromOpaque(pointer!).takeUnretainedValue().change { $0 += 1 }
  }

  private static func counted(_ drops: Shared<Int>) -> tenon_value_t {
    tenon_value_pointer(Unmanaged.passUnretained(drops).toOpaque(), nil, countDrop)
  }

  /// Blocks a thread of the test's own until there is room; false: never again.
  private static func waitForRoom(_ sink: OpaquePointer?, _ value: inout tenon_value_t) -> Bool {
    while true {
      var room: OpaquePointer?
      let status = tenon_sink_send(sink, &value, &room)
      if status == TENON_STATUS_OK { return true }
      guard status == TENON_STATUS_PENDING else { return false }
      tenon_future_wait(room, UInt64.max)
      tenon_future_release(room)
    }
  }

  @Test(arguments: [0, 1, 3, 64, 1024])
  func itemsOfAThreadReachALoopInOrder(capacity: Int) async throws {
    let count: Int64 = capacity < 64 ? 5000 : 200_000
    try await withLoop { loop in
      let (sink, stream) = try Stream.make(capacity: capacity)
      let handle = ThreadHandle(pointer: sink.retainedPointer())
      let writer = TestThread {
        let pointer = handle.pointer
        for number in 0..<count {
          var value = tenon_value_i64(number)
          if !StreamRaceTests.waitForRoom(pointer, &value) { break }
        }
        tenon_sink_close(pointer)
        tenon_sink_release(pointer)
      }
      let read = try loop.result {
        var next: Int64 = 0
        for try await value in stream {
          guard case .i64(next) = value else { break }
          next += 1
        }
        return next
      }
      writer.join()
      #expect(read == count)
    }
  }

  @Test func sendReadCancelCloseAndReleaseRaceAndEachValueIsDroppedOnce() async throws {
    let (sent, drops) = (Shared(0), Shared(0))
    try await withLoop { loop in
      for round in 0..<1500 {
        let (sink, stream) = try Stream.make(capacity: round % 5)
        let handle = ThreadHandle(pointer: sink.retainedPointer())
        let writer = TestThread {
          let pointer = handle.pointer
          for _ in 0..<20 {
            var value = StreamRaceTests.counted(drops)
            guard StreamRaceTests.waitForRoom(pointer, &value) else { break }
            sent.change { $0 += 1 }
          }
          if round & 1 == 0 { tenon_sink_close(pointer) }
          tenon_sink_release(pointer)
        }
        let reader = try loop.start { [stream] in
          for _ in 0..<(round % 23) {
            guard try await stream.next() != nil else { break }
          }
        }
        let disturber = TestThread { [stream] in
          for _ in 0..<(round % 31) { sched_yield() }
          if round % 3 == 0 { stream.cancel() }
          if round % 7 == 0 { reader.cancel() }
          if round % 5 == 0 { sink.close() }
        }
        _ = consume sink
        if round % 7 != 0 { try loop.run(until: reader) }
        stream.cancel()
        disturber.join()
        _ = consume stream
        _ = consume disturber
        try loop.run(until: reader)
        writer.join()
      }
      try loop.run()
    }
    #expect(drops.value == sent.value)
  }

  @Test func theEndAsAFutureRacesWithCancelReleaseAndTheEndItself() async throws {
    struct Fault: Error {}
    try await withLoop { loop in
      for round in 0..<(isSanitized ? 500 : 3000) {
        let (sink, stream) = try Stream.make(capacity: round % 3)
        let scope = try Scope(policy: round & 1 == 0 ? .cancelSiblings : .collect)
        let writer = TestThread { [sink] in
          for _ in 0..<(round % 7) { sched_yield() }
          _ = try? sink.trySend(1)
          switch round % 4 {
          case 0: sink.close()
          case 1: sink.fail(Fault())
          case 2: sink.cancel()
          default: break
          }
        }
        let waiter = TestThread { [stream] in
          guard let end = try? stream.end else { return }
          if round % 5 == 0 { end.cancel(because: Fault()) }
        }
        let disturber = TestThread { [stream] in
          for _ in 0..<(round % 5) { sched_yield() }
          if round % 3 == 0 { stream.cancel() }
          if round % 7 == 0 { scope.cancel(because: Fault()) }
        }
        _ = consume sink
        try scope.add(stream)
        _ = consume stream
        let end = try scope.close()
        writer.join()
        waiter.join()
        disturber.join()
        _ = (consume writer, consume waiter, consume disturber)
        try loop.run(until: end)
        let status = tenon_future_poll(end.pointer)
        #expect(status != TENON_STATUS_PENDING)
        if round % 7 != 0 && round % 4 == 1 { #expect(status == TENON_STATUS_REJECTED) }
      }
    }
  }

  @Test func twoWritersByMistakeAreBusyAndCorruptNothing() async throws {
    let (sink, stream) = try Stream.make(capacity: 64)
    let accepted = Shared(0)
    let writers = (0..<2).map { _ in
      let handle = ThreadHandle(pointer: sink.retainedPointer())
      return TestThread {
        let pointer = handle.pointer
        var mine = 0
        for _ in 0..<20000 {
          var value = tenon_value_i64(1)
          let status = tenon_sink_send(pointer, &value, nil)
          if status == TENON_STATUS_OK {
            mine += 1
          } else {
            #expect(status == TENON_STATUS_BUSY || status == TENON_STATUS_PENDING)
          }
        }
        tenon_sink_release(pointer)
        accepted.change { $0 += mine }
      }
    }
    let received = Shared(0)
    let done = Shared(false)
    let reading = ThreadHandle(pointer: stream.retainedPointer())
    let reader = TestThread {
      let pointer = reading.pointer
      var (mine, count) = (0, 0)
      var values = [tenon_value_t](repeating: tenon_value_none(), count: 16)
      while true {
        let isLast = done.value
        let status = tenon_stream_next_batch(pointer, &values, 16, &count, nil)
        if status == TENON_STATUS_OK {
          mine += count
        } else if isLast {
          break
        } else {
          sched_yield()
        }
      }
      received.value = mine
      tenon_stream_release(pointer)
    }
    for writer in writers { writer.join() }
    done.value = true
    reader.join()
    #expect(received.value == accepted.value)
  }
}
