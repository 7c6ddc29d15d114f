// Implements <tenon/error.h>.
public import CTenon
import Glibc

@c @implementation
public func tenon_error_create(
  _ domain: UnsafePointer<CChar>?, _ code: Int64, _ message: UnsafePointer<CChar>?,
  _ cause: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  create(domain, code, message, cause, nil, error_out)
}

@c @implementation
public func tenon_error_create_with_payload(
  _ domain: UnsafePointer<CChar>?, _ code: Int64, _ message: UnsafePointer<CChar>?,
  _ cause: OpaquePointer?, _ payload: UnsafePointer<tenon_error_payload_t>?,
  _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let payload, payload.pointee.struct_size == MemoryLayout<tenon_error_payload_t>.size,
    payload.pointee.type != nil
  else { return TENON_STATUS_INVALID }
  return create(domain, code, message, cause, payload.pointee, error_out)
}

private func create(
  _ domain: UnsafePointer<CChar>?, _ code: Int64, _ message: UnsafePointer<CChar>?,
  _ cause: OpaquePointer?, _ payload: tenon_error_payload_t?,
  _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let domain, let error_out, domain.pointee != 0, isText(domain),
    message.map({ isText($0) }) ?? true
  else { return TENON_STATUS_INVALID }
  var causeHandle: Handle?
  if cause != nil {
    let handle = Handle(cause)
    let status = ErrorSlot.retain(handle)
    if status != TENON_STATUS_OK { return status }
    causeHandle = handle
  }
  // The payload comes last: if anything fails before, it is still the caller's.
  guard
    let content = ErrorContent(
      domain: domain, code: code, message: message, cause: causeHandle)
  else {
    if let causeHandle { _ = ErrorSlot.release(causeHandle) }
    return TENON_STATUS_NO_RESOURCES
  }
  guard let handle = ErrorSlot.create(content) else {
    if let causeHandle { _ = ErrorSlot.release(causeHandle) }
    return SlotTable.exhaustion()
  }
  content.payload = payload
  error_out.pointee = handle.pointer
  return TENON_STATUS_OK
}

func isText(_ text: UnsafePointer<CChar>) -> Bool {
  isUTF8(UnsafeRawBufferPointer(start: text, count: strlen(text)))
}

@c @implementation
public func tenon_error_retain(_ error: OpaquePointer?) -> tenon_status_t {
  ErrorSlot.retain(Handle(error))
}

@c @implementation
public func tenon_error_release(_ error: OpaquePointer?) -> tenon_status_t {
  ErrorSlot.release(Handle(error))
}

@c @implementation
public func tenon_error_get_domain(
  _ error: OpaquePointer?, _ domain_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> tenon_status_t {
  guard let domain_out else { return TENON_STATUS_INVALID }
  return ErrorSlot.read(Handle(error)) {
    domain_out.pointee = UnsafePointer($0.domain)
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_error_get_code(_ error: OpaquePointer?, _ code_out: UnsafeMutablePointer<Int64>?)
  -> tenon_status_t
{
  guard let code_out else { return TENON_STATUS_INVALID }
  return ErrorSlot.read(Handle(error)) {
    code_out.pointee = $0.code
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_error_get_message(
  _ error: OpaquePointer?, _ message_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> tenon_status_t {
  guard let message_out else { return TENON_STATUS_INVALID }
  return ErrorSlot.read(Handle(error)) {
    message_out.pointee = UnsafePointer($0.message)
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_error_copy_cause(
  _ error: OpaquePointer?, _ cause_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let cause_out else { return TENON_STATUS_INVALID }
  return ErrorSlot.read(Handle(error)) {
    if let cause = $0.cause {
      let status = ErrorSlot.retain(cause)
      if status != TENON_STATUS_OK { return status }
    }
    cause_out.pointee = $0.cause?.pointer
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_error_get_payload(
  _ error: OpaquePointer?, _ type: UnsafeRawPointer?,
  _ pointer_out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> tenon_status_t {
  guard let pointer_out, let type else { return TENON_STATUS_INVALID }
  return ErrorSlot.read(Handle(error)) {
    guard let payload = $0.payload, payload.type == type else { return TENON_STATUS_UNSUPPORTED }
    pointer_out.pointee = payload.pointer
    return TENON_STATUS_OK
  }
}
