public import CExport
public import CTenon
public import Tenon

// What the code that tenon-bindgen writes stands on. It is the same for all modules; authors have no need of it.

/// Why a call is refused: what C is answered.
public struct Refusal: Error {
  public let status: tenon_status_t

  @inlinable public init(_ status: tenon_status_t) { self.status = status }

  /// An argument is wrong.
  @inlinable public static var invalid: Refusal { Refusal(TENON_STATUS_INVALID) }
}

/// A type whose values cross: in the fields of C's structs, and in Tenon's values.
///
/// What does not fit into a field stands behind the struct, in the same block of memory: in the tail.
public protocol Exportable: Sendable, SendableMetatype {
  /// How it stands in a struct.
  static var exportedFieldSize: Int { get }
  static var exportedAlignment: Int { get }
  /// Whether a field is the same memory as the value in Swift.
  static var isExportedPlain: Bool { get }
  /// Whether the field begins with a pointer, and NULL says that there is none.
  static var isExportedNullable: Bool { get }

  /// How much of the tail it needs: a multiple of 8.
  var exportedTailSize: Int { get }
  /// Writes a field, which is all zero.
  func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail)
  /// Reads a field that C has filled in.
  static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Self

  /// The same as a value: what futures deliver and streams carry.
  consuming func makeExportedValue() -> tenon_value_t
  /// Reads a value, which stays its owner's.
  static func read(value: tenon_value_t) throws(Refusal) -> Self

  /// Whether it has references to objects, which go when the block that they are in ends.
  static var holdsObjects: Bool { get }
  /// Gives back those in a field.
  static func releaseObjects(in field: UnsafeRawPointer)
  /// Gives back those in a block of it.
  static func releaseObjects(ofBlock block: UnsafeRawPointer)

  /// Writes it where a call's result goes.
  consuming func give(to out: UnsafeMutableRawPointer)
  /// Writes there that there is none.
  static func giveNone(to out: UnsafeMutableRawPointer)
}

extension Exportable {
  @inlinable @inline(__always) public static var holdsObjects: Bool { false }
  @inlinable public static func releaseObjects(in field: UnsafeRawPointer) {}
  @inlinable public static func releaseObjects(ofBlock block: UnsafeRawPointer) {
    releaseObjects(in: block)
  }
}

/// Where the variable parts of a block go.
public struct Tail {
  @usableFromInline var at: UnsafeMutableRawPointer

  @inlinable init(_ at: UnsafeMutableRawPointer) { self.at = at }

  @inlinable @inline(__always) public static func rounded(_ size: Int) -> Int { (size &+ 7) & ~7 }

  @inlinable @inline(__always) public mutating func take(_ size: Int) -> UnsafeMutableRawPointer {
    let taken = at
    at += Tail.rounded(size)
    return taken
  }
}

/// Calls `body` with zeros, for what an older caller's struct does not have.
@inlinable func withNoField<Result>(_ body: (UnsafeRawPointer) throws(Refusal) -> Result)
  throws(Refusal) -> Result
{
  let zeros = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 16).zeroed(32)
  defer { zeros.deallocate() }
  return try body(UnsafeRawPointer(zeros))
}

extension UnsafeMutableRawPointer {
  @inlinable @inline(__always) func zeroed(_ size: Int) -> UnsafeMutableRawPointer {
    initializeMemory(as: UInt8.self, repeating: 0, count: size)
    return self
  }
}

/// A value of an exported function on its way out.
public struct Delivered<Content: Exportable>: ValueConvertible {
  @usableFromInline let content: Content

  @inlinable @inline(__always) public init(_ content: consuming Content) { self.content = content }

  @inlinable public consuming func makeValue() -> tenon_value_t { content.makeExportedValue() }
}

// MARK: Blocks

/// A block of memory with a struct of `size` bytes, zeroed, and its tail.
@inlinable @inline(__always) func makeBlock(_ size: Int, tail: Int) -> UnsafeMutableRawPointer {
  let rounded = Tail.rounded(size)
  return tenon__block(rounded + tail).zeroed(rounded)
}

/// The same for C: a block that holds objects has its type before it, which knows how to let go of them.
@inlinable @inline(__always) func makeBlock<Content: Exportable>(
  _ size: Int, tail: Int, of type: Content.Type
) -> UnsafeMutableRawPointer {
  guard Content.holdsObjects else { return makeBlock(size, tail: tail) }
  let memory = makeBlock(blockHeadSize + size, tail: tail)
  memory.storeBytes(of: type, as: (any Exportable.Type).self)
  return memory + blockHeadSize
}

@usableFromInline var blockHeadSize: Int { MemoryLayout<any Exportable.Type>.size }

@inlinable @inline(__always) func endBlock<Content: Exportable>(_ type: Content.Type)
  -> tenon_drop_fn
{ Content.holdsObjects ? dropOwningBlock : dropBlock }

/// A tenon_drop_fn for blocks.
@usableFromInline let dropBlock: tenon_drop_fn = { pointer, _ in tenon__free_block(pointer) }

@usableFromInline let dropOwningBlock: tenon_drop_fn = { pointer, _ in freeOwningBlock(pointer) }

@usableFromInline func freeOwningBlock(_ block: UnsafeMutableRawPointer?) {
  guard let block else { return }
  let memory = block - blockHeadSize
  memory.load(as: (any Exportable.Type).self).releaseObjects(ofBlock: block)
  tenon__free_block(memory)
}

/// Ends a block that C has been given.
@inlinable public func freeBlock<Content: Exportable>(
  _ block: UnsafeMutableRawPointer?, _ type: Content.Type
) {
  if Content.holdsObjects { freeOwningBlock(block) } else { tenon__free_block(block) }
}

/// What stands for a type as the mark of its blocks.
@inlinable @inline(__always) func mark<Content>(_ type: Content.Type) -> UnsafeRawPointer {
  unsafeBitCast(type as Any.Type, to: UnsafeRawPointer.self)
}
