// Implements <tenon/value.h>.
public import CTenon

@c @implementation
public func tenon_value_copy_string(
  _ data: UnsafePointer<CChar>?, _ size: Int, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  copy(data, size, TENON_VALUE_STRING, value_out)
}

@c @implementation
public func tenon_value_copy_bytes(
  _ data: UnsafeRawPointer?, _ size: Int, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  copy(data, size, TENON_VALUE_BYTES, value_out)
}

@c @implementation
public func tenon_value_adopt_string(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ drop: tenon_drop_fn?,
  _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  adopt(data, size, TENON_VALUE_STRING, drop, value_out)
}

@c @implementation
public func tenon_value_adopt_bytes(
  _ data: UnsafeMutableRawPointer?, _ size: Int, _ drop: tenon_drop_fn?,
  _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  adopt(data, size, TENON_VALUE_BYTES, drop, value_out)
}

@c @implementation
public func tenon_value_get_data(
  _ value: UnsafePointer<tenon_value_t>?,
  _ data_out: UnsafeMutablePointer<UnsafeRawPointer?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> tenon_status_t {
  guard let value, let data_out, let size_out, value.pointee.isValid, value.pointee.isData else {
    return TENON_STATUS_INVALID
  }
  if value.pointee.has(TENON_VALUE_FLAG_INLINE) {
    let offset = MemoryLayout<tenon_value_t>.offset(of: \.as).unsafelyUnwrapped
    data_out.pointee = UnsafeRawPointer(value) + offset
    size_out.pointee = Int(value.pointee.inline_size)
  } else {
    data_out.pointee = UnsafeRawPointer(value.pointee.as.data.pointer)
    size_out.pointee = value.pointee.as.data.size
  }
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_value_is_shared(_ value: UnsafePointer<tenon_value_t>?) -> Bool {
  guard let value, value.pointee.isValid else { return false }
  return SharedPointers.isShared(value.pointee)
}

@c @implementation
public func tenon_value_set_drop_executor(
  _ value: UnsafeMutablePointer<tenon_value_t>?, _ executor: OpaquePointer?
) -> tenon_status_t {
  guard let value, value.pointee.isValid, value.pointee.drop != nil,
    !value.pointee.has(TENON_VALUE_FLAG_BORROWED)
  else { return TENON_STATUS_INVALID }
  return withExecutor(executor) {
    value.pointee.drop_executor = $0.name.bits
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_value_drop(_ value: UnsafeMutablePointer<tenon_value_t>?) -> tenon_status_t {
  guard let value, value.pointee.isValid else { return TENON_STATUS_INVALID }
  let ended = value.pointee
  value.pointee = tenon_value_none()
  ended.end()
  return TENON_STATUS_OK
}

private func copy(
  _ data: UnsafeRawPointer?, _ size: Int, _ kind: tenon_value_kind_t,
  _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value_out, let bytes = checked(data, size, kind) else { return TENON_STATUS_INVALID }
  guard let value = tenon_value_t.copying(bytes, as: kind) else { return TENON_STATUS_NO_RESOURCES }
  value_out.pointee = value
  return TENON_STATUS_OK
}

private func adopt(
  _ data: UnsafeMutableRawPointer?, _ size: Int, _ kind: tenon_value_kind_t,
  _ drop: tenon_drop_fn?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value_out, checked(data, size, kind) != nil else { return TENON_STATUS_INVALID }
  var value = tenon_value_none()
  value.kind = UInt8(kind.rawValue)
  value.as.data.pointer = data
  value.as.data.size = size
  value.drop = drop
  value_out.pointee = value
  return TENON_STATUS_OK
}

/// The bytes, if there can be such: C's size_t is Swift's Int here, so what is too large is negative.
private func checked(_ data: UnsafeRawPointer?, _ size: Int, _ kind: tenon_value_kind_t)
  -> UnsafeRawBufferPointer?
{
  guard size >= 0, data != nil || size == 0 else { return nil }
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  return kind != TENON_VALUE_STRING || isUTF8(bytes) ? bytes : nil
}
