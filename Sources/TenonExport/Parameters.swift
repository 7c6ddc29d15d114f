import CTenon

// Reading what C gives to a call.

/// Text that ends with NUL.
@inlinable public func parameter(text: UnsafePointer<CChar>?) throws(Refusal) -> String {
  guard let text, let string = String(validatingCString: text) else { throw .invalid }
  return string
}

@inlinable public func parameter(optionalText: UnsafePointer<CChar>?) throws(Refusal) -> String? {
  optionalText == nil ? nil : try parameter(text: optionalText)
}

@inlinable public func parameter<Content: ExportableText>(text: UnsafePointer<CChar>?)
  throws(Refusal)
  -> Content
{
  try Content(exportedText: parameter(text: text))
}

@inlinable public func parameter<Content: ExportableText>(optionalText: UnsafePointer<CChar>?)
  throws(Refusal) -> Content?
{
  optionalText == nil ? nil : try parameter(text: optionalText)
}

/// A number, an enum.
@inlinable @inline(__always)
public func parameter<Content: ExportableScalar>(_ scalar: Content.Scalar) throws(Refusal)
  -> Content
{
  try Content(exportedScalar: scalar)
}

/// A number by pointer; NULL: there is none.
@inlinable public func parameter<Content: ExportableScalar>(optional: UnsafeRawPointer?)
  throws(Refusal)
  -> Content?
{
  try optional.map { (pointer) throws(Refusal) in try Content.read(pointer) }
}

@inlinable @inline(__always)
public func parameter<Content: Record>(record: UnsafeRawPointer?) throws(Refusal) -> Content {
  try Content(record: RecordReader(record, Content.self))
}

@inlinable public func parameter<Content: Record>(optionalRecord: UnsafeRawPointer?) throws(Refusal)
  -> Content?
{
  optionalRecord == nil ? nil : try parameter(record: optionalRecord)
}

/// A list, a set or a map.
@inlinable public func parameter<Content: Exportable>(data: UnsafeRawPointer?, _ count: Int)
  throws(Refusal)
  -> Content
{
  let field = (data, count)
  return try Swift.withUnsafeBytes(of: field) { (bytes) throws(Refusal) in
    try Content.read(bytes.baseAddress.unsafelyUnwrapped)
  }
}

@inlinable public func parameter<Instance: ExportedObject>(optionalObject: OpaquePointer?)
  throws(Refusal)
  -> Instance?
{
  optionalObject == nil ? nil : try object(optionalObject)
}

/// The options of a call, which C may leave out.
public struct Options {
  @usableFromInline let base: UnsafeRawPointer?
  @usableFromInline let size: Int

  public init(_ options: UnsafeRawPointer?, smallest: Int, size: Int) throws(Refusal) {
    base = options
    self.size = options?.loadUnaligned(as: Int.self) ?? 0
    guard options == nil || (self.size >= smallest && self.size <= size) else { throw .invalid }
  }

  /// An option, if C has given it.
  @inlinable public func option<Content: Exportable>(_ offset: Int) throws(Refusal) -> Content? {
    guard let base, offset + Content?.exportedFieldSize <= size else { return nil }
    return try Content?.read(base + offset)
  }

  /// Where a callback stands, if C has given one.
  public func callback(_ offset: Int) -> UnsafeRawPointer? {
    guard let base, offset + 24 <= size,
      (base + offset).loadUnaligned(as: UnsafeRawPointer?.self) != nil
    else { return nil }
    return base + offset
  }

  /// A pointer, if C has given one.
  public func pointer(_ offset: Int) -> UnsafeRawPointer? {
    guard let base, offset + 8 <= size else { return nil }
    return (base + offset).loadUnaligned(as: UnsafeRawPointer?.self)
  }
}

/// A list, a set or a map that C has as a struct of data and count.
@inlinable public func parameter<Content: Exportable>(block: UnsafeRawPointer?) throws(Refusal)
  -> Content
{
  guard let block else { throw .invalid }
  return try Content.read(block)
}
