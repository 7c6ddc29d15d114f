import CStopped
import CTenon
import Testing

@testable import Tenon

/// Two threads that meet at each place of what the first one does between `meeting_begin()` and `meeting_end()`, where the second
/// one does all of its own: see Tests/Conformance/stopped.h.
// SAFETY: one thread sets it up; what the two share then is made for many threads.
private class Meeting: @unchecked Sendable {
  func before() throws {}
  func here() throws {}
  func there() throws {}
  func after() throws {}

  final func run() {
    var meeting = meeting_t()
    meeting.context = Unmanaged.passUnretained(self).toOpaque()
    meeting.before = { Meeting.call(Meeting.before, $0) }
    meeting.here = { Meeting.call(Meeting.here, $0) }
    meeting.there = { Meeting.call(Meeting.there, $0) }
    meeting.after = { Meeting.call(Meeting.after, $0) }
    // Tenon's, and not those of Swift's runtime, which counts references.
    let function: tenon_job_fn = { _, _ in }
    let within = unsafeBitCast(function, to: UnsafeRawPointer.self)
    let places = meeting_run_part(&meeting, within)
    #if arch(x86_64)
      #expect(places > 0 || isSanitized)
    #endif
  }

  private static func call(
    _ part: (Meeting) -> () throws -> Void, _ context: UnsafeMutableRawPointer?
  ) {
    do { try part(Unmanaged<Meeting>.fromOpaque(context!).takeUnretainedValue())() } catch {
      Issue.record(error)
    }
  }
}

/// A call that is cancelled while it begins to wait at an end of a stream.
private final class CancelledWait: Meeting, @unchecked Sendable {
  enum End: CaseIterable { case reader, writer }

  private let loop: LoopExecutor
  private let end: End
  private var call: Future!
  private var sink: Sink!
  private var stream: Tenon.Stream!

  init(_ loop: LoopExecutor, _ end: End) { (self.loop, self.end) = (loop, end) }

  override func before() throws {
    (sink, stream) = try Stream.make(capacity: 1)
    switch end {
    case .reader:
      call = try loop.start { [loop, stream = stream!] in
        Self.begin(on: loop)
        _ = try await stream.next()
      }
    case .writer:
      #expect(try sink.trySend(1))
      call = try loop.start { [loop, sink = sink!] in
        Self.begin(on: loop)
        try await sink.send(2)
      }
    }
  }

  /// From here to where the call waits, when others have a turn.
  fileprivate static func begin(on loop: LoopExecutor) {
    let end: tenon_job_fn = { _, _ in meeting_end() }
    #expect(tenon_executor_post(loop.pointer, end, nil) == TENON_STATUS_OK)
    meeting_begin()
  }

  override func here() { loop.pollAll() }

  override func there() { call.cancel() }

  override func after() throws {
    loop.pollAll()
    #expect(call.isSettled)
    // Otherwise this lets it go on.
    sink.close()
    stream.cancel()
    try loop.run(until: call)
  }
}

/// An item, or room for one, that comes while a call begins to wait for it.
private final class AnsweredWait: Meeting, @unchecked Sendable {
  private let loop: LoopExecutor
  private let end: CancelledWait.End
  private var call: Future!
  private var sink: Sink!
  private var stream: Tenon.Stream!

  init(_ loop: LoopExecutor, _ end: CancelledWait.End) { (self.loop, self.end) = (loop, end) }

  override func before() throws {
    (sink, stream) = try Stream.make(capacity: 1)
    if end == .writer { #expect(try sink.trySend(1)) }
    call = try loop.start { [loop, end, sink = sink!, stream = stream!] in
      CancelledWait.begin(on: loop)
      if end == .writer { try await sink.send(2) } else { #expect(try await stream.next() != nil) }
    }
  }

  override func here() { loop.pollAll() }

  override func there() throws {
    if end == .writer {
      var (value, count) = (tenon_value_none(), 0)
      #expect(
        tenon_stream_next_batch(stream.pointer, &value, 1, &count, nil) == TENON_STATUS_OK)
    } else {
      #expect(try sink.trySend(1))
    }
  }

  override func after() throws {
    loop.pollAll()
    #expect(call.isSettled)
    #expect(tenon_future_poll(call.pointer) == TENON_STATUS_OK)
    sink.close()
    stream.cancel()
    try loop.run(until: call)
  }
}

/// A call that another thread comes in between with the close of its loop.
private class MeetingWithClose: Meeting, @unchecked Sendable {
  fileprivate var loop: LoopExecutor!
  fileprivate var call: Future?
  fileprivate var promise: Promise!
  /// What the call awaits.
  fileprivate var never: Future!

  override func before() throws {
    loop = try LoopExecutor.create(name: "closing")
    (promise, never) = try Promise.make()
    call = nil
  }

  override func there() {
    #expect(tenon_executor_begin_close(loop.pointer, .max) == TENON_STATUS_OK)
  }

  override func after() throws {
    loop.pollAll()
    #expect(promise.isCancelled || call?.isSettled ?? true)
    promise.resolve()
    var result = PollResult()
    while loop.poll(PollBudget(), &result) == TENON_STATUS_OK && !result.closed {}
  }
}

/// A close while the call begins.
private final class CloseInTheBeginning: MeetingWithClose, @unchecked Sendable {
  override func before() throws {
    try super.before()
    let begin: tenon_job_fn = { _, _ in meeting_begin() }
    #expect(tenon_executor_post(loop.pointer, begin, nil) == TENON_STATUS_OK)
    call = try loop.start { [never = never!] in
      meeting_end()
      await never.settled()
    }
  }

  override func here() { loop.pollAll() }
}

/// A close while a call that has a task of its own is made, on another thread than the loop's, which has run it by then.
private final class CloseInTheMaking: MeetingWithClose, @unchecked Sendable {
  override func here() {
    meeting_begin()
    call = try? loop.start(priority: .high) { [never = never!] in await never.settled() }
  }

  override func there() {
    loop.pollAll()
    super.there()
  }
}

@Suite(.serialized) struct StoppedTests {
  @Test(arguments: CancelledWait.End.allCases)
  private func aCallThatIsCancelledWhileItBeginsToWaitGoesOn(_ end: CancelledWait.End) async throws
  {
    try await withLoop { CancelledWait($0, end).run() }
  }

  @Test(arguments: CancelledWait.End.allCases)
  private func aCallThatGetsWhatItBeginsToWaitForGoesOn(_ end: CancelledWait.End) async throws {
    try await withLoop { AnsweredWait($0, end).run() }
  }

  @Test func aCallThatBeginsInTheMidstOfACloseIsCancelled() async throws {
    try await withLoop { _ in CloseInTheBeginning().run() }
  }

  @Test func aCallThatIsMadeInTheMidstOfACloseIsCancelled() async throws {
    try await withLoop { _ in CloseInTheMaking().run() }
  }
}
