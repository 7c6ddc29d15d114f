import CTenon

/// Many futures as one: see tenon/combinators.h for what each does with failures, cancels and no inputs.
extension Future {
  /// A future of all: fulfilled when each is, or failed as soon as one is, for the same error. The others are then
  /// cancelled.
  ///
  /// - Parameter keepingOthers: Inputs are never cancelled.
  public static func all(_ futures: [Future], keepingOthers: Bool = false) throws -> Future {
    try combined(.all, futures, keepingOthers)
  }

  /// A future that is fulfilled when each of them has settled, however.
  public static func allSettled(_ futures: [Future], keepingOthers: Bool = false) throws -> Future {
    try combined(.allSettled, futures, keepingOthers)
  }

  /// A future of the index of the first that is fulfilled. The others are then cancelled.
  public static func any(_ futures: [Future], keepingOthers: Bool = false) throws -> Future {
    try combined(.any, futures, keepingOthers)
  }

  /// A future of the index of the first that settles, or of its failure. The others are then cancelled.
  public static func race(_ futures: [Future], keepingOthers: Bool = false) throws -> Future {
    try combined(.race, futures, keepingOthers)
  }

  private static func combined(_ kind: Combinator.Kind, _ futures: [Future], _ keeps: Bool)
    throws -> Future
  {
    Future(
      adopting: try combine(kind, keeps: keeps, futures.count) { futures[$0].handle }.orThrow())
  }

  /// A future that ends as this one does, with its value moved over; or that is rejected, and cancels this one, when the
  /// time is over: ``Failure`` with domain `tenon` and code `TENON_STATUS_TIMEOUT`.
  public func timeout(after duration: Duration, on executor: LoopExecutor) throws -> Future {
    let deadline = executor.state.deadline(after: duration.clampedNanoseconds)
    return Future(
      adopting: try timeoutFuture(handle, on: executor.state, executor.name, deadline).orThrow())
  }

  /// A future of what `transform` makes of this one's value, which is moved. Called on the loop, unless this one fails or is
  /// cancelled: then so does the result. A cancel of the result cancels this one, for the same reason.
  public func map<Result: ValueConvertible>(
    on executor: LoopExecutor,
    _ transform: nonisolated(nonsending) @escaping @Sendable (Value) async throws -> Result
  ) throws -> Future {
    let result = try executor.start { try await transform(self.take()) }
    // The task passes a cancel on when it runs; before that, somebody else has to.
    let context = Unmanaged.passRetained(Link(input: self, promise: result.handle.as(.promise)))
    let status = onCancel(
      result.handle.as(.promise), .none, unsafeBitCast(passOn, to: UnsafeRawPointer.self),
      context.toOpaque()
    ) { _ in }
    if status != TENON_STATUS_OK { context.release() }
    return result
  }
}

/// What a future is made of, and the promise whose cancel it is to hear of.
private final class Link: Sendable {
  let input: Future
  let promise: Handle

  init(input: Future, promise: Handle) {
    self.input = input
    self.promise = promise
  }
}

private let passOn: tenon_cancel_fn = { context, status in
  let link = Unmanaged<Link>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue()
  guard status == TENON_STATUS_CANCELLED else { return }
  let reason = cancelReason(of: link.promise)
  _ = cancelFuture(link.input.handle, because: reason)
  if let reason { _ = ErrorSlot.release(reason) }
}

extension LoopExecutor {
  /// A future that is fulfilled after `duration`.
  public func sleep(for duration: Duration) throws -> Future {
    let deadline = state.deadline(after: duration.clampedNanoseconds)
    return Future(adopting: try sleepFuture(on: state, name, deadline).orThrow())
  }
}

extension Result where Success == Handle, Failure == StatusError {
  /// What C would be given, or the ``Failure`` of what C would be answered.
  func orThrow() throws -> Handle {
    switch self {
    case .success(let handle): return handle
    case .failure(let error): throw Tenon.Failure(error.status)
    }
  }
}
