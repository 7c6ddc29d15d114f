// Implements <tenon/object.h>.
public import CTenon

@c @implementation
public func tenon_object_create(
  _ pointer: UnsafeMutableRawPointer?, _ type: UnsafeRawPointer?, _ drop: tenon_drop_fn?,
  _ object_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let type, let object_out else { return TENON_STATUS_INVALID }
  guard let handle = ObjectSlot.create(pointer, type, drop) else { return SlotTable.exhaustion() }
  object_out.pointee = handle.pointer
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_object_retain(_ object: OpaquePointer?) -> tenon_status_t {
  ObjectSlot.retain(Handle(object))
}

@c @implementation
public func tenon_object_release(_ object: OpaquePointer?) -> tenon_status_t {
  ObjectSlot.release(Handle(object))
}

@c @implementation
public func tenon_object_get(
  _ object: OpaquePointer?, _ type: UnsafeRawPointer?,
  _ pointer_out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> tenon_status_t {
  guard let pointer_out, let type else { return TENON_STATUS_INVALID }
  return ObjectSlot.read(Handle(object)) { pointer, mark, _ in
    guard mark == type else { return TENON_STATUS_INVALID }
    pointer_out.pointee = pointer
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_value_adopt_object(
  _ object: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value_out else { return TENON_STATUS_INVALID }
  let handle = Handle(object)
  let status = ObjectSlot.read(handle) { _, _, _ in TENON_STATUS_OK }
  if status == TENON_STATUS_OK { value_out.pointee = .object(handle) }
  return status
}

@c @implementation
public func tenon_value_get_object(
  _ value: UnsafePointer<tenon_value_t>?, _ object_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let value, let object_out, value.pointee.isValid, let object = value.pointee.object else {
    return TENON_STATUS_INVALID
  }
  object_out.pointee = object.pointer
  return TENON_STATUS_OK
}
