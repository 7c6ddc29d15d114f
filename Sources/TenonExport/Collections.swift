public import CTenon

/// What C gets as one block, which begins with the field's form: lists, sets and maps.
public protocol ExportedCollection: Exportable {}

extension ExportedCollection {
  @inlinable @inline(__always) public static var exportedFieldSize: Int { 16 }
  @inlinable @inline(__always) public static var exportedAlignment: Int { 8 }
  @inlinable @inline(__always) public static var isExportedPlain: Bool { false }
  @inlinable @inline(__always) public static var isExportedNullable: Bool { true }

  @inlinable func makeCollectionBlock() -> UnsafeMutableRawPointer {
    let block = makeBlock(16, tail: exportedTailSize, of: Self.self)
    var tail = Tail(block + 16)
    write(to: block, &tail)
    return block
  }

  @inlinable public static func giveNone(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
  }
}

/// Reads the block in a value, if it is one of this type.
@inlinable func block<Content>(_ value: tenon_value_t, _ type: Content.Type) throws(Refusal)
  -> UnsafeMutableRawPointer
{
  guard value.kind == UInt8(TENON_VALUE_POINTER.rawValue), value.as.pointer.type == mark(type),
    let block = value.as.pointer.address
  else { throw .invalid }
  return block
}

extension Array: Exportable, ExportedCollection where Element: Exportable {
  @inlinable public var exportedTailSize: Int {
    if Element.isExportedPlain { return Tail.rounded(count &* Element.exportedFieldSize) }
    var size = Tail.rounded(count &* Element.exportedFieldSize)
    for element in self { size += element.exportedTailSize }
    return size
  }

  @inlinable public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    let data = tail.take(count &* Element.exportedFieldSize)
    if Element.isExportedPlain {
      withUnsafeBytes {
        if let from = $0.baseAddress { data.copyMemory(from: from, byteCount: $0.count) }
      }
    } else {
      _ = data.zeroed(count &* Element.exportedFieldSize)
      for index in indices {
        self[index].write(to: data + index * Element.exportedFieldSize, &tail)
      }
    }
    TenonExport.write(data, count, to: field)
  }

  @inlinable public static var holdsObjects: Bool { Element.holdsObjects }
  @inlinable public static func releaseObjects(in field: UnsafeRawPointer) {
    guard holdsObjects, let data = field.load(as: UnsafeRawPointer?.self) else { return }
    for index in 0..<(field + 8).load(as: Int.self) {
      Element.releaseObjects(in: data + index * Element.exportedFieldSize)
    }
  }

  @inlinable public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> [Element] {
    let (data, count) = try readData(field, stride: Element.exportedFieldSize)
    guard let data, count > 0 else { return [] }
    if Element.isExportedPlain {
      if Int(bitPattern: data) & (MemoryLayout<Element>.alignment - 1) == 0 {
        let elements = data.assumingMemoryBound(to: Element.self)
        return [Element](UnsafeBufferPointer(start: elements, count: count))
      }
      return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
          .copyMemory(from: data, byteCount: count * Element.exportedFieldSize)
        initialized = count
      }
    }
    var result: [Element] = []
    result.reserveCapacity(Swift.min(count, 4096))
    for index in 0..<count {
      result.append(try Element.read(data + index * Element.exportedFieldSize))
    }
    return result
  }

  /// Of bytes only. Not by `as?`, which looks at each of them.
  @inlinable var asBytes: [UInt8] { unsafeBitCast(self, to: [UInt8].self) }

  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    if Element.self == UInt8.self { return asBytes.makeBytesValue() }
    return tenon_value_pointer(makeCollectionBlock(), mark([Element].self), endBlock(Self.self))
  }

  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> [Element] {
    if Element.self == UInt8.self {
      return try withData(value, TENON_VALUE_BYTES) { (bytes) throws(Refusal) in
        unsafeBitCast([UInt8](bytes), to: [Element].self)
      }
    }
    return try read(block(value, [Element].self))
  }

  @inlinable public consuming func give(to out: UnsafeMutableRawPointer) {
    if Element.self == UInt8.self {
      let bytes = asBytes
      out.storeBytes(of: bytes.makeBytesValue(), as: tenon_value_t.self)
    } else {
      out.storeBytes(of: makeCollectionBlock(), as: UnsafeMutableRawPointer.self)
    }
  }

  @inlinable public static func giveNone(to out: UnsafeMutableRawPointer) {
    if Element.self == UInt8.self {
      String.giveNone(to: out)
    } else {
      out.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
    }
  }
}

extension Set: Exportable, ExportedCollection where Element: Exportable {
  @inlinable public var exportedTailSize: Int { Array(self).exportedTailSize }
  @inlinable public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    Array(self).write(to: field, &tail)
  }
  @inlinable public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Set<Element> {
    Set(try [Element].read(field))
  }
  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    tenon_value_pointer(makeCollectionBlock(), mark([Element].self), endBlock(Self.self))
  }
  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Set<Element> {
    Set(try [Element].read(block(value, [Element].self)))
  }
  @inlinable public consuming func give(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: makeCollectionBlock(), as: UnsafeMutableRawPointer.self)
  }
}

extension Dictionary: Exportable, ExportedCollection where Key: Exportable, Value: Exportable {
  @inlinable static var valueOffset: Int {
    (Key.exportedFieldSize + Value.exportedAlignment - 1) / Value.exportedAlignment
      * Value.exportedAlignment
  }
  @inlinable static var entrySize: Int {
    let alignment = Swift.max(Key.exportedAlignment, Value.exportedAlignment)
    return (valueOffset + Value.exportedFieldSize + alignment - 1) / alignment * alignment
  }

  @inlinable public var exportedTailSize: Int {
    var size = Tail.rounded(count &* Self.entrySize)
    for (key, value) in self { size += key.exportedTailSize + value.exportedTailSize }
    return size
  }

  @inlinable public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    let data = tail.take(count &* Self.entrySize).zeroed(count &* Self.entrySize)
    var entry = data
    for (key, value) in self {
      key.write(to: entry, &tail)
      value.write(to: entry + Self.valueOffset, &tail)
      entry += Self.entrySize
    }
    TenonExport.write(data, count, to: field)
  }

  @inlinable public static var holdsObjects: Bool { Value.holdsObjects }
  @inlinable public static func releaseObjects(in field: UnsafeRawPointer) {
    guard holdsObjects, let data = field.load(as: UnsafeRawPointer?.self) else { return }
    for index in 0..<(field + 8).load(as: Int.self) {
      Value.releaseObjects(in: data + index * entrySize + valueOffset)
    }
  }

  @inlinable public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> [Key: Value] {
    let (data, count) = try readData(field, stride: entrySize)
    guard let data, count > 0 else { return [:] }
    var result: [Key: Value] = [:]
    result.reserveCapacity(Swift.min(count, 4096))
    for index in 0..<count {
      let entry = data + index * entrySize
      result[try Key.read(entry)] = try Value.read(entry + valueOffset)
    }
    return result
  }

  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    tenon_value_pointer(makeCollectionBlock(), mark([Key: Value].self), endBlock(Self.self))
  }
  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> [Key: Value] {
    try read(block(value, [Key: Value].self))
  }
  @inlinable public consuming func give(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: makeCollectionBlock(), as: UnsafeMutableRawPointer.self)
  }
}

extension Optional: Exportable where Wrapped: Exportable {
  @inlinable @inline(__always) public static var exportedFieldSize: Int {
    Wrapped.isExportedNullable
      ? Wrapped.exportedFieldSize : Wrapped.exportedAlignment + Wrapped.exportedFieldSize
  }
  @inlinable @inline(__always) public static var exportedAlignment: Int {
    Wrapped.exportedAlignment
  }
  @inlinable @inline(__always) public static var isExportedPlain: Bool { false }
  @inlinable @inline(__always) public static var isExportedNullable: Bool {
    Wrapped.isExportedNullable
  }
  @inlinable @inline(__always) public var exportedTailSize: Int {
    switch self {
    case .some(let some): some.exportedTailSize
    case .none: 0
    }
  }

  @inlinable @inline(__always)
  public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    guard case .some(let some) = self else { return }
    if Wrapped.isExportedNullable { return some.write(to: field, &tail) }
    field.storeBytes(of: 1, as: UInt8.self)
    some.write(to: field + Wrapped.exportedAlignment, &tail)
  }

  @inlinable public static var holdsObjects: Bool { Wrapped.holdsObjects }
  /// What is not there is NULL, which has none.
  @inlinable public static func releaseObjects(in field: UnsafeRawPointer) {
    if Wrapped.holdsObjects { Wrapped.releaseObjects(in: field) }
  }

  @inlinable public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Wrapped? {
    if Wrapped.isExportedNullable {
      return field.loadUnaligned(as: UnsafeRawPointer?.self) == nil ? nil : try Wrapped.read(field)
    }
    return field.load(as: UInt8.self) == 0
      ? nil : try Wrapped.read(field + Wrapped.exportedAlignment)
  }

  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    switch self {
    case .some(let some): some.makeExportedValue()
    case .none: tenon_value_none()
    }
  }

  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Wrapped? {
    value.kind == UInt8(TENON_VALUE_NONE.rawValue) ? nil : try Wrapped.read(value: value)
  }

  @inlinable public consuming func give(to out: UnsafeMutableRawPointer) {
    if Wrapped.isExportedNullable {
      switch self {
      case .some(let some): some.give(to: out)
      case .none: Wrapped.giveNone(to: out)
      }
    } else {
      _ = out.zeroed(Self.exportedFieldSize)
      var tail = Tail(out)
      write(to: out, &tail)
    }
  }

  @inlinable public static func giveNone(to out: UnsafeMutableRawPointer) {}
}
