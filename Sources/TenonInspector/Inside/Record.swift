import CTenonRoot
import Synchronization

/// What has happened in this process last, as far as it is recorded: a flight recorder.
public enum Record {
  /// What is kept.
  public struct Mask: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// When each Swift call begins, is suspended, goes on and ends.
    public static let calls = Mask(rawValue: 1)
    /// When each job of an executor begins and ends, and its function.
    public static let jobs = Mask(rawValue: 2)
    /// When each future settles, and who is told of it.
    public static let futures = Mask(rawValue: 4)
    /// What goes through streams, and when their ends wait.
    public static let streams = Mask(rawValue: 8)
    public static let all: Mask = [.calls, .jobs, .futures, .streams]
  }

  private static let one = Mutex(())

  /// Keeps what happens from now on; nothing: no more. `bytes` are for each thread that has something to say, 32 for each thing.
  public static func start(_ mask: Mask, bytes: Int = 1 << 20) throws {
    let bytes = UInt64(max(bytes, 0))
    try one.withLock { _ in
      try withCopies { target, copies throws(TenonInspect.Failure) in
        guard copies.contains(where: \.hasRecord) else {
          throw TenonInspect.Failure("the Tenon of this process is older, and records nothing")
        }
        for copy in copies where copy.hasRecord {
          _ = copy.record(mask.rawValue, bytes: bytes, in: target.memory) { address, word in
            UnsafePointer<Atomic<UInt64>>(bitPattern: address)?.pointee
              .store(word, ordering: .sequentiallyConsistent)
            return true
          }
        }
      }
    }
  }

  /// What was kept stays.
  public static func end() throws { try start([]) }

  /// Chrome's trace events as JSON, which Perfetto opens; nil: nothing was ever recorded.
  public static func trace() throws -> String? {
    try withCopies { target, copies throws(TenonInspect.Failure) in
      let events = copies.reduce(0) { $0 + $1.eventsMax(target.memory) }
      return try Room.require(events * Room.ofEvent) {
        let recordings = target.recordings(copies)
        return recordings.isEmpty ? nil : ChromeTrace.text(target, recordings)
      }
    }
  }

  private static func withCopies<Result>(
    _ body: (Target, [Copy]) throws(TenonInspect.Failure) -> Result
  ) throws -> Result {
    do throws(TenonInspect.Failure) {
      return try Target.withOwn { target throws(TenonInspect.Failure) in
        try body(target, try target.copies())
      }
    } catch {
      throw Snapshot.Failure(error)
    }
  }
}
