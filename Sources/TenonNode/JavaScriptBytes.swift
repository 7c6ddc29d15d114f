import CTenonNode

/// The bytes of a `Uint8Array`, another view or an `ArrayBuffer`, where they are: nothing is copied.
///
/// JavaScript must neither write nor transfer them while this is held; nobody can check that. A function that takes `[UInt8]`
/// gets a copy, and has no such worries.
// SAFETY: the value is never changed, and only read.
public final class JavaScriptBytes: @unchecked Sendable, JavaScriptConvertible {
  private var value: tenon_value_t

  public static var javaScriptName: String { "bytes" }

  public init?(_ argument: borrowing JavaScriptArgument) throws {
    value = tenon_value_none()
    guard argument.type == napi_object else { return nil }
    var isArray = false
    guard napi_is_array(argument.env, argument.js, &isArray) == napi_ok, !isArray else {
      return nil
    }
    value = try argument.plainValue()
    if Int32(value.kind) != TENON_VALUE_BYTES.rawValue { return nil }
  }

  deinit { tenon_value_drop(&value) }

  public var count: Int { withUnsafeBytes { $0.count } }

  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    var data: UnsafeRawPointer?
    var size = 0
    tenon_value_get_data(&value, &data, &size)
    return try body(UnsafeRawBufferPointer(start: data, count: size))
  }
}
