public import CTenon

/// One reference to an object that languages carry by a checked handle. From C it is a `tenon_object_t`.
///
///     let object = Object(connection)
///     let same = try object.instance(as: Connection.self)
///
/// A Swift object keeps its class: it is found as that, as a superclass, and as nothing else.
public final class Object: Sendable {
  let handle: Handle

  init(adopting handle: Handle) { self.handle = handle }

  /// Gives a Swift object a handle. Each has a reference to it; the last release lets go of it.
  public convenience init<Instance: AnyObject & Sendable>(_ instance: Instance) {
    self.init(adopting: Object.handle(for: instance))
  }

  /// Takes over a reference that C gives away.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no object's handle; it is then not taken.
  public convenience init(adopting object: OpaquePointer?) throws {
    let handle = Handle(object)
    try throwIfError(ObjectSlot.read(handle) { _, _, _ in TENON_STATUS_OK })
    self.init(adopting: handle)
  }

  /// Adds a reference to an object that C lends.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, if this is no object's handle.
  public convenience init(borrowing object: OpaquePointer?) throws {
    let handle = Handle(object)
    try throwIfError(ObjectSlot.retain(handle))
    self.init(adopting: handle)
  }

  deinit { _ = ObjectSlot.release(handle) }

  /// The handle, lent to C for as long as this object lives.
  public var pointer: OpaquePointer? { handle.pointer }

  /// The handle with a reference of its own, for C to release.
  public func retainedPointer() -> OpaquePointer? {
    ObjectSlot.retain(handle) == TENON_STATUS_OK ? handle.pointer : nil
  }

  /// The Swift object behind it.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, code `TENON_STATUS_INVALID`, if it is of another class or language.
  public func instance<Instance: AnyObject & Sendable>(as type: Instance.Type) throws -> Instance {
    try Object.instance(handle.pointer, as: type)
  }

  /// The Swift object behind a handle that C lends: stale, of another class or a mere number, it is an error.
  ///
  /// - Throws: ``Failure`` in domain `tenon`, with the status that C is answered.
  public static func instance<Instance: AnyObject & Sendable>(
    _ object: OpaquePointer?, as type: Instance.Type
  ) throws -> Instance {
    let (found, status) = find(object, mark(type))
    if let found { return unsafeDowncast(found.takeRetainedValue(), to: type) }
    if status == TENON_STATUS_INVALID, let other = anyInstance(object) as? Instance { return other }
    throw Failure(status)
  }

  /// Whether C's handle is one of this class; otherwise the status for C.
  public static func check<Instance: AnyObject & Sendable>(
    _ object: OpaquePointer?, is type: Instance.Type
  ) -> tenon_status_t {
    let (found, status) = find(object, mark(type))
    if let found {
      found.release()
      return status
    }
    return status == TENON_STATUS_INVALID && anyInstance(object) is Instance
      ? TENON_STATUS_OK : status
  }

  /// The end of a call that has held an object: see CExport.h.
  public static func letGo(_ held: UnsafeMutableRawPointer) { ObjectSlot.letGo(held) }

  /// A new handle, with one reference.
  static func handle<Instance: AnyObject & Sendable>(for instance: Instance) -> Handle {
    let pointer = Unmanaged.passRetained(instance).toOpaque()
    let mark = unsafeBitCast(Swift.type(of: instance as AnyObject), to: UnsafeRawPointer.self)
    guard let handle = ObjectSlot.create(pointer, mark, releaseInstance) else {
      // A fork's child has no objects, and C gets a handle that says so.
      Unmanaged<Instance>.fromOpaque(pointer).release()
      return Handle(bits: Handle.mark)
    }
    return handle
  }

  /// What stands for a class, as the mark of its objects.
  @inline(__always) private static func mark<Instance: AnyObject>(_ type: Instance.Type)
    -> UnsafeRawPointer
  { unsafeBitCast(type as AnyObject.Type, to: UnsafeRawPointer.self) }

  /// The object with a reference, if it is of exactly this class.
  private static func find(_ object: OpaquePointer?, _ mark: UnsafeRawPointer) -> (
    Unmanaged<AnyObject>?, tenon_status_t
  ) {
    var found: Unmanaged<AnyObject>?
    let status = ObjectSlot.read(Handle(object)) { pointer, type, _ in
      guard type == mark, let pointer else { return TENON_STATUS_INVALID }
      found = Unmanaged<AnyObject>.fromOpaque(pointer).retain()
      return TENON_STATUS_OK
    }
    return (found, status)
  }

  /// The object, if it is one of Swift's.
  private static func anyInstance(_ object: OpaquePointer?) -> AnyObject? {
    var found: AnyObject?
    _ = ObjectSlot.read(Handle(object)) { pointer, _, drop in
      if let pointer, isReleaseInstance(drop) {
        found = Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue()
      }
      return TENON_STATUS_OK
    }
    return found
  }
}

private let releaseInstance: tenon_drop_fn = { pointer, _ in
  if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
}

private func isReleaseInstance(_ drop: tenon_drop_fn?) -> Bool {
  unsafeBitCast(drop, to: UnsafeRawPointer?.self)
    == unsafeBitCast(releaseInstance, to: UnsafeRawPointer?.self)
}
