public import Tenon

/// Functions that give streams.
extension NodeModule {
  /// Exports an async function that writes a stream; JavaScript gets an async iterator.
  ///
  /// The closure takes the sink, and then as many arguments as there are parameters. It runs on the environment's loop, and waits
  /// in its sends while JavaScript has not caught up. The stream ends when it returns; what it throws arrives after what is
  /// buffered, which is at most `capacity` values. When JavaScript leaves its loop, its task is cancelled.
  @inlinable
  public borrowing func export(
    stream name: String, capacity: Int = 64,
    body: nonisolated(nonsending) @escaping @Sendable (Sink) async throws -> Void
  ) {
    add(name, []) { call in
      return try call.start(capacity: capacity) { sink in try await body(sink) }
    }
  }

  @inlinable
  public borrowing func export<First: JavaScriptConvertible>(
    stream name: String, _ first: String, capacity: Int = 64,
    body: nonisolated(nonsending) @escaping @Sendable (Sink, First) async throws -> Void
  ) {
    add(name, [first]) { call in
      let first = try call.next(First.self)
      return try call.start(capacity: capacity) { sink in try await body(sink, first) }
    }
  }

  @inlinable
  public borrowing func export<First: JavaScriptConvertible, Second: JavaScriptConvertible>(
    stream name: String, _ first: String, _ second: String, capacity: Int = 64,
    body: nonisolated(nonsending) @escaping @Sendable (Sink, First, Second) async throws -> Void
  ) {
    add(name, [first, second]) { call in
      let (first, second) = (try call.next(First.self), try call.next(Second.self))
      return try call.start(capacity: capacity) { sink in try await body(sink, first, second) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible
  >(
    stream name: String, _ first: String, _ second: String, _ third: String, capacity: Int = 64,
    body:
      nonisolated(nonsending) @escaping @Sendable (Sink, First, Second, Third) async throws -> Void
  ) {
    add(name, [first, second, third]) { call in
      let (first, second, third) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self)
      )
      return try call.start(capacity: capacity) { sink in try await body(sink, first, second, third)
      }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible
  >(
    stream name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    capacity: Int = 64,
    body:
      nonisolated(nonsending) @escaping @Sendable (Sink, First, Second, Third, Fourth) async throws
      -> Void
  ) {
    add(name, [first, second, third, fourth]) { call in
      let (first, second, third, fourth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self)
      )
      return try call.start(capacity: capacity) { sink in
        try await body(sink, first, second, third, fourth)
      }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible
  >(
    stream name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String, capacity: Int = 64,
    body:
      nonisolated(nonsending) @escaping @Sendable (Sink, First, Second, Third, Fourth, Fifth)
      async throws -> Void
  ) {
    add(name, [first, second, third, fourth, fifth]) { call in
      let (first, second, third, fourth, fifth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self)
      )
      return try call.start(capacity: capacity) { sink in
        try await body(sink, first, second, third, fourth, fifth)
      }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible, Sixth: JavaScriptConvertible
  >(
    stream name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String, _ sixth: String, capacity: Int = 64,
    body:
      nonisolated(nonsending) @escaping @Sendable (Sink, First, Second, Third, Fourth, Fifth, Sixth)
      async throws -> Void
  ) {
    add(name, [first, second, third, fourth, fifth, sixth]) { call in
      let (first, second, third, fourth, fifth, sixth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self), try call.next(Sixth.self)
      )
      return try call.start(capacity: capacity) { sink in
        try await body(sink, first, second, third, fourth, fifth, sixth)
      }
    }
  }
}
