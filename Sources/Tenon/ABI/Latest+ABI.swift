// Implements <tenon/latest.h>.
public import CTenon

@c @implementation
public func tenon_latest_create(
  _ config: UnsafePointer<tenon_latest_config_t>?,
  _ publisher_out: UnsafeMutablePointer<OpaquePointer?>?,
  _ latest_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let publisher_out, let latest_out else { return TENON_STATUS_INVALID }
  var name = ExecutorName.none
  if let config {
    guard config.pointee.struct_size == MemoryLayout<tenon_latest_config_t>.size,
      config.pointee.flags == 0, config.pointee.reserved == 0
    else { return TENON_STATUS_INVALID }
    let status = findName(config.pointee.executor, &name)
    if status != TENON_STATUS_OK { return status }
  }
  return create(.publisher, .latest, capacity: nil, name, publisher_out, latest_out)
}

@c @implementation
public func tenon_publisher_set(
  _ publisher: OpaquePointer?, _ value: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value, tenon_value_t.isItem(at: value) else { return TENON_STATUS_INVALID }
  return setLatest(Handle(publisher), value)
}

@c @implementation
public func tenon_publisher_close(_ publisher: OpaquePointer?) -> tenon_status_t {
  endStream(Handle(publisher), .publisher, as: .fulfilled, tenon_value_none())
}

@c @implementation
public func tenon_publisher_fail(_ publisher: OpaquePointer?, _ error: OpaquePointer?)
  -> tenon_status_t
{
  failStream(Handle(publisher), .publisher, Handle(error))
}

@c @implementation
public func tenon_publisher_cancel(_ publisher: OpaquePointer?) -> tenon_status_t {
  endStream(Handle(publisher), .publisher, as: .cancelled, tenon_value_none())
}

@c @implementation
public func tenon_publisher_retain(_ publisher: OpaquePointer?) -> tenon_status_t {
  retainEnd(Handle(publisher), .publisher)
}

@c @implementation
public func tenon_publisher_release(_ publisher: OpaquePointer?) -> tenon_status_t {
  releaseEnd(Handle(publisher), .publisher)
}

@c @implementation
public func tenon_publisher_is_cancelled(_ publisher: OpaquePointer?) -> Bool {
  isStreamCancelled(Handle(publisher), .publisher)
}

@c @implementation
public func tenon_publisher_copy_reason(
  _ publisher: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  copyStreamReason(Handle(publisher), .publisher, error_out)
}

@c @implementation
public func tenon_publisher_on_cancel(
  _ publisher: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_cancel_fn?,
  _ context: UnsafeMutableRawPointer?, _ registration_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  register(fn, executor) { function, name in
    onStreamCancel(Handle(publisher), .publisher, name, function, context) {
      registration_out?.pointee = $0.pointer
    }
  }
}

@c @implementation
public func tenon_latest_next(
  _ latest: OpaquePointer?, _ value_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let value_out else { return TENON_STATUS_INVALID }
  return nextItem(Handle(latest), .latest, value_out)
}

@c @implementation
public func tenon_latest_take(
  _ latest: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?,
  _ ready_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let value_out else { return TENON_STATUS_INVALID }
  return takeLatest(Handle(latest), value_out, ready_out)
}

@c @implementation
public func tenon_latest_get_missed(
  _ latest: OpaquePointer?, _ missed_out: UnsafeMutablePointer<UInt64>?
) -> tenon_status_t {
  guard let missed_out else { return TENON_STATUS_INVALID }
  return missedValues(Handle(latest), missed_out)
}

@c @implementation
public func tenon_latest_copy_error(
  _ latest: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  giveStreamError(Handle(latest), .latest, error_out)
}

@c @implementation
public func tenon_latest_copy_end(
  _ latest: OpaquePointer?, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  giveStreamEnd(Handle(latest), .latest, future_out)
}

@c @implementation
public func tenon_latest_cancel(_ latest: OpaquePointer?) -> tenon_status_t {
  cancelStream(Handle(latest), .latest)
}

@c @implementation
public func tenon_latest_cancel_with(_ latest: OpaquePointer?, _ reason: OpaquePointer?)
  -> tenon_status_t
{
  cancelStream(Handle(latest), .latest, because: reason == nil ? nil : Handle(reason))
}

@c @implementation
public func tenon_latest_retain(_ latest: OpaquePointer?) -> tenon_status_t {
  retainEnd(Handle(latest), .latest)
}

@c @implementation
public func tenon_latest_release(_ latest: OpaquePointer?) -> tenon_status_t {
  releaseEnd(Handle(latest), .latest)
}

@c @implementation
public func tenon_latest_set_name(
  _ latest: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  guard let name, isText(name) else { return TENON_STATUS_INVALID }
  return setName(ofEnd: Handle(latest), .latest, name, source)
}
