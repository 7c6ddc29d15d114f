import CTenonNode
public import Tenon

/// What an exported function may take.
public protocol JavaScriptConvertible: Sendable {
  /// What JavaScript calls it, for people: "a string".
  static var javaScriptName: String { get }

  /// The same in Swift; nil: it is of another type.
  init?(_ argument: borrowing JavaScriptArgument) throws
}

/// One argument of a call from JavaScript, for as long as that call is being read. On its thread.
public struct JavaScriptArgument: ~Copyable {
  let env: OpaquePointer?
  let js: OpaquePointer?

  /// As a Node-API handle, for what is not offered here.
  public var environment: OpaquePointer? { env }
  public var handle: OpaquePointer? { js }

  var type: napi_valuetype {
    var type = napi_undefined
    napi_typeof(env, js, &type)
    return type
  }

  var isNothing: Bool { type == napi_undefined || type == napi_null }

  /// How many elements it has; nil: it is no array.
  func arrayCount() throws -> UInt32? {
    var count: UInt32 = 0
    let status = tenon_node_array_get_count(env, js, &count)
    if status == TENON_STATUS_INVALID { return nil }
    try check(status)
    return count
  }

  /// Any value, in a form for Swift.
  public func value() throws -> JavaScriptValue {
    JavaScriptValue(taking: try plainValue())
  }

  func plainValue() throws -> tenon_value_t {
    var value = tenon_value_none()
    try check(tenon_node_value_from(env, js, &value))
    return value
  }

  /// Throws for a status, or for the exception that came with it.
  func check(_ status: tenon_status_t) throws {
    if status == TENON_STATUS_OK { return }
    if status == TENON_STATUS_UNSUPPORTED { throw PendingException() }
    throw Failure(status: status)
  }
}

/// Why a value is not what was expected of it, for people.
public struct Mismatch: Error {
  let expected: String
  let received: String
  /// It is of the right type, and `expected` says between what it must be.
  let isRange: Bool
  /// Where it is in the argument: `[1][0]`.
  private(set) var path = ""

  init(_ expected: String, _ received: String, isRange: Bool = false) {
    (self.expected, self.received, self.isRange) = (expected, received, isRange)
  }

  /// It is an element of an array.
  func at(_ index: UInt32) -> Mismatch {
    var other = self
    other.path = "[\(index)]\(path)"
    return other
  }
}

/// An exception is on its way in JavaScript already.
struct PendingException: Error {}

extension Bool: JavaScriptConvertible {
  public static var javaScriptName: String { "a boolean" }
  public init?(_ argument: borrowing JavaScriptArgument) {
    var value = false
    guard napi_get_value_bool(argument.env, argument.js, &value) == napi_ok else { return nil }
    self = value
  }
}

extension Double: JavaScriptConvertible {
  public static var javaScriptName: String { "a number" }
  public init?(_ argument: borrowing JavaScriptArgument) {
    var value = 0.0
    guard napi_get_value_double(argument.env, argument.js, &value) == napi_ok else { return nil }
    self = value
  }
}

extension FixedWidthInteger where Self: JavaScriptConvertible {
  public static var javaScriptName: String { "an integer" }
  /// A number or a bigint, if it is exact.
  public init?(_ argument: borrowing JavaScriptArgument) throws {
    var number = 0.0
    if napi_get_value_double(argument.env, argument.js, &number) == napi_ok {
      if let integer = Int64(exactly: number) {  // a fifth of what the next takes
        if let value = Self(exactly: integer) {
          self = value
          return
        }
      } else if let value = Self(exactly: number) {
        self = value
        return
      }
      if number.rounded() == number, number.isFinite { throw Self.outOfRange(argument) }
      throw Mismatch(Self.javaScriptName, "the number \(number)")
    }
    var isExact = false
    var signed: Int64 = 0
    var unsigned: UInt64 = 0
    guard argument.type == napi_bigint else { return nil }
    if napi_get_value_bigint_int64(argument.env, argument.js, &signed, &isExact) == napi_ok,
      isExact,
      let value = Self(exactly: signed)
    {
      self = value
    } else if napi_get_value_bigint_uint64(argument.env, argument.js, &unsigned, &isExact)
      == napi_ok, isExact, let value = Self(exactly: unsigned)
    {
      self = value
    } else {
      throw Self.outOfRange(argument)
    }
  }

  private static func outOfRange(_ argument: borrowing JavaScriptArgument) -> Mismatch {
    var text: OpaquePointer?
    napi_coerce_to_string(argument.env, argument.js, &text)
    let digits = try? String(JavaScriptArgument(env: argument.env, js: text))
    let suffix = argument.type == napi_bigint ? "n" : ""
    return Mismatch(">= \(min) and <= \(max)", (digits ?? "a number") + suffix, isRange: true)
  }
}
extension Int: JavaScriptConvertible {}
extension Int32: JavaScriptConvertible {}
extension Int64: JavaScriptConvertible {}
extension UInt64: JavaScriptConvertible {}

extension String: JavaScriptConvertible {
  public static var javaScriptName: String { "a string" }
  public init?(_ argument: borrowing JavaScriptArgument) throws {
    guard argument.type == napi_string else { return nil }
    var value = try argument.plainValue()
    self = value.withData { String(decoding: $0, as: UTF8.self) }
    tenon_value_drop(&value)
  }
}

extension Array: JavaScriptConvertible where Element: JavaScriptConvertible {
  public static var javaScriptName: String {
    Element.self == UInt8.self ? "bytes" : "an array"
  }
  public init?(_ argument: borrowing JavaScriptArgument) throws {
    if Element.self == UInt8.self {
      var data: UnsafeRawPointer?
      var size = 0
      let status = tenon_node_get_bytes(argument.env, argument.js, &data, &size)
      if status == TENON_STATUS_INVALID { return nil }
      try argument.check(status)
      self = [UInt8](UnsafeRawBufferPointer(start: data, count: size)) as! [Element]
      return
    }
    guard let count = try argument.arrayCount() else { return nil }
    self = []
    reserveCapacity(Swift.min(Int(count), 4096))  // a proxy may say anything
    for index in 0..<count {
      var element: OpaquePointer?
      guard napi_get_element(argument.env, argument.js, index, &element) == napi_ok else {
        throw PendingException()
      }
      let argument = JavaScriptArgument(env: argument.env, js: element)
      do {
        guard let value = try Element(argument) else {
          throw Mismatch(Element.javaScriptName, argument.typeName)
        }
        append(value)
      } catch let mismatch as Mismatch {
        throw mismatch.at(index)
      }
    }
  }
}

/// A byte is one of ``JavaScriptBytes``, and by itself a small integer.
extension UInt8: JavaScriptConvertible {}

extension Optional: JavaScriptConvertible where Wrapped: JavaScriptConvertible {
  public static var javaScriptName: String { "\(Wrapped.javaScriptName) or undefined" }
  public init?(_ argument: borrowing JavaScriptArgument) throws {
    if argument.isNothing {
      self = Wrapped?.none
      return
    }
    guard let value = try Wrapped(argument) else { return nil }
    self = Wrapped?.some(value)
  }
}

extension JavaScriptValue: JavaScriptConvertible {
  public static var javaScriptName: String { "a value" }
  public init?(_ argument: borrowing JavaScriptArgument) throws { self = try argument.value() }
}

extension JavaScriptObject: JavaScriptConvertible {
  public static var javaScriptName: String { "a function or an object" }
  public convenience init?(_ argument: borrowing JavaScriptArgument) throws {
    var value = tenon_value_none()
    let status = tenon_node_object_from(argument.env, argument.js, &value)
    if status == TENON_STATUS_INVALID { return nil }
    try argument.check(status)
    self.init(adopting: value)
  }
}

/// A future of a promise or thenable; of another value, one that is fulfilled with it.
extension Future: JavaScriptConvertible {
  public static var javaScriptName: String { "a promise" }
  public convenience init?(_ argument: borrowing JavaScriptArgument) throws {
    var future: OpaquePointer?
    try argument.check(tenon_node_future_from(argument.env, argument.js, &future))
    try self.init(adopting: future)
  }
}

/// A stream of an async iterable, an async generator or a plain iterable. It is read ahead by up to 16 items.
extension Stream: JavaScriptConvertible {
  public static var javaScriptName: String { "an async iterable" }
  public convenience init?(_ argument: borrowing JavaScriptArgument) throws {
    var stream: OpaquePointer?
    try argument.check(tenon_node_stream_from(argument.env, argument.js, 16, &stream))
    try self.init(adopting: stream)
  }
}
