/// What a call is called when something is said about it, as ``LoopExecutor/unfinishedCalls`` does.
///
/// Where none is given it is the function that starts the call: `#function`.
public struct CallName: Sendable, ExpressibleByStringLiteral {
  /// NUL-terminated, for ever.
  @usableFromInline let address: UInt

  // A literal costs nothing but its address.
  @inlinable public init(stringLiteral name: StaticString) {
    address = UInt(bitPattern: name.utf8Start)
  }

  /// A name that is made at run time. It stays in memory: make it once, and not for each call.
  public init(_ name: String) { address = internedText(name) }
}
