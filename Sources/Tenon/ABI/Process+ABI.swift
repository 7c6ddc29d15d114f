// Implements <tenon/process.h>.
public import CTenon

@c @implementation
public func tenon_process_own(_ executor: OpaquePointer?) -> tenon_status_t {
  withExecutor(executor) { OwnedProcess.own($0) }
}

@c @implementation
public func tenon_process_own_solely(_ executor: OpaquePointer?) -> tenon_status_t {
  withExecutor(executor) { OwnedProcess.ownSolely($0) }
}

@c @implementation
public func tenon_process_get_mode() -> tenon_process_mode_t {
  OwnedProcess.isOwned ? TENON_PROCESS_OWNED : TENON_PROCESS_LIBRARY
}

@c @implementation
public func tenon_process_main_queue_fd(_ fd_out: UnsafeMutablePointer<Int32>?) -> tenon_status_t {
  guard let fd_out else { return TENON_STATUS_INVALID }
  switch MainQueue.descriptor() {
  case .failure(let error): return error.status
  case .success(let fd):
    fd_out.pointee = fd
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_process_drain_main_queue() -> tenon_status_t { MainQueue.drain() }

@c @implementation
public func tenon_process_count_escapes() -> tenon_status_t {
  if OwnedProcess.isOwned { return TENON_STATUS_UNSUPPORTED }
  Escapes.start()
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_process_share(
  _ name: UnsafePointer<CChar>?, _ object: UnsafeMutableRawPointer?, _ code: UnsafeRawPointer?,
  _ object_out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> tenon_status_t {
  guard let name, let object_out, name.pointee != 0, isText(name) else {
    return TENON_STATUS_INVALID
  }
  guard let shared = Shared.object(named: name, orElse: object, code: code) else {
    return TENON_STATUS_NO_RESOURCES
  }
  object_out.pointee = shared
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_process_get_statistics(
  _ statistics_out: UnsafeMutablePointer<tenon_process_statistics_t>?
) -> tenon_status_t {
  guard let statistics_out,
    isOutput(statistics_out.pointee.struct_size, tenon_process_statistics_t.self)
  else { return TENON_STATUS_INVALID }
  let size = statistics_out.pointee.struct_size
  statistics_out.pointee = processStatistics()
  statistics_out.pointee.struct_size = size
  return TENON_STATUS_OK
}
