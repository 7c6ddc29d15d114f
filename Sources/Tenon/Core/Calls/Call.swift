import CTenon

/// Swift work that a driver runs: what C gets a future for.
typealias Operation<Result> = nonisolated(nonsending) @Sendable () async throws -> Result

/// The same for an operation that gets what it works on as two words, and makes its value itself.
typealias WordOperation =
  nonisolated(nonsending) @Sendable (UInt, UInt) async throws -> tenon_value_t

/// A call that waits for its turn, with its operation.
///
/// The operation is kept as it was given, and not in a closure that converts its result: that would be an allocation, a
/// frame and a switch of executors more for each call.
struct Call: ~Copyable {
  /// None before it is started.
  var promise = Handle(bits: 0)
  /// The address of its name.
  let name: UInt
  /// Memory that holds a function value.
  private var operation: (UInt, UInt) = (0, 0)
  /// An operation's two words; or what it returns, an `(any ValueConvertible.Type)?`, of which nil means nothing.
  private let words: (UInt, UInt)
  let takesWords: Bool

  // Each takes its operation over, with the reference that its caller has: another one would be two locked instructions.

  @inline(__always)
  init<Result: ValueConvertible>(_ name: UInt, _ operation: consuming @escaping Operation<Result>) {
    self.name = name
    words = unsafeBitCast(Result.self as (any ValueConvertible.Type)?, to: (UInt, UInt).self)
    takesWords = false
    keep(unsafeBitCast(operation, to: KeptOperation.self))
  }

  @inline(__always)
  init(_ name: UInt, _ operation: consuming @escaping Operation<Void>) {
    self.name = name
    words = unsafeBitCast(nil as (any ValueConvertible.Type)?, to: (UInt, UInt).self)
    takesWords = false
    keep(unsafeBitCast(operation, to: KeptOperation.self))
  }

  /// An operation without captures needs no memory but the queue's.
  @inline(__always) init(
    _ name: UInt, _ words: (UInt, UInt), _ operation: consuming @escaping WordOperation
  ) {
    self.name = name
    self.words = words
    takesWords = true
    keep(KeptOperation(function: operation))
  }

  @inline(__always) private mutating func keep(_ kept: consuming KeptOperation) {
    var kept = Optional(kept)
    withUnsafeMutableBytes(of: &operation) {
      _ = $0.baseAddress.unsafelyUnwrapped
        .initializeMemory(as: KeptOperation.self, to: kept.take().unsafelyUnwrapped)
    }
  }

  /// What an operation that takes no words returns; nil: nothing.
  @inline(__always) var resultType: (any ValueConvertible.Type)? {
    unsafeBitCast(words, to: (any ValueConvertible.Type)?.self)
  }

  /// Moves the operation out, which must be one that returns a `Result`.
  @inline(__always) consuming func takeOperation<Result>() -> Operation<Result> {
    unsafeBitCast(operation, to: Operation<Result>.self)
  }

  /// The same for one that takes words, with these.
  @inline(__always) consuming func takeWordOperation() -> (WordOperation, UInt, UInt) {
    let words = words
    // Out of the memory, and not a copy of it with a reference of its own.
    let kept = withUnsafeMutablePointer(to: &operation) {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: KeptOperation.self).move()
    }
    discard self
    return (kept.function, words.0, words.1)
  }

  /// What the operation has captured.
  @inline(__always) private var context: Unmanaged<AnyObject>? {
    UnsafeRawPointer(bitPattern: operation.1).map { Unmanaged.fromOpaque($0) }
  }

  /// Whether the operation takes no words, and returns what another call's does.
  @inline(__always) func returns(_ type: (any ValueConvertible.Type)?) -> Bool {
    !takesWords && words.0 == unsafeBitCast(type, to: (UInt, UInt).self).0
  }

  deinit { context?.release() }
}

/// Keeps the compiler from converting a function value on its way to the words that hold it.
private struct KeptOperation { let function: WordOperation }
