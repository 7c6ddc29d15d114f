public import CTenon
public import Tenon

// What the three bridges share: texts and lists of C's, structs in one block, and what a call answers.

/// An argument is wrong.
public struct Invalid: Error { public init() {} }

// MARK: From C

public func text(_ text: UnsafePointer<CChar>?) throws -> String {
  guard let text, let text = String(validatingCString: text) else { throw Invalid() }
  return text
}

public func text(_ string: tenon_string_t) throws -> String {
  let bytes = UnsafeRawBufferPointer(try elements(string.data, string.size))
  guard let text = String(validating: bytes, as: UTF8.self) else { throw Invalid() }
  return text
}

/// The elements of one of C's lists.
public func elements<Element>(_ data: UnsafePointer<Element>?, _ count: Int) throws
  -> UnsafeBufferPointer<Element>
{
  guard count >= 0, count <= Int.max / MemoryLayout<Element>.stride, count == 0 || data != nil
  else { throw Invalid() }
  return UnsafeBufferPointer(start: data, count: count)
}

/// One of C's structs, with the size that it says it has.
public func structure<Struct>(_ pointer: UnsafePointer<Struct>?, _ size: KeyPath<Struct, Int>)
  throws -> Struct
{
  guard let pointer, pointer.pointee[keyPath: size] == MemoryLayout<Struct>.size else {
    throw Invalid()
  }
  return pointer.pointee
}

// MARK: To C, in one block

/// Where the parts of a block go: first it counts, then it writes.
public struct Block {
  private var size = 0
  private var memory: UnsafeMutableRawPointer?

  private mutating func take(_ count: Int) -> UnsafeMutableRawPointer? {
    defer { size += (count + 7) & ~7 }
    return memory.map { $0 + size }
  }

  public mutating func add(_ text: String) -> tenon_string_t {
    tenon_string_t(
      data: add(Array(text.utf8CString)), size: text.utf8.count)
  }

  public mutating func add<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    let place = take(elements.count * MemoryLayout<Element>.stride)
    elements.withUnsafeBytes { bytes in
      if let from = bytes.baseAddress { place?.copyMemory(from: from, byteCount: bytes.count) }
    }
    return UnsafePointer(place?.assumingMemoryBound(to: Element.self))
  }

  /// Writes the block of a struct: `fill` is called twice, to count and to write.
  public static func make<Struct>(_ empty: Struct, _ fill: (inout Struct, inout Block) -> Void)
    -> UnsafeMutablePointer<Struct>
  {
    let head = (MemoryLayout<Struct>.size + 7) & ~7
    var (counted, block) = (empty, Block())
    fill(&counted, &block)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: head + block.size, alignment: 8)
    var (written, writing) = (empty, Block())
    writing.memory = memory + head
    fill(&written, &writing)
    let made = memory.bindMemory(to: Struct.self, capacity: 1)
    made.initialize(to: written)
    return made
  }

  /// What marks a block as one of this struct.
  public static func mark<Struct>(_ type: Struct.Type) -> UnsafeRawPointer {
    unsafeBitCast(type as Any.Type, to: UnsafeRawPointer.self)
  }

  /// A block as what a future delivers.
  public static func value<Struct>(_ block: UnsafeMutablePointer<Struct>) -> tenon_value_t {
    tenon_value_pointer(block, mark(Struct.self)) { block, _ in block?.deallocate() }
  }

  /// A block as what an error has.
  public static func payload<Struct>(_ block: UnsafeMutablePointer<Struct>)
    -> tenon_error_payload_t
  {
    tenon_error_payload_t(
      struct_size: MemoryLayout<tenon_error_payload_t>.size, type: mark(Struct.self), pointer: block
    ) { $0?.deallocate() }
  }
}

// MARK: Answers

/// What a call answers that is refused before it begins.
public func answer(_ body: () throws -> tenon_status_t) -> tenon_status_t {
  do {
    return try body()
  } catch let failure as Failure {
    return tenon_status_t(rawValue: Int32(failure.code))
  } catch {
    return TENON_STATUS_INVALID
  }
}

/// What a call answers that has failed.
public func rejected(_ error: any Error, _ out: UnsafeMutablePointer<OpaquePointer?>?)
  -> tenon_status_t
{
  out?.pointee = Failure.retainedPointer(for: error)
  return TENON_STATUS_REJECTED
}

/// The struct that an error has.
public func details<Struct>(
  _ error: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafePointer<Struct>?>?
) -> tenon_status_t {
  guard let out else { return TENON_STATUS_INVALID }
  var pointer: UnsafeMutableRawPointer?
  let status = tenon_error_get_payload(error, Block.mark(Struct.self), &pointer)
  if status == TENON_STATUS_OK {
    out.pointee = UnsafePointer(pointer?.assumingMemoryBound(to: Struct.self))
  }
  return status
}

/// Moves a block out of a future, or nothing if it has something else.
public func take<Struct>(
  _ future: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafeMutablePointer<Struct>?>?
) -> tenon_status_t {
  take(future, { take(&$0, out) })
}

/// Moves an object out of a future, or nothing if it has something else.
public func take<Instance: AnyObject & Sendable>(
  _ future: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ type: Instance.Type
) -> tenon_status_t {
  take(future) { value in
    var object: OpaquePointer?
    let status = tenon_value_get_object(&value, &object)
    guard status == TENON_STATUS_OK, let out else { return TENON_STATUS_INVALID }
    let checked = Object.check(object, is: type)
    if checked == TENON_STATUS_OK { out.pointee = object }
    return checked
  }
}

private func take(
  _ future: OpaquePointer?, _ move: (inout tenon_value_t) -> tenon_status_t
) -> tenon_status_t {
  var value = tenon_value_none()
  let status = tenon_future_peek(future, &value)
  guard status == TENON_STATUS_OK else { return status }
  value.flags &= ~UInt8(TENON_VALUE_FLAG_BORROWED)
  let moved = move(&value)
  return moved == TENON_STATUS_OK ? tenon_future_take(future, &value) : moved
}

/// Moves a block out of a value, or nothing if it has something else.
public func take<Struct>(
  _ item: UnsafeMutablePointer<tenon_value_t>?,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<Struct>?>?
) -> tenon_status_t {
  guard let item, let out, item.pointee.kind == UInt8(TENON_VALUE_POINTER.rawValue),
    item.pointee.flags & UInt8(TENON_VALUE_FLAG_BORROWED) == 0,
    item.pointee.as.pointer.type == Block.mark(Struct.self)
  else { return TENON_STATUS_INVALID }
  out.pointee = item.pointee.as.pointer.address?.assumingMemoryBound(to: Struct.self)
  item.pointee = tenon_value_none()
  return TENON_STATUS_OK
}

public func retain<Instance: AnyObject & Sendable>(_ object: OpaquePointer?, _ type: Instance.Type)
  -> tenon_status_t
{
  let status = Object.check(object, is: type)
  return status == TENON_STATUS_OK ? tenon_object_retain(object) : status
}

public func release<Instance: AnyObject & Sendable>(_ object: OpaquePointer?, _ type: Instance.Type)
  -> tenon_status_t
{
  let status = Object.check(object, is: type)
  return status == TENON_STATUS_OK ? tenon_object_release(object) : status
}
