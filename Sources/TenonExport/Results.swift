import CExport
public import CTenon
public import Tenon

// MARK: Taking out of futures and values

/// Moves what a future delivers to C: see tenon_future_take(). What is of another type stays where it is.
@inlinable public func take<Content: Exportable>(
  _ future: OpaquePointer?, _ out: UnsafeMutableRawPointer?, _ type: Content.Type
) -> tenon_status_t { takeBlock(future, out, mark(type)) }

@inlinable public func take<Instance: ExportedObject>(
  _ future: OpaquePointer?, _ out: UnsafeMutableRawPointer?, _ type: Instance.Type
) -> tenon_status_t { takeObject(future, out, type) }

/// Moves an item of a stream to C.
@inlinable public func takeItem<Content: Exportable>(
  _ item: UnsafeMutablePointer<tenon_value_t>?, _ out: UnsafeMutableRawPointer?,
  _ type: Content.Type
) -> tenon_status_t { takeBlockItem(item, out, mark(type)) }

@inlinable public func takeItem<Instance: ExportedObject>(
  _ item: UnsafeMutablePointer<tenon_value_t>?, _ out: UnsafeMutableRawPointer?,
  _ type: Instance.Type
) -> tenon_status_t { takeObjectItem(item, out, type) }

@usableFromInline func takeBlock(
  _ future: OpaquePointer?, _ out: UnsafeMutableRawPointer?, _ mark: UnsafeRawPointer
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  var value = tenon_value_none()
  let status = Future.take(future, type: mark, into: &value)
  if status == TENON_STATUS_OK { move(value, out) }
  return status
}

@usableFromInline func takeObject<Instance: ExportedObject>(
  _ future: OpaquePointer?, _ out: UnsafeMutableRawPointer?, _ type: Instance.Type
) -> tenon_status_t {
  take(future, out) { isNone($0) || isPointer($0) && isObject($0, type) }
}

@usableFromInline func takeBlockItem(
  _ item: UnsafeMutablePointer<tenon_value_t>?, _ out: UnsafeMutableRawPointer?,
  _ mark: UnsafeRawPointer
) -> tenon_status_t { take(item, out) { $0.as.pointer.type == mark } }

@usableFromInline func takeObjectItem<Instance: ExportedObject>(
  _ item: UnsafeMutablePointer<tenon_value_t>?, _ out: UnsafeMutableRawPointer?,
  _ type: Instance.Type
) -> tenon_status_t { take(item, out) { isObject($0, type) } }

@inline(__always) private func take(
  _ future: OpaquePointer?, _ out: UnsafeMutableRawPointer?, _ fits: (tenon_value_t) -> Bool
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  var value = tenon_value_none()
  var status = tenon_future_peek(future, &value)
  guard status == TENON_STATUS_OK else { return status }
  guard fits(value) else { return TENON_STATUS_INVALID }
  status = tenon_future_take(future, &value)
  if status == TENON_STATUS_OK { move(value, out) }
  return status
}

@inline(__always) private func take(
  _ item: UnsafeMutablePointer<tenon_value_t>?, _ out: UnsafeMutableRawPointer?,
  _ fits: (tenon_value_t) -> Bool
) -> tenon_status_t {
  guard let item, let out, item.pointee.flags & UInt8(TENON_VALUE_FLAG_BORROWED) == 0,
    isPointer(item.pointee), fits(item.pointee)
  else { return TENON_STATUS_INVALID }
  move(item.pointee, out)
  item.pointee = tenon_value_none()
  return TENON_STATUS_OK
}

@inline(__always) private func isNone(_ value: tenon_value_t) -> Bool {
  value.kind == UInt8(TENON_VALUE_NONE.rawValue)
}

@inline(__always) private func isPointer(_ value: tenon_value_t) -> Bool {
  value.kind == UInt8(TENON_VALUE_POINTER.rawValue)
}

private func isObject<Instance: ExportedObject>(_ value: tenon_value_t, _ type: Instance.Type)
  -> Bool
{
  var (value, handle): (tenon_value_t, OpaquePointer?) = (value, nil)
  return tenon_value_get_object(&value, &handle) == TENON_STATUS_OK
    && Object.check(handle, is: type) == TENON_STATUS_OK
}

private func move(_ value: tenon_value_t, _ out: UnsafeMutableRawPointer) {
  out.storeBytes(
    of: isNone(value) ? nil : value.as.pointer.address, as: UnsafeMutableRawPointer?.self)
}

/// Makes a value of what C has.
public func makeValue<Content: Exportable>(
  _ out: UnsafeMutablePointer<tenon_value_t>?, _ read: () throws(Refusal) -> Content
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  do {
    out.pointee = try read().makeExportedValue()
    return TENON_STATUS_OK
  } catch { return error.status }
}

// MARK: Calls that answer at once

/// Runs a function that does not fail, and gives its result to C.
@inlinable @inline(__always) public func complete<Content: Exportable>(
  _ out: UnsafeMutableRawPointer?, _ body: () -> Content
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  body().give(to: out)
  return TENON_STATUS_OK
}

/// Runs a function that may fail, and gives its result or its error to C.
@inlinable @inline(__always) public func complete<Content: Exportable>(
  _ out: UnsafeMutableRawPointer?, failure: UnsafeMutablePointer<OpaquePointer?>?,
  _ body: () throws -> Content
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  do {
    try body().give(to: out)
    return TENON_STATUS_OK
  } catch { return fail(error, failure) }
}

@inlinable @inline(__always) public func complete(
  failure: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws -> Void
) -> tenon_status_t {
  do {
    try body()
    return TENON_STATUS_OK
  } catch { return fail(error, failure) }
}

/// What C is answered for an error, which goes to `failure` if it wants to know.
@usableFromInline func fail(_ error: any Error, _ failure: UnsafeMutablePointer<OpaquePointer?>?)
  -> tenon_status_t
{
  if error is CancellationError { return TENON_STATUS_CANCELLED }
  failure?.pointee = Failure.retainedPointer(for: error)
  return TENON_STATUS_REJECTED
}

/// Runs a function that blocks or computes for long on another thread than the loop's: of the loop's pool; if it has none, one of Swift's
/// or of the process's pool.
@concurrent public func concurrently<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  guard LoopExecutor.isPolling, let executor = try LoopExecutor.besideLoops() else {
    return try body()
  }
  return try await withTaskExecutorPreference(executor) { try body() }
}

// MARK: Errors

/// An error that C and C++ read as a struct.
public protocol ExportedError: DescribedError, Record {
  static var exportedDomain: String { get }
  var exportedCode: Int32 { get }
}

extension ExportedError {
  public var errorDomain: String { Self.exportedDomain }
  public var errorCode: Int64 { Int64(exportedCode) }
  public var errorBlock: tenon_error_payload_t? {
    var payload = tenon_error_payload_t(
      struct_size: MemoryLayout<tenon_error_payload_t>.size, type: mark(Self.self),
      pointer: makeRecordBlock()
    ) { tenon__free_block($0) }
    if Self.holdsObjects { payload.drop = { freeOwningBlock($0) } }
    return payload
  }
}

/// Reads the struct of an error: see NAME_error_get().
public func details<Content: ExportedError>(
  _ error: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafeRawPointer?>?, _ type: Content.Type
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  var pointer: UnsafeMutableRawPointer?
  let status = tenon_error_get_payload(error, mark(type), &pointer)
  if status == TENON_STATUS_OK { out.pointee = UnsafeRawPointer(pointer) }
  return status
}

/// Makes an error of C's struct.
public func makeError<Content: ExportedError>(
  _ details: UnsafeRawPointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ type: Content.Type
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  do throws(Refusal) {
    let error = try Content(record: RecordReader(details, type))
    guard let handle = Failure.retainedPointer(for: error) else { return TENON_STATUS_NO_RESOURCES }
    out.pointee = handle
    return TENON_STATUS_OK
  } catch { return error.status }
}
