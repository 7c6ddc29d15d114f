public import CTenon
public import Tenon

/// A class or an actor whose objects C holds by checked handles.
public protocol ExportedObject: AnyObject, Exportable {}

extension ExportedObject {
  @inlinable public static var exportedFieldSize: Int { 8 }
  @inlinable public static var exportedAlignment: Int { 8 }
  @inlinable public static var isExportedPlain: Bool { false }
  @inlinable public static var isExportedNullable: Bool { true }
  @inlinable public var exportedTailSize: Int { 0 }

  @inlinable public static var holdsObjects: Bool { true }
  public static func releaseObjects(in field: UnsafeRawPointer) {
    _ = tenon_object_release(field.load(as: OpaquePointer?.self))
  }

  public func write(to field: UnsafeMutableRawPointer, _ tail: inout Tail) { give(to: field) }

  public static func read(_ field: UnsafeRawPointer) throws(Refusal) -> Self {
    try object(field.loadUnaligned(as: OpaquePointer?.self))
  }

  public consuming func makeExportedValue() -> tenon_value_t { Value.object(self).makeValue() }

  public static func read(value: tenon_value_t) throws(Refusal) -> Self {
    var (value, handle): (tenon_value_t, OpaquePointer?) = (value, nil)
    guard tenon_value_get_object(&value, &handle) == TENON_STATUS_OK else { throw .invalid }
    return try object(handle)
  }

  public consuming func give(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: Object(self).retainedPointer(), as: OpaquePointer?.self)
  }

  public static func giveNone(to out: UnsafeMutableRawPointer) {
    out.storeBytes(of: nil, as: OpaquePointer?.self)
  }
}

/// The object behind C's handle, or why there is none.
@inlinable @inline(__always)
public func object<Instance: ExportedObject>(_ handle: OpaquePointer?) throws(Refusal) -> Instance {
  do {
    return try Object.instance(handle, as: Instance.self)
  } catch {
    throw Refusal(Object.check(handle, is: Instance.self).orInvalid)
  }
}

extension tenon_status_t {
  @usableFromInline var orInvalid: tenon_status_t {
    self == TENON_STATUS_OK ? TENON_STATUS_INVALID : self
  }
}

public func retainObject<Instance: ExportedObject>(_ handle: OpaquePointer?, _ type: Instance.Type)
  -> tenon_status_t
{
  let status = Object.check(handle, is: type)
  return status == TENON_STATUS_OK ? tenon_object_retain(handle) : status
}

public func releaseObject<Instance: ExportedObject>(_ handle: OpaquePointer?, _ type: Instance.Type)
  -> tenon_status_t
{
  let status = Object.check(handle, is: type)
  return status == TENON_STATUS_OK ? tenon_object_release(handle) : status
}
