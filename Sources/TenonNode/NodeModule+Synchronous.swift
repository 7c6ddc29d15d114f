public import Tenon

/// Functions that are not async.
extension NodeModule {
  /// Exports a function that answers at once, and so holds up JavaScript while it runs.
  @inlinable
  public borrowing func export<Result: ValueConvertible>(
    synchronous name: String, body: @escaping @Sendable () throws -> Result
  ) {
    add(name, []) { call in
      return try call.answer { try body() }
    }
  }

  @inlinable
  public borrowing func export<First: JavaScriptConvertible, Result: ValueConvertible>(
    synchronous name: String, _ first: String, body: @escaping @Sendable (First) throws -> Result
  ) {
    add(name, [first]) { call in
      let first = try call.next(First.self)
      return try call.answer { try body(first) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Result: ValueConvertible
  >(
    synchronous name: String, _ first: String, _ second: String,
    body: @escaping @Sendable (First, Second) throws -> Result
  ) {
    add(name, [first, second]) { call in
      let (first, second) = (try call.next(First.self), try call.next(Second.self))
      return try call.answer { try body(first, second) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Result: ValueConvertible
  >(
    synchronous name: String, _ first: String, _ second: String, _ third: String,
    body: @escaping @Sendable (First, Second, Third) throws -> Result
  ) {
    add(name, [first, second, third]) { call in
      let (first, second, third) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self)
      )
      return try call.answer { try body(first, second, third) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Result: ValueConvertible
  >(
    synchronous name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    body: @escaping @Sendable (First, Second, Third, Fourth) throws -> Result
  ) {
    add(name, [first, second, third, fourth]) { call in
      let (first, second, third, fourth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self)
      )
      return try call.answer { try body(first, second, third, fourth) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible, Result: ValueConvertible
  >(
    synchronous name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String,
    body: @escaping @Sendable (First, Second, Third, Fourth, Fifth) throws -> Result
  ) {
    add(name, [first, second, third, fourth, fifth]) { call in
      let (first, second, third, fourth, fifth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self)
      )
      return try call.answer { try body(first, second, third, fourth, fifth) }
    }
  }

  @inlinable
  public borrowing func export<
    First: JavaScriptConvertible, Second: JavaScriptConvertible, Third: JavaScriptConvertible,
    Fourth: JavaScriptConvertible, Fifth: JavaScriptConvertible, Sixth: JavaScriptConvertible,
    Result: ValueConvertible
  >(
    synchronous name: String, _ first: String, _ second: String, _ third: String, _ fourth: String,
    _ fifth: String, _ sixth: String,
    body: @escaping @Sendable (First, Second, Third, Fourth, Fifth, Sixth) throws -> Result
  ) {
    add(name, [first, second, third, fourth, fifth, sixth]) { call in
      let (first, second, third, fourth, fifth, sixth) = (
        try call.next(First.self), try call.next(Second.self), try call.next(Third.self),
        try call.next(Fourth.self), try call.next(Fifth.self), try call.next(Sixth.self)
      )
      return try call.answer { try body(first, second, third, fourth, fifth, sixth) }
    }
  }
}
