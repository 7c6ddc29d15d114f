public import CTenon

/// A struct, or an enum with payload: in C a struct that begins with its size, in one block with what it points to.
public protocol Record: Exportable {
  static var exportedRecordSize: Int { get }
  /// The size at the first release: what the oldest caller has.
  static var smallestExportedSize: Int { get }
  /// What it needs of the tail beside the struct.
  var exportedRecordTail: Int { get }
  /// Writes the struct, which is all zero.
  func write(record: UnsafeMutableRawPointer, _ tail: inout Tail)
  init(record: RecordReader) throws(Refusal)
}

/// A struct of C's that is being read: an older one ends earlier.
public struct RecordReader {
  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline let size: Int

  @inlinable @inline(__always)
  public init<R: Record>(_ record: UnsafeRawPointer?, _ type: R.Type) throws(Refusal) {
    guard let record else { throw .invalid }
    size = record.loadUnaligned(as: Int.self)
    guard size >= R.smallestExportedSize, size <= R.exportedRecordSize else { throw .invalid }
    base = record
  }

  /// The field at this offset; what an older struct does not have is zero.
  @inlinable @inline(__always)
  public func field<Content: Exportable>(_ offset: Int) throws(Refusal) -> Content {
    if offset + Content.exportedFieldSize <= size { return try Content.read(base + offset) }
    return try withNoField { (zeros) throws(Refusal) in try Content.read(zeros) }
  }

  /// The same with a default.
  @inlinable @inline(__always)
  public func field<Content: Exportable>(_ offset: Int, or defaultValue: @autoclosure () -> Content)
    throws(Refusal) -> Content
  {
    offset + Content.exportedFieldSize <= size ? try Content.read(base + offset) : defaultValue()
  }

  /// The same for what C may leave NULL.
  @inlinable @inline(__always)
  public func field<Content: Record>(_ offset: Int, or defaultValue: @autoclosure () -> Content)
    throws(Refusal) -> Content
  {
    if offset + 8 <= size,
      let record = (base + offset).loadUnaligned(as: UnsafeRawPointer?.self)
    {
      return try Content(record: RecordReader(record, Content.self))
    }
    return defaultValue()
  }

  /// The kind of an enum with payload, or the code of an error.
  @inlinable public var kind: Int32 { (base + 8).loadUnaligned(as: Int32.self) }
}

extension Record {
  @inlinable @inline(__always) public static var smallestExportedSize: Int { exportedRecordSize }
  @inlinable @inline(__always) public static var exportedFieldSize: Int { 8 }
  @inlinable @inline(__always) public static var exportedAlignment: Int { 8 }
  @inlinable @inline(__always) public static var isExportedPlain: Bool { false }
  @inlinable @inline(__always) public static var isExportedNullable: Bool { true }
  @inlinable public var exportedTailSize: Int { Self.exportedRecordSize + exportedRecordTail }

  @inlinable public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    let record = tail.take(Self.exportedRecordSize).zeroed(Self.exportedRecordSize)
    record.storeBytes(of: Self.exportedRecordSize, as: Int.self)
    write(record: record, &tail)
    field.storeBytes(of: record, as: UnsafeMutableRawPointer.self)
  }

  @inlinable public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Self {
    try Self(record: RecordReader(field.loadUnaligned(as: UnsafeRawPointer?.self), Self.self))
  }

  @inlinable public static func releaseObjects(in field: UnsafeRawPointer) {
    guard holdsObjects, let record = field.load(as: UnsafeRawPointer?.self) else { return }
    releaseObjects(ofBlock: record)
  }
  @inlinable public static func releaseObjects(ofBlock block: UnsafeRawPointer) {}

  /// The block that C gets.
  @inlinable public func makeRecordBlock() -> UnsafeMutableRawPointer {
    let block = makeBlock(Self.exportedRecordSize, tail: exportedRecordTail, of: Self.self)
    block.storeBytes(of: Self.exportedRecordSize, as: Int.self)
    var tail = Tail(block + Self.exportedRecordSize)
    write(record: block, &tail)
    return block
  }

  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    tenon_value_pointer(makeRecordBlock(), mark(Self.self), endBlock(Self.self))
  }

  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Self {
    try Self(record: RecordReader(block(value, Self.self), Self.self))
  }

  @inlinable public consuming func give(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: makeRecordBlock(), as: UnsafeMutableRawPointer.self)
  }

  @inlinable public static func giveNone(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
  }
}
