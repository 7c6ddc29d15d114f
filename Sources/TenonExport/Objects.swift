public import CExport
public import CTenon
public import Synchronization
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

/// The object behind C's handle, or why there is none: for longer than the call.
@inlinable @inline(__always)
public func object<Instance: ExportedObject>(_ handle: OpaquePointer?) throws(Refusal) -> Instance {
  let held = tenon__hold_object(UInt(bitPattern: handle))
  if let slot = held.slot {
    let isOfClass = tenon__type_of_held(slot) == mark(of: Instance.self)
    let instance = isOfClass ? TenonExport.instance(slot, Instance.self) : nil
    if !tenon__let_go_of_object(held) { Object.letGo(slot) }
    if let instance { return instance }
  }
  return try find(handle, Instance.self)
}

/// Calls `body` with the object behind C's handle, which is there until the end, whatever C releases.
///
/// - Parameter class: What the marks of objects of this class have been once: so a call needs not ask for the class.
@inlinable @inline(__always) public func withObject<Instance: ExportedObject>(
  _ handle: OpaquePointer?, _ class: borrowing Atomic<UInt>,
  _ body: (Instance) -> tenon_status_t
) -> tenon_status_t {
  // Whatever else is called is called last, so that this needs no frame.
  let held = tenon__hold_object(UInt(bitPattern: handle))
  guard let slot = held.slot else { return withObjectSlowly(handle, `class`, body) }
  guard UInt(bitPattern: tenon__type_of_held(slot)) == `class`.load(ordering: .relaxed) else {
    return withOtherObject(handle, slot, `class`, body)
  }
  let status = Unmanaged<Instance>.fromOpaque(tenon__object_held(slot))
    ._withUnsafeGuaranteedRef(body)
  return tenon__let_go_of_object(held) ? status : letGoSlowly(slot, status)
}

/// The first call, one of a subclass's object, one of another class.
@usableFromInline @inline(never) func withOtherObject<Instance: ExportedObject>(
  _ handle: OpaquePointer?, _ held: UnsafeMutableRawPointer, _ class: borrowing Atomic<UInt>,
  _ body: (Instance) -> tenon_status_t
) -> tenon_status_t {
  Object.letGo(held)
  return withObjectSlowly(handle, `class`, body)
}

/// The same, one by somebody else at the same time, one that is refused.
@usableFromInline @inline(never) func withObjectSlowly<Instance: ExportedObject>(
  _ handle: OpaquePointer?, _ class: borrowing Atomic<UInt>, _ body: (Instance) -> tenon_status_t
) -> tenon_status_t {
  do throws(Refusal) {
    let instance = try find(handle, Instance.self)
    `class`.store(UInt(bitPattern: mark(of: Instance.self)), ordering: .relaxed)
    return body(instance)
  } catch { return error.status }
}

@inlinable @inline(__always) func mark<Instance: ExportedObject>(of type: Instance.Type)
  -> UnsafeRawPointer
{ unsafeBitCast(type as AnyObject.Type, to: UnsafeRawPointer.self) }

@inlinable @inline(__always) func instance<Instance: ExportedObject>(
  _ slot: UnsafeMutableRawPointer, _ type: Instance.Type
) -> Instance { Unmanaged<Instance>.fromOpaque(tenon__object_held(slot)).takeUnretainedValue() }

@usableFromInline @inline(never) func letGoSlowly(
  _ slot: UnsafeMutableRawPointer, _ status: tenon_status_t
) -> tenon_status_t {
  Object.letGo(slot)
  return status
}

/// What is not found at once: others hold it, or it is of a subclass, or none at all.
@usableFromInline @inline(never) func find<Instance: ExportedObject>(
  _ handle: OpaquePointer?, _ type: Instance.Type
) throws(Refusal) -> Instance {
  do {
    return try Object.instance(handle, as: type)
  } catch {
    throw Refusal(Object.check(handle, is: type).orInvalid)
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
