public import Tenon

/// What is exported by a closure. After the name come those of its parameters, for a `TypeError`, and the closure takes as many
/// arguments.
// Closures with parameter packs that are nonisolated(nonsending) crash the compiler (6.3); these run where the task that calls them
// prefers to be, which is the environment's loop.
extension NodeModule {
  /// Exports an async function; JavaScript gets a promise.
  ///
  /// It runs on the environment's loop. What it throws rejects the promise.
  @inlinable
  public borrowing func export<each Argument: JavaScriptConvertible, Result: ValueConvertible>(
    _ name: String, _ parameters: String...,
    body: @escaping @Sendable (repeat each Argument) async throws -> Result
  ) {
    add(name, parameters, .promise) { call in
      let arguments = (repeat try call.next((each Argument).self))
      return try call.start { try await body(repeat each arguments) }
    }
  }

  /// The same for a function without a result.
  @_disfavoredOverload  // or closures of several statements could be either
  @inlinable
  public borrowing func export<each Argument: JavaScriptConvertible>(
    _ name: String, _ parameters: String...,
    body: @escaping @Sendable (repeat each Argument) async throws -> Void
  ) {
    add(name, parameters, .promise) { call in
      let arguments = (repeat try call.next((each Argument).self))
      return try call.start { try await body(repeat each arguments) }
    }
  }

  /// Exports an async function that writes a stream; JavaScript gets an async iterator.
  ///
  /// The closure takes the sink, and then its arguments. It runs on the environment's loop, and waits in its sends while JavaScript has
  /// not caught up. The stream ends when it returns; what it throws arrives after what is buffered, which is at most `capacity` values.
  /// When JavaScript leaves its loop, its task is cancelled.
  @inlinable
  public borrowing func export<each Argument: JavaScriptConvertible>(
    stream name: String, _ parameters: String..., capacity: Int = 64,
    body: @escaping @Sendable (Sink, repeat each Argument) async throws -> Void
  ) {
    add(name, parameters, .iterator) { call in
      let arguments = (repeat try call.next((each Argument).self))
      return try call.start(capacity: capacity) { try await body($0, repeat each arguments) }
    }
  }

  /// Exports a function that answers at once, and so holds up JavaScript while it runs.
  @inlinable
  public borrowing func export<each Argument: JavaScriptConvertible, Result: ValueConvertible>(
    synchronous name: String, _ parameters: String...,
    body: @escaping @Sendable (repeat each Argument) throws -> Result
  ) {
    add(name, parameters) { call in
      let arguments = (repeat try call.next((each Argument).self))
      return try call.answer { try body(repeat each arguments) }
    }
  }
}
