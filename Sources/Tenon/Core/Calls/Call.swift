import CTenon

/// Swift work that a driver runs: what C gets a future for.
typealias Operation = nonisolated(nonsending) @Sendable () async throws -> tenon_value_t

/// A call that waits for its turn.
struct Call {
  /// The promise that its end settles.
  let promise: Handle
  let operation: Operation
}
