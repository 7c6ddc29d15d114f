internal import CTenonRoot
internal import CTrace
import Glibc
import Synchronization

/// Tells of what lasts longer than it may, from a thread of its own, until it is ended. From C it is a `tenon_watch_t`.
public final class Watch: Sendable {
  public enum Kind: Int32, Sendable {
    /// An executor, or a thread of a pool, is in one job, and everybody else waits.
    case job = 1
    /// A Swift call has not ended.
    case call
    /// A callback, a task or a thread waits for a future.
    case wait
  }

  /// What has lasted too long.
  public struct Event: Sendable {
    public let kind: Kind
    /// A node's id: of the executor, of the call's future, of the future that is waited for.
    public let id: UInt
    /// The system's number of the thread that is in it, if it is known.
    public let thread: Int32?
    /// How long it has lasted at least.
    public let duration: Duration
    /// What there was at that moment; nil: it could not be taken.
    public let snapshot: Snapshot?
  }

  /// Why there is none.
  public enum Failure: Error, Sendable {
    /// Nothing is to be watched.
    case noLimits
    /// The system has no thread to give.
    case noResources
  }

  private let pid = getpid()
  private let limits: Lookout.Limits
  private let tell: @Sendable (Event) -> Void
  private let hasEnded = Atomic<Bool>(false)
  private let thread = Atomic<UInt>(0)
  // SAFETY: what is in there is under its own mutex.
  nonisolated(unsafe) private let gate: UnsafeMutablePointer<tenon__gate_t>

  /// Watches from now on. A limit that is nil is none. `tell` is called for each thing once, one after the other.
  public static func start(
    job: Duration? = nil, call: Duration? = nil, wait: Duration? = nil,
    _ tell: @escaping @Sendable (Event) -> Void
  ) throws(Failure) -> Watch {
    func nanoseconds(_ limit: Duration?) -> UInt64 { limit.map { max($0.nanoseconds, 1) } ?? 0 }
    return try start(
      Lookout.Limits(
        job: nanoseconds(job), call: nanoseconds(call), wait: nanoseconds(wait)), tell)
  }

  static func start(
    _ limits: Lookout.Limits, _ tell: @escaping @Sendable (Event) -> Void
  ) throws(Failure) -> Watch {
    guard limits.shortest != nil else { throw .noLimits }
    let watch = try Room.with(Room.little) { () throws(Watch.Failure) in
      try begun(Watch(limits, tell))
    }
    guard let watch else { throw .noResources }
    return watch
  }

  private static func begun(_ watch: Watch) throws(Failure) -> Watch {
    var thread = pthread_t()
    let retained = Unmanaged.passRetained(watch)
    let code = tenon__start_quietly(
      &thread,
      { context in
        Unmanaged<Watch>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, retained.toOpaque())
    guard code == 0 else {
      retained.release()
      throw .noResources
    }
    watch.thread.store(UInt(thread), ordering: .releasing)
    return watch
  }

  private init(_ limits: Lookout.Limits, _ tell: @escaping @Sendable (Event) -> Void) {
    (self.limits, self.tell) = (limits, tell)
    gate = .allocate(capacity: 1)
    tenon__open_gate(gate)
  }

  deinit {
    tenon__remove_gate(gate)
    gate.deallocate()
  }

  /// Whether this was made by the process that a fork's child comes from.
  var isForked: Bool { getpid() != pid }

  /// Ends it, and waits until nothing is told any more; from inside of `tell`, what is being told is the last. Whoever comes later
  /// only waits.
  public func end() {
    if isForked { return }
    let isFirst = !hasEnded.exchange(true, ordering: .acquiringAndReleasing)
    let thread = pthread_t(self.thread.load(ordering: .acquiring))
    tenon__close_gate(gate)
    if pthread_equal(thread, pthread_self()) != 0 {
      if isFirst { pthread_detach(thread) }
    } else if isFirst {
      pthread_join(thread, nil)
    } else {
      tenon__wait_until_left(gate)
    }
  }

  private func run() {
    // Whoever is told may end this before whoever has started it knows the thread.
    thread.store(UInt(pthread_self()), ordering: .releasing)
    var lookout = Lookout(limits)
    let period = max((limits.shortest ?? 0) / 4, 1_000_000)
    repeat {
      // Without memory nothing is found, and is looked for the next time.
      _ = Room.with(Room.little) { () throws(Never) in tellAll(lookout.look(tenon__now_ns())) }
    } while !tenon__wait_at_gate(gate, period)
    tenon__leave_gate(gate)
  }
}

extension Watch {
  private func tellAll(_ findings: [Lookout.Finding]) {
    if findings.isEmpty { return }
    let snapshot = try? Snapshot.take()
    for finding in findings where !hasEnded.load(ordering: .acquiring) {
      tell(
        Event(
          kind: finding.kind, id: finding.id, thread: finding.thread,
          duration: .nanoseconds(Int64(clamping: finding.duration)), snapshot: snapshot))
    }
  }
}

extension Duration {
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    let (all, isTooMuch) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return isTooMuch ? .max : UInt64(clamping: all + attoseconds / 1_000_000_000)
  }
}
