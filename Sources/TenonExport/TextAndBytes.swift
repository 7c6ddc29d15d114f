public import CTenon

/// The data and size of a field that C has filled in, if there can be such.
@inlinable @inline(__always)
func readData(_ field: UnsafeRawPointer, stride: Int) throws(Refusal) -> (UnsafeRawPointer?, Int) {
  let data = field.loadUnaligned(as: UnsafeRawPointer?.self)
  let count = (field + 8).loadUnaligned(as: Int.self)
  // C's size_t is Swift's Int here, so what is too large is negative.
  guard count >= 0, count <= Int.max / stride, data != nil || count == 0 else { throw .invalid }
  return (data, count)
}

@inlinable @inline(__always)
func write(_ data: UnsafeMutableRawPointer, _ count: Int, to field: UnsafeMutableRawPointer) {
  field.storeBytes(of: data, as: UnsafeMutableRawPointer.self)
  (field + 8).storeBytes(of: count, as: Int.self)
}

/// Calls `body` with the bytes in a value of this kind.
@inlinable func withData<Result>(
  _ value: tenon_value_t, _ kind: tenon_value_kind_t,
  _ body: (UnsafeRawBufferPointer) throws(Refusal) -> Result
) throws(Refusal) -> Result {
  var (value, data, size): (tenon_value_t, UnsafeRawPointer?, Int) = (value, nil, 0)
  guard value.kind == UInt8(kind.rawValue),
    tenon_value_get_data(&value, &data, &size) == TENON_STATUS_OK
  else { throw .invalid }
  if value.flags & UInt8(TENON_VALUE_FLAG_INLINE) != 0 {
    return try withUnsafeBytes(of: &value.as) { (bytes) throws(Refusal) in
      try body(UnsafeRawBufferPointer(rebasing: bytes.prefix(size)))
    }
  }
  return try body(UnsafeRawBufferPointer(start: data, count: size))
}

extension String: Exportable {
  @inlinable @inline(__always) public static var exportedFieldSize: Int { 16 }
  @inlinable @inline(__always) public static var exportedAlignment: Int { 8 }
  @inlinable @inline(__always) public static var isExportedPlain: Bool { false }
  @inlinable @inline(__always) public static var isExportedNullable: Bool { true }
  @inlinable @inline(__always) public var exportedTailSize: Int { Tail.rounded(utf8.count &+ 1) }

  @inlinable @inline(__always)
  public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    // Swift's own strings as they stand, without a reference for that.
    let isWritten = utf8.withContiguousStorageIfAvailable { bytes in
      write(bytes, to: field, &tail)
      return true
    }
    if isWritten == nil { writeSlowly(to: field, &tail) }
  }

  @usableFromInline @inline(never)
  func writeSlowly(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    var text = self
    text.withUTF8 { write($0, to: field, &tail) }
  }

  @inlinable @inline(__always) func write(
    _ bytes: UnsafeBufferPointer<UInt8>, to field: UnsafeMutableRawPointer, _ tail: inout Tail
  ) {
    let data = tail.take(bytes.count &+ 1)
    if let from = bytes.baseAddress { data.copyMemory(from: from, byteCount: bytes.count) }
    (data + bytes.count).storeBytes(of: 0, as: UInt8.self)
    TenonExport.write(data, bytes.count, to: field)
  }

  @inlinable public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> String {
    let (data, size) = try readData(field, stride: 1)
    return try String(exported: UnsafeRawBufferPointer(start: data, count: size))
  }

  /// What is UTF-8.
  @inlinable init(exported bytes: UnsafeRawBufferPointer) throws(Refusal) {
    // What String(validating:as:) does, at a third of its cost.
    guard let text = String._tryFromUTF8(bytes.assumingMemoryBound(to: UInt8.self)) else {
      throw .invalid
    }
    self = text
  }

  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    var (text, value) = (self, tenon_value_none())
    let status = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        tenon_value_copy_string($0.baseAddress ?? emptyText, $0.count, &value)
      }
    }
    precondition(status == TENON_STATUS_OK, "out of memory for a value")
    return value
  }

  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> String {
    try withData(value, TENON_VALUE_STRING) { (bytes) throws(Refusal) in try String(exported: bytes)
    }
  }

  @inlinable public consuming func give(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: makeExportedValue(), as: tenon_value_t.self)
  }

  @inlinable public static func giveNone(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: tenon_value_none(), as: tenon_value_t.self)
  }
}

/// A type that crosses as text.
public protocol ExportableText: Exportable {
  var exportedText: String { get }
  init(exportedText: String) throws(Refusal)
}

extension ExportableText {
  public static var exportedFieldSize: Int { String.exportedFieldSize }
  public static var exportedAlignment: Int { String.exportedAlignment }
  public static var isExportedPlain: Bool { false }
  public static var isExportedNullable: Bool { true }
  public var exportedTailSize: Int { exportedText.exportedTailSize }
  public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    exportedText.write(to: field, &tail)
  }
  public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Self {
    try Self(exportedText: String.read(field))
  }
  public consuming func makeExportedValue() -> tenon_value_t { exportedText.makeExportedValue() }
  public static func read(value: tenon_value_t) throws(Refusal) -> Self {
    try Self(exportedText: String.read(value: value))
  }
  public consuming func give(to out: UnsafeMutableRawPointer) { exportedText.give(to: out) }
  public static func giveNone(to out: UnsafeMutableRawPointer) { String.giveNone(to: out) }
}

@usableFromInline var emptyText: UnsafePointer<CChar> {
  UnsafeRawPointer(StaticString("").utf8Start).assumingMemoryBound(to: CChar.self)
}

extension [UInt8] {
  @inlinable func makeBytesValue() -> tenon_value_t {
    var value = tenon_value_none()
    let status = withUnsafeBytes {
      tenon_value_copy_bytes($0.baseAddress ?? UnsafeRawPointer(emptyText), $0.count, &value)
    }
    precondition(status == TENON_STATUS_OK, "out of memory for a value")
    return value
  }
}
