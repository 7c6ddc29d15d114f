import Synchronization
import Tenon

// A service, and layers around it, each in whatever language.

@Export public struct Request: Sendable {
  public var path: String
  /// Goes along, through all layers.
  public var trace: Trace
}

@Export public struct Response: Sendable {
  public var text: String
}

@Export public enum ServiceError: Error {
  case timedOut(after: Duration)
  /// There are too many requests at once.
  case limited(most: Int)
  case unavailable(path: String)
}

/// Answers requests. A layer is a service that asks another one.
@Export public protocol Service: Sendable {
  func call(_ request: Request) async throws -> Response
}

/// A layer's part of a trace: `traceparent` is its own, and `parent` is what it was called with.
@Export public struct Span: Sendable {
  public var name: String
  public var traceparent: String
  public var parent: String?
}

/// Who has had a request, in order.
@Export public final class Trace: Sendable {
  private let notes = Mutex<(hops: [String], spans: [Span])>(([], []))

  @Export public init() {}
  /// Notes who has it. A layer that calls the next one in a span of its own gives that, and is still in the one that called.
  @Export public func add(_ note: String, span: String? = nil) {
    notes.withLock {
      $0.hops.append(note)
      guard let span else { return }
      $0.spans.append(
        Span(name: note, traceparent: span, parent: TraceContext.current?.traceparent))
    }
  }
  @Export public var hops: [String] { notes.withLock { $0.hops } }
  @Export public var spans: [Span] { notes.withLock { $0.spans } }

  /// The span of a layer in Swift.
  func begin(_ note: String) -> TraceContext {
    let span = TraceContext.current?.child() ?? TraceContext()
    add(note, span: span.traceparent)
    return span
  }
}

/// A service that every language can ask: what Swift has made of one that some language implements.
@Export public final class Chain: Service {
  private let service: any Service

  @Export public init(_ service: any Service) { self.service = service }
  @Export public func call(_ request: Request) async throws -> Response {
    try await service.call(request)
  }

  /// The same with a limit on how long an answer may take.
  @Export public func withTimeout(_ limit: Duration) -> Chain {
    Chain(Timeout(next: self, limit: limit))
  }

  /// What is asked in the end.
  @Export public static func backend() -> Chain { Chain(Backend()) }
}

// MARK: Where languages find each other's

@Export public func publish(_ chain: Chain, as name: String) {
  directory.withLock { $0.chains[name] = chain }
}
@Export public func find(_ name: String) -> Chain? { directory.withLock { $0.chains[name] } }
/// Forgets a service. What it holds goes when nobody else has it.
@Export public func withdraw(_ name: String) {
  let (gone, waiting) = directory.withLock {
    ($0.chains.removeValue(forKey: name), $0.waiting.removeValue(forKey: name) ?? [])
  }
  for one in waiting { one.finish() }
  _ = gone  // not under the lock: it may be code of any language's
}
/// Waits until there is no service of this name.
@Export public func untilWithdrawn(_ name: String) async {
  let (stream, continuation) = AsyncStream<Never>.makeStream()
  directory.withLock {
    if $0.chains[name] == nil {
      continuation.finish()
    } else {
      $0.waiting[name, default: []].append(continuation)
    }
  }
  for await _ in stream {}
}

private struct Directory {
  var chains: [String: Chain] = [:]
  var waiting: [String: [AsyncStream<Never>.Continuation]] = [:]
}
private let directory = Mutex(Directory())

// MARK: Swift's own

private struct Timeout: Service {
  let next: Chain
  let limit: Duration

  func call(_ request: Request) async throws -> Response {
    try await request.trace.begin("swift: timeout").with {
      try await withThrowingTaskGroup(of: Response.self) { group in
        group.addTask { try await next.call(request) }
        group.addTask {
          try await Task.sleep(for: limit)
          throw ServiceError.timedOut(after: limit)
        }
        // The other one is cancelled, and this ends when that has ended.
        defer { group.cancelAll() }
        return try await group.next()!
      }
    }
  }
}

private struct Backend: Service {
  func call(_ request: Request) async throws -> Response {
    _ = request.trace.begin("swift: backend")
    switch request.path {
    case "/slow":
      do {
        try await Task.sleep(for: .seconds(3600))
      } catch {
        request.trace.add("swift: backend is cancelled")
        throw error
      }
    case "/flaky":
      let visits = request.trace.hops.count { $0 == "swift: backend" }
      if visits < 3 { throw ServiceError.unavailable(path: request.path) }
    case "/gone":
      throw ServiceError.unavailable(path: request.path)
    default: break
    }
    return Response(text: "this is \(request.path)")
  }
}
