public import CTenon

extension Value {
  /// An object of the producer's language, with its mark. It is ended when nothing has it any more: no copy of this, and no
  /// value that was made of one.
  ///
  /// When such a value is given away while there are other copies, its readers share the object: tenon_value_is_shared().
  // SAFETY: an address and a mark are only compared and carried; what is behind them is the producer's business, who made it
  // for values, which go to any thread.
  public struct Pointer: @unchecked Sendable {
    enum Content {
      /// Somebody else's, who lets it live.
      case lent(UnsafeMutableRawPointer?, UnsafeRawPointer?)
      /// Behind a handle, which is the address then.
      case object(Object)
      case owned(PointerOwner)
    }

    private let content: Content

    init(_ content: Content) { self.content = content }

    /// Takes over an object: `drop` ends it. Without `drop` somebody else does, later than the last use of this.
    public init(
      address: UnsafeMutableRawPointer?, type: UnsafeRawPointer?, drop: tenon_drop_fn? = nil
    ) {
      self.init(adopting: tenon_value_pointer(address, type, drop))
    }

    /// Where it is, for as long as this or a copy of it lives.
    public var address: UnsafeMutableRawPointer? {
      switch content {
      case .lent(let address, _): address
      case .object(let object): UnsafeMutableRawPointer(object.pointer)
      case .owned(let owner): owner.address
      }
    }

    /// The producer's mark.
    public var type: UnsafeRawPointer? {
      switch content {
      case .lent(_, let type): type
      case .object: tenon_value_t.objectMark
      case .owned(let owner): owner.type
      }
    }

    /// The handle of a Swift object, or another that has one: see tenon/object.h.
    var object: Handle? { tenon_value_pointer(address, type, nil).object }
  }
}

extension Value.Pointer {
  init(adopting value: tenon_value_t) {
    let (address, type) = (value.as.pointer.address, value.as.pointer.type)
    if value.drop == nil || value.has(TENON_VALUE_FLAG_BORROWED) {
      self.init(.lent(address, type))
    } else if let handle = Value.Pointer.handle(in: value) {
      self.init(.object(Object(adopting: handle)))
    } else if let owner = SharedPointers.owner(of: value) {
      value.end()
      self.init(.owned(owner))
    } else {
      self.init(.owned(PointerOwner(adopting: value)))
    }
  }

  init(sharing value: UnsafeMutablePointer<tenon_value_t>) {
    if value.pointee.drop == nil || value.pointee.has(TENON_VALUE_FLAG_BORROWED) {
      self.init(adopting: value.pointee)
    } else if let handle = Value.Pointer.handle(in: value.pointee),
      ObjectSlot.retain(handle) == TENON_STATUS_OK
    {
      self.init(.object(Object(adopting: handle)))
    } else if let owner = SharedPointers.owner(of: value.pointee) {
      self.init(.owned(owner))
    } else {
      let owner = PointerOwner(adopting: value.pointee)
      let shared = SharedPointers.makeValue(of: owner)
      value.pointee.drop = shared.drop
      value.pointee.drop_executor = shared.drop_executor
      self.init(.owned(owner))
    }
  }

  /// The handle, if all that the value owns is a reference to an object, to be released anywhere.
  private static func handle(in value: tenon_value_t) -> Handle? {
    guard value.drop_executor == 0, value.hasDrop(tenon_value_t.releaseObject) else { return nil }
    return value.object
  }

  consuming func makeValue() -> tenon_value_t {
    switch content {
    case .lent(let address, let type): return tenon_value_pointer(address, type, nil)
    case .object(let object):
      let isThere = ObjectSlot.retain(object.handle) == TENON_STATUS_OK
      return isThere ? .object(object.handle) : tenon_value_none()
    case .owned(var owner):
      self = Value.Pointer(.lent(nil, nil))
      if isKnownUniquelyReferenced(&owner) { return owner.take() }
      return SharedPointers.makeValue(of: owner)
    }
  }
}
