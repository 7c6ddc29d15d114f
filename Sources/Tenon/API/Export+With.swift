public import CTenon

// Exported functions whose operations capture nothing. What they work on is an argument, and if that is a plain value of
// at most two words, such as numbers and handles, it waits in the executor's queue: such a call allocates nothing.

/// Starts an async function for C, with an argument instead of captures.
///
///     return export(on: executor, future: futureOut, with: value) { await double($0) }
///
/// It does what ``export(on:future:detached:name:_:)-(_,_,_,_,()->Result)`` does, and costs two thirds of it where the argument is
/// a plain value of at most two words. Other arguments are kept as captures would be.
@inlinable @inline(__always) public func export<Argument: Sendable, Result: ValueConvertible>(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  detached: Bool = false, name: CallName = #function, with argument: Argument,
  _ operation: nonisolated(nonsending) @escaping @Sendable (Argument) async throws -> Result
) -> tenon_status_t {
  exportValue(on: executor, future: future, detached: detached, name: name, with: argument) {
    try await operation($0).makeValue()
  }
}

/// The same for a function without a result.
@inlinable @inline(__always) public func export<Argument: Sendable>(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  detached: Bool = false, name: CallName = #function, with argument: Argument,
  _ operation: nonisolated(nonsending) @escaping @Sendable (Argument) async throws -> Void
) -> tenon_status_t {
  exportValue(on: executor, future: future, detached: detached, name: name, with: argument) {
    try await operation($0)
    return tenon_value_none()
  }
}

/// The same for an operation that makes the value itself, which whoever takes it from the future then owns.
///
///     return exportValue(on: executor, future: futureOut, with: value) { tenon_value_i64(await double($0)) }
///
/// The least that a call can cost: what converts a result after an `await` of somebody else's function is a switch of
/// executors more.
@inlinable @inline(__always) public func exportValue<Argument: Sendable>(
  on executor: OpaquePointer?, future: UnsafeMutablePointer<OpaquePointer?>?,
  detached: Bool = false, name: CallName = #function, with argument: Argument,
  _ operation: nonisolated(nonsending) @escaping @Sendable (Argument) async throws -> tenon_value_t
) -> tenon_status_t {
  if let words = Words(argument) {
    return exportWords(on: executor, future, detached, name, words) { first, second in
      try await operation(Words(first, second).read())
    }
  }
  return exportWords(on: executor, future, detached, name, Words(0, 0)) { _, _ in
    try await operation(argument)
  }
}

/// A plain value in two words.
@frozen @usableFromInline struct Words {
  @usableFromInline let first: UInt
  @usableFromInline let second: UInt

  @inlinable init(_ first: UInt, _ second: UInt) {
    self.first = first
    self.second = second
  }

  /// nil: it is too large, or is more than its bytes.
  @inlinable init?<Argument>(_ argument: Argument) {
    guard _isPOD(Argument.self), MemoryLayout<Argument>.size <= MemoryLayout<Words>.size,
      MemoryLayout<Argument>.alignment <= MemoryLayout<Words>.alignment
    else { return nil }
    var words = Words(0, 0)
    withUnsafeMutableBytes(of: &words) { $0.storeBytes(of: argument, as: Argument.self) }
    self = words
  }

  @inlinable func read<Argument>() -> Argument {
    withUnsafeBytes(of: self) { $0.load(as: Argument.self) }
  }
}

@usableFromInline func exportWords(
  on executor: OpaquePointer?, _ future: UnsafeMutablePointer<OpaquePointer?>?, _ detached: Bool,
  _ name: CallName, _ words: Words,
  _ operation:
    consuming nonisolated(nonsending) @escaping @Sendable (UInt, UInt) async throws ->
    tenon_value_t
) -> tenon_status_t {
  startForC(
    on: executor, future, detached,
    Call(name.address, (words.first, words.second), operation))
}
