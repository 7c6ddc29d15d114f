public import CTenon

/// Numbers, which C has by value.
public protocol ExportableScalar: Exportable {
  /// The type that C has: plain memory. (That it is BitwiseCopyable cannot be asked for: the compiler loses it for C's structs
  /// from one module to the next.)
  associatedtype Scalar: Sendable
  var exportedScalar: Scalar { get }
  init(exportedScalar: Scalar) throws(Refusal)
}

extension ExportableScalar {
  @inlinable @inline(__always) public static var exportedFieldSize: Int {
    MemoryLayout<Scalar>.size
  }
  @inlinable @inline(__always) public static var exportedAlignment: Int {
    MemoryLayout<Scalar>.alignment
  }
  @inlinable @inline(__always) public static var isExportedPlain: Bool { false }
  @inlinable @inline(__always) public static var isExportedNullable: Bool { false }
  @inlinable @inline(__always) public var exportedTailSize: Int { 0 }

  @inlinable @inline(__always)
  public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) { give(to: field) }

  @inlinable @inline(__always)
  public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Self {
    try Self(exportedScalar: field.loadUnaligned(as: Scalar.self))
  }

  @inlinable @inline(__always) public consuming func give(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: exportedScalar, as: Scalar.self)
  }

  @inlinable public static func giveNone(to out: UnsafeMutableRawPointer) {}
}

extension Bool: ExportableScalar {
  @inlinable public var exportedScalar: UInt8 { self ? 1 : 0 }
  @inlinable public init(exportedScalar: UInt8) throws(Refusal) { self = exportedScalar != 0 }
  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    tenon_value_boolean(self)
  }
  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Bool {
    guard value.kind == UInt8(TENON_VALUE_BOOLEAN.rawValue) else { throw .invalid }
    return value.as.boolean
  }
}

/// Integers: as themselves.
public protocol ExportableInteger: ExportableScalar, FixedWidthInteger, BitwiseCopyable
where Scalar == Self {}

extension ExportableInteger {
  @inlinable @inline(__always) public static var isExportedPlain: Bool { true }
  @inlinable @inline(__always) public var exportedScalar: Self { self }
  @inlinable @inline(__always) public init(exportedScalar: Self) throws(Refusal) {
    self = exportedScalar
  }

  @inlinable @inline(__always) public consuming func makeExportedValue() -> tenon_value_t {
    Self.isSigned
      ? tenon_value_i64(Int64(truncatingIfNeeded: self))
      : tenon_value_u64(UInt64(truncatingIfNeeded: self))
  }

  /// Either kind of integer that fits, whoever made it.
  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Self {
    switch tenon_value_kind_t(Int32(value.kind)) {
    case TENON_VALUE_I64: if let number = Self(exactly: value.as.i64) { return number }
    case TENON_VALUE_U64: if let number = Self(exactly: value.as.u64) { return number }
    default: break
    }
    throw .invalid
  }
}

extension Int: ExportableInteger {}
extension Int8: ExportableInteger {}
extension Int16: ExportableInteger {}
extension Int32: ExportableInteger {}
extension Int64: ExportableInteger {}
extension UInt: ExportableInteger {}
extension UInt8: ExportableInteger {}
extension UInt16: ExportableInteger {}
extension UInt32: ExportableInteger {}
extension UInt64: ExportableInteger {}

/// Floating-point numbers: as themselves.
public protocol ExportableFloat: ExportableScalar, BinaryFloatingPoint, BitwiseCopyable
where Scalar == Self {}

extension ExportableFloat {
  @inlinable @inline(__always) public static var isExportedPlain: Bool { true }
  @inlinable @inline(__always) public var exportedScalar: Self { self }
  @inlinable @inline(__always) public init(exportedScalar: Self) throws(Refusal) {
    self = exportedScalar
  }
  @inlinable @inline(__always) public consuming func makeExportedValue() -> tenon_value_t {
    tenon_value_f64(Double(self))
  }
  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Self {
    switch tenon_value_kind_t(Int32(value.kind)) {
    case TENON_VALUE_F64: return Self(value.as.f64)
    case TENON_VALUE_I64: return Self(value.as.i64)
    case TENON_VALUE_U64: return Self(value.as.u64)
    default: throw .invalid
    }
  }
}

extension Float: ExportableFloat {}
extension Double: ExportableFloat {}

/// Durations: nanoseconds. What is longer than C's 292 years is that long.
extension Duration: ExportableScalar {
  public var exportedScalar: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, more) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || more ? (seconds < 0 ? .min : .max) : sum
  }
  @inlinable public init(exportedScalar: Int64) throws(Refusal) {
    self = .nanoseconds(exportedScalar)
  }
  public consuming func makeExportedValue() -> tenon_value_t { tenon_value_i64(exportedScalar) }
  public static func read(value: tenon_value_t) throws(Refusal) -> Duration {
    .nanoseconds(try Int64.read(value: value))
  }
}

/// An enum without payload: its numbers are C's.
public protocol ExportedEnumeration: ExportableScalar where Scalar == Int32 {
  var exportedNumber: Int32 { get }
  init?(exportedNumber: Int32)
}

extension ExportedEnumeration {
  @inlinable public var exportedScalar: Int32 { exportedNumber }
  @inlinable public init(exportedScalar: Int32) throws(Refusal) {
    guard let known = Self(exportedNumber: exportedScalar) else { throw .invalid }
    self = known
  }
  @inlinable public consuming func makeExportedValue() -> tenon_value_t {
    tenon_value_i64(Int64(exportedNumber))
  }
  @inlinable public static func read(value: tenon_value_t) throws(Refusal) -> Self {
    try Self(exportedScalar: Int32.read(value: value))
  }
}
