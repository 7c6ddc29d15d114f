public import CTenon
public import Foundation
public import TenonExport

// How Foundation's types cross, for those who export them.

/// Nanoseconds since 1970. What is further away than C's 292 years is that far.
extension Date: ExportableScalar {
  public var exportedScalar: Int64 {
    let nanoseconds = timeIntervalSince1970 * 1e9
    return Int64(exactly: nanoseconds.rounded()) ?? (nanoseconds < 0 ? .min : .max)
  }
  public init(exportedScalar: Int64) throws(Refusal) {
    let (seconds, rest) = exportedScalar.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(timeIntervalSince1970: Double(seconds) + Double(rest) / 1e9)
  }
  public consuming func makeExportedValue() -> tenon_value_t { tenon_value_i64(exportedScalar) }
  public static func read(value: tenon_value_t) throws(Refusal) -> Date {
    try Date(exportedScalar: Int64.read(value: value))
  }
}

/// Its 16 bytes.
extension UUID: ExportableScalar {
  public var exportedScalar: tenon_uuid_t { tenon_uuid_t(bytes: uuid) }
  public init(exportedScalar: tenon_uuid_t) throws(Refusal) {
    self.init(uuid: exportedScalar.bytes)
  }
  public consuming func makeExportedValue() -> tenon_value_t {
    withUnsafeBytes(of: uuid) { [UInt8]($0).makeExportedValue() }
  }
  public static func read(value: tenon_value_t) throws(Refusal) -> UUID {
    let bytes = try [UInt8].read(value: value)
    guard bytes.count == 16 else { throw .invalid }
    return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
  }
}

/// Its text. What is none is refused.
extension URL: ExportableText {
  public var exportedText: String { absoluteString }
  public init(exportedText: String) throws(Refusal) {
    guard let url = URL(string: exportedText) else { throw .invalid }
    self = url
  }
}

/// Bytes, as [UInt8].
extension Data: Exportable {
  public static var exportedFieldSize: Int { [UInt8].exportedFieldSize }
  public static var exportedAlignment: Int { [UInt8].exportedAlignment }
  public static var isExportedPlain: Bool { false }
  public static var isExportedNullable: Bool { true }
  public var exportedTailSize: Int { (count + 7) & ~7 }
  public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) {
    let data = tail.take(count)
    copyBytes(to: UnsafeMutableRawBufferPointer(start: data, count: count))
    field.storeBytes(of: data, as: UnsafeMutableRawPointer.self)
    (field + 8).storeBytes(of: count, as: Int.self)
  }
  public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Data {
    Data(try [UInt8].read(field))
  }
  public consuming func makeExportedValue() -> tenon_value_t { [UInt8](self).makeExportedValue() }
  public static func read(value: tenon_value_t) throws(Refusal) -> Data {
    Data(try [UInt8].read(value: value))
  }
  public consuming func give(to out: UnsafeMutableRawPointer) { [UInt8](self).give(to: out) }
  public static func giveNone(to out: UnsafeMutableRawPointer) { [UInt8].giveNone(to: out) }
}
