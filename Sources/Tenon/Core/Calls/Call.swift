import CTenon

/// Swift work that a driver runs: what C gets a future for.
typealias Operation<Result> = nonisolated(nonsending) @Sendable () async throws -> Result

/// A call that waits for its turn, with its operation.
///
/// The operation is kept as it was given, and not in a closure that converts its result: that would be an allocation, a
/// frame and a switch of executors more for each call.
struct Call: ~Copyable {
  let promise: Handle
  /// What the operation returns; nil: nothing.
  let resultType: (any ValueConvertible.Type)?
  /// Memory that holds a function value.
  private var operation: (UInt, UInt) = (0, 0)

  @inline(__always)
  init<Result: ValueConvertible>(_ promise: Handle, _ operation: @escaping Operation<Result>) {
    self.promise = promise
    resultType = Result.self
    keep(operation)
  }

  @inline(__always) init(_ promise: Handle, _ operation: @escaping Operation<Void>) {
    self.promise = promise
    resultType = nil
    keep(operation)
  }

  @inline(__always) private mutating func keep<Result>(_ operation: @escaping Operation<Result>) {
    self.operation = unsafeBitCast(operation, to: (UInt, UInt).self)
    _ = context?.retain()
  }

  /// Moves the operation out, which must be one that returns a `Result`.
  @inline(__always) consuming func takeOperation<Result>() -> Operation<Result> {
    unsafeBitCast(operation, to: Operation<Result>.self)
  }

  /// What the operation has captured.
  @inline(__always) private var context: Unmanaged<AnyObject>? {
    UnsafeRawPointer(bitPattern: operation.1).map { Unmanaged.fromOpaque($0) }
  }

  /// Whether the operation returns what another call's does.
  @inline(__always) func returns(_ type: (any ValueConvertible.Type)?) -> Bool {
    resultType.map { ObjectIdentifier($0) } == type.map { ObjectIdentifier($0) }
  }

  deinit { context?.release() }
}
