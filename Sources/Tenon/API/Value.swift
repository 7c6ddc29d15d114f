public import CTenon

/// What a future delivers, in its Swift form. From C it is a `tenon_value_t`.
///
/// It owns what it carries: use it as often as you like, on any thread, or ignore it.
public enum Value: Sendable {
  case none
  case boolean(Bool)
  case i64(Int64)
  case u64(UInt64)
  case f64(Double)
  case string(String)
  case bytes([UInt8])
  /// An object: of Swift's, or of another language.
  case pointer(Pointer)
  /// The end of a stream: what the future of an item is then.
  case end

  /// A Swift object that C carries, and that is released when the value is dropped.
  ///
  /// Read it back with ``object(as:)``.
  public static func object<Object: AnyObject & Sendable>(_ object: Object) -> Value {
    .pointer(Pointer(.object(Tenon.Object(object))))
  }

  /// The Swift object in this value, if it is one of this class. The value keeps its reference.
  public func object<Object: AnyObject & Sendable>(as type: Object.Type) -> Object? {
    guard case .pointer(let pointer) = self, let handle = pointer.object else { return nil }
    return withExtendedLifetime(pointer) {
      try? Tenon.Object.instance(handle.pointer, as: type)
    }
  }
}

extension Value: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t {
    switch consume self {
    case .none: return tenon_value_none()
    case .boolean(let boolean): return tenon_value_boolean(boolean)
    case .i64(let number): return tenon_value_i64(number)
    case .u64(let number): return tenon_value_u64(number)
    case .f64(let number): return tenon_value_f64(number)
    case .string(var string):
      return string.withUTF8 { copied(UnsafeRawBufferPointer($0), TENON_VALUE_STRING) }
    case .bytes(let bytes):
      return bytes.withUnsafeBytes { copied($0, TENON_VALUE_BYTES) }
    case .pointer(let pointer):
      return pointer.makeValue()
    case .end:
      var value = tenon_value_none()
      value.kind = UInt8(TENON_VALUE_END.rawValue)
      return value
    }
  }

  /// Reads a value and ends it; an object becomes this one's.
  @inline(__always) init(taking value: tenon_value_t) {
    if let plain = Value(reading: value) {
      self = plain
      value.end()
    } else {
      self = .pointer(Pointer(adopting: value))
    }
  }

  /// Reads a value that somebody else keeps; an object is then both's, so what ends it may change.
  init(sharing value: UnsafeMutablePointer<tenon_value_t>) {
    self = Value(reading: value.pointee) ?? .pointer(Pointer(sharing: value))
  }

  /// Reads a value, and copies what is in it; nil: it is an object.
  @inline(__always) init?(reading value: tenon_value_t) {
    switch value.isKind {
    case TENON_VALUE_BOOLEAN: self = .boolean(value.as.boolean)
    case TENON_VALUE_I64: self = .i64(value.as.i64)
    case TENON_VALUE_U64: self = .u64(value.as.u64)
    case TENON_VALUE_F64: self = .f64(value.as.f64)
    case TENON_VALUE_STRING:
      // Whatever C put in, a Swift string is valid: what is not UTF-8 is replaced.
      self = .string(value.withData { String(decoding: $0, as: UTF8.self) })
    case TENON_VALUE_BYTES: self = .bytes(value.withData { [UInt8]($0) })
    case TENON_VALUE_POINTER: return nil
    case TENON_VALUE_END: self = .end
    default: self = .none
    }
  }
}

private func copied(_ data: UnsafeRawBufferPointer, _ kind: tenon_value_kind_t) -> tenon_value_t {
  guard let value = tenon_value_t.copying(data, as: kind) else {
    fatalError("out of memory for a value")
  }
  return value
}

extension Bool: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { tenon_value_boolean(self) }
}
extension Int: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { tenon_value_i64(Int64(self)) }
}
extension Int64: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { tenon_value_i64(self) }
}
extension UInt64: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { tenon_value_u64(self) }
}
extension Double: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { tenon_value_f64(self) }
}
extension String: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { Value.string(self).makeValue() }
}
extension [UInt8]: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t { Value.bytes(self).makeValue() }
}
