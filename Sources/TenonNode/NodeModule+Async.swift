public import Tenon

/// Async functions. Swift's parameter packs would say this once, but its compiler does not take such closures (6.3).
extension NodeModule {
  /// Exports an async function; JavaScript gets a promise.
  ///
  /// After the function's name come its parameters', for a `TypeError`, and the closure takes as many arguments, up to six.
  /// It runs on the environment's loop. What it throws rejects the promise.
  @inlinable
  public borrowing func export<Result: ValueConvertible>(
    _ name: String, body: nonisolated(nonsending) @escaping @Sendable () async throws -> Result
  ) {
    add(name, []) { call in
      return try call.start { try await body() }
    }
  }

  @inlinable
  public borrowing func export<First: JavaScriptConvertible, Result: ValueConvertible>(
    _ name: String, _ first: String,
    body: nonisolated(nonsending) @escaping @Sendable (First) async throws -> Result
  ) {
    add(name, [first]) { call in
      let first = try call.next(First.self)
      return try call.start { try await body(first) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Result: ValueConvertible
  >(
    _ name: String, _ first: String, _ second: String,
    body: nonisolated(nonsending) @escaping @Sendable (First, Second) async throws -> Result
  ) {
    add(name, [first, second]) { call in
      let (first, second) = (try call.next(First.self), try call.next(Second.self))
      return try call.start { try await body(first, second) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Result: ValueConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String,
    body: nonisolated(nonsending) @escaping @Sendable (First, Second, Third) async throws -> Result
  ) {
    add(name, [first, second, third]) { call in
      let (first, second, third) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self)
      )
      return try call.start { try await body(first, second, third) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Result: ValueConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    body:
      nonisolated(nonsending) @escaping @Sendable (First, Second, Third, Fourth) async throws ->
      Result
  ) {
    add(name, [first, second, third, fourth]) { call in
      let (first, second, third, fourth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self)
      )
      return try call.start { try await body(first, second, third, fourth) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible, Result: ValueConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String,
    body:
      nonisolated(nonsending) @escaping @Sendable (First, Second, Third, Fourth, Fifth) async throws
      -> Result
  ) {
    add(name, [first, second, third, fourth, fifth]) { call in
      let (first, second, third, fourth, fifth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self)
      )
      return try call.start { try await body(first, second, third, fourth, fifth) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible, Sixth: JavaScriptConvertible,
    Result: ValueConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String, _ sixth: String,
    body:
      nonisolated(nonsending) @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth)
      async throws -> Result
  ) {
    add(name, [first, second, third, fourth, fifth, sixth]) { call in
      let (first, second, third, fourth, fifth, sixth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self), try call.next(Sixth.self)
      )
      return try call.start { try await body(first, second, third, fourth, fifth, sixth) }
    }
  }

  /// The same for a function without a result.
  @inlinable
  public borrowing func export(
    _ name: String, body: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
  ) {
    add(name, []) { call in
      return try call.start { try await body() }
    }
  }

  @inlinable
  public borrowing func export<First: JavaScriptConvertible>(
    _ name: String, _ first: String,
    body: nonisolated(nonsending) @escaping @Sendable (First) async throws -> Void
  ) {
    add(name, [first]) { call in
      let first = try call.next(First.self)
      return try call.start { try await body(first) }
    }
  }

  @inlinable
  public borrowing func export<First: JavaScriptConvertible, Second: JavaScriptConvertible>(
    _ name: String, _ first: String, _ second: String,
    body: nonisolated(nonsending) @escaping @Sendable (First, Second) async throws -> Void
  ) {
    add(name, [first, second]) { call in
      let (first, second) = (try call.next(First.self), try call.next(Second.self))
      return try call.start { try await body(first, second) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String,
    body: nonisolated(nonsending) @escaping @Sendable (First, Second, Third) async throws -> Void
  ) {
    add(name, [first, second, third]) { call in
      let (first, second, third) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self)
      )
      return try call.start { try await body(first, second, third) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    body:
      nonisolated(nonsending) @escaping @Sendable (First, Second, Third, Fourth) async throws ->
      Void
  ) {
    add(name, [first, second, third, fourth]) { call in
      let (first, second, third, fourth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self)
      )
      return try call.start { try await body(first, second, third, fourth) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String,
    body:
      nonisolated(nonsending) @escaping @Sendable (First, Second, Third, Fourth, Fifth) async throws
      -> Void
  ) {
    add(name, [first, second, third, fourth, fifth]) { call in
      let (first, second, third, fourth, fifth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self)
      )
      return try call.start { try await body(first, second, third, fourth, fifth) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible, Sixth: JavaScriptConvertible
  >(
    _ name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String, _ sixth: String,
    body:
      nonisolated(nonsending) @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth)
      async throws -> Void
  ) {
    add(name, [first, second, third, fourth, fifth, sixth]) { call in
      let (first, second, third, fourth, fifth, sixth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self), try call.next(Sixth.self)
      )
      return try call.start { try await body(first, second, third, fourth, fifth, sixth) }
    }
  }
}
