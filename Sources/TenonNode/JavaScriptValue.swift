public import CTenonNode
public import Tenon

/// A JavaScript value that Swift has: data, and functions and objects that stay in JavaScript.
///
/// From C it is a `tenon_value_t`; see tenon/node.h for what becomes what. Of two properties with one name the last counts.
public enum JavaScriptValue: Sendable {
  case undefined
  case null
  case boolean(Bool)
  case number(Double)
  /// What has more bits than a number, or is a bigint.
  case bigInt(Int64)
  case unsignedBigInt(UInt64)
  case string(String)
  case bytes([UInt8])
  case array([JavaScriptValue])
  /// The own enumerable properties of a plain object, in order.
  case record([(name: String, value: JavaScriptValue)])
  case object(JavaScriptObject)

  /// The property of a plain object; undefined, if there is none.
  public subscript(name: String) -> JavaScriptValue {
    guard case .record(let properties) = self else { return .undefined }
    return properties.last { $0.name == name }?.value ?? .undefined
  }

  /// The element of an array; undefined, if there is none.
  public subscript(index: Int) -> JavaScriptValue {
    guard case .array(let elements) = self, elements.indices.contains(index) else {
      return .undefined
    }
    return elements[index]
  }

  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var array: [JavaScriptValue]? { if case .array(let value) = self { value } else { nil } }
  public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }

  public var number: Double? {
    switch self {
    case .number(let value): value
    case .bigInt(let value): Double(exactly: value)
    default: nil
    }
  }

  /// A whole number, whatever it is in JavaScript.
  public var integer: Int? {
    switch self {
    case .number(let value): Int(exactly: value)
    case .bigInt(let value): Int(exactly: value)
    default: nil
    }
  }
}

extension JavaScriptValue {
  /// Reads a value and ends it.
  init(taking value: consuming tenon_value_t) {
    var value = value
    self.init(moving: &value)
    tenon_value_drop(&value)
  }

  /// What a future or a stream of Tenon's gave, which has no name for what only JavaScript knows.
  public init(_ value: consuming Value) {
    var value = value.makeValue()
    if tenon_value_is_shared(&value) {
      self.init(copying: value)
      tenon_value_drop(&value)
    } else {
      self.init(taking: value)
    }
  }

  /// Reads what others read, too.
  private init(copying value: tenon_value_t) {
    var (value, copy) = (value, tenon_value_none())
    let status = tenon_node_value_copy(&value, &copy)
    if status == TENON_STATUS_NO_RESOURCES { fatalError("out of memory for a value") }
    self.init(taking: copy)
  }

  /// Moves out what is an object; the rest is copied.
  private init(moving value: inout tenon_value_t) {
    switch Int32(value.kind) {
    case TENON_VALUE_BOOLEAN.rawValue: self = .boolean(value.as.boolean)
    case TENON_VALUE_I64.rawValue: self = .bigInt(value.as.i64)
    case TENON_VALUE_U64.rawValue: self = .unsignedBigInt(value.as.u64)
    case TENON_VALUE_F64.rawValue: self = .number(value.as.f64)
    case TENON_VALUE_STRING.rawValue:
      self = .string(value.withData { String(decoding: $0, as: UTF8.self) })
    case TENON_VALUE_BYTES.rawValue: self = .bytes(value.withData { [UInt8]($0) })
    case TENON_VALUE_POINTER.rawValue: self.init(movingPointer: &value)
    default: self = .undefined
    }
  }

  private init(movingPointer value: inout tenon_value_t) {
    var list: UnsafeMutablePointer<tenon_node_list_t>?
    switch tenon_node_get_kind(&value) {
    case TENON_NODE_KIND_NULL: self = .null
    case TENON_NODE_KIND_BIGINT:
      var number: Int64 = 0
      tenon_node_get_bigint(&value, &number)
      self = .bigInt(number)
    case TENON_NODE_KIND_OBJECT:
      self = .object(JavaScriptObject(adopting: value))
      value = tenon_value_none()
    case TENON_NODE_KIND_ARRAY where tenon_node_get_list(&value, &list) == TENON_STATUS_OK:
      let list = list.unsafelyUnwrapped.pointee
      self = .array((0..<list.count).map { JavaScriptValue(moving: &list.values[$0]) })
    case TENON_NODE_KIND_RECORD where tenon_node_get_list(&value, &list) == TENON_STATUS_OK:
      let list = list.unsafelyUnwrapped.pointee
      self = .record(
        (0..<list.count).map {
          let name = list.keys[$0].withData { String(decoding: $0, as: UTF8.self) }
          return (name, JavaScriptValue(moving: &list.values[$0]))
        })
    default: self = .undefined
    }
  }
}

extension JavaScriptValue: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t {
    switch self {
    case .undefined: return tenon_value_none()
    case .null: return tenon_node_null()
    case .boolean(let value): return tenon_value_boolean(value)
    case .number(let value): return tenon_value_f64(value)
    case .bigInt(let value): return tenon_node_bigint(value)
    case .unsignedBigInt(let value): return tenon_value_u64(value)
    case .string(let value): return value.makeValue()
    case .bytes(let value): return value.makeValue()
    case .object(let value): return value.makeValue()
    case .array(let elements):
      return makeList(count: elements.count, hasKeys: false) { list, index in
        list.values[index] = elements[index].makeValue()
      }
    case .record(let properties):
      return makeList(count: properties.count, hasKeys: true) { list, index in
        list.keys[index] = properties[index].name.makeValue()
        list.values[index] = properties[index].value.makeValue()
      }
    }
  }
}

private func makeList(
  count: Int, hasKeys: Bool, _ fill: (tenon_node_list_t, Int) -> Void
) -> tenon_value_t {
  var value = tenon_value_none()
  var list: UnsafeMutablePointer<tenon_node_list_t>?
  guard tenon_node_list_create(count, hasKeys, &value, &list) == TENON_STATUS_OK, let list else {
    fatalError("out of memory for a value")
  }
  for index in 0..<count { fill(list.pointee, index) }
  return value
}

extension tenon_value_t {
  func withData<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafePointer(to: self) { value in
      var data: UnsafeRawPointer?
      var size = 0
      _ = tenon_value_get_data(value, &data, &size)
      return body(UnsafeRawBufferPointer(start: data, count: size))
    }
  }
}

// MARK: Literals

extension JavaScriptValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(integerLiteral value: Int64) { self.init(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JavaScriptValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JavaScriptValue)...) {
    self = .record(elements.map { (name: $0.0, value: $0.1) })
  }
}

extension JavaScriptValue {
  /// A number, or a bigint where a number would not be exact.
  public init(_ value: some BinaryInteger) {
    if let number = Double(exactly: value), number.magnitude <= 9_007_199_254_740_991 {
      self = .number(number)
    } else if let value = Int64(exactly: value) {
      self = .bigInt(value)
    } else {
      self = .unsignedBigInt(UInt64(truncatingIfNeeded: value))
    }
  }

  public init(_ value: Bool) { self = .boolean(value) }
  public init(_ value: Double) { self = .number(value) }
  public init(_ value: String) { self = .string(value) }
  public init(_ value: [UInt8]) { self = .bytes(value) }
  public init(_ elements: [JavaScriptValue]) { self = .array(elements) }
}
