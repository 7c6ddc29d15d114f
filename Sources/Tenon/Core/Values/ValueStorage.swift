import CTenon
import Glibc

/// What the core does with values: it moves them, and ends them once.
extension tenon_value_t {
  /// Inside a rejected future's slot: the value is an error's handle, or a status that stands for one.
  static let errorKind: UInt8 = 0xff
  static let statusKind: UInt8 = 0xfe

  @inline(__always) static func error(_ handle: Handle) -> tenon_value_t {
    var value = tenon_value_none()
    value.kind = errorKind
    value.as.u64 = UInt64(handle.bits)
    return value
  }

  @inline(__always) static func status(_ status: tenon_status_t) -> tenon_value_t {
    var value = tenon_value_none()
    value.kind = statusKind
    value.as.i64 = Int64(status.rawValue)
    return value
  }

  @inline(__always) func has(_ flag: UInt32) -> Bool {
    flags & UInt8(truncatingIfNeeded: flag) != 0
  }

  @inline(__always) var isKind: tenon_value_kind_t { tenon_value_kind_t(Int32(kind)) }

  /// Whether a caller may have made this: what else comes in is refused, not followed.
  @inline(__always) var isValid: Bool {
    // The common values have neither flags nor a drop.
    if kind <= 4 && flags == 0 && inline_size == 0 && reserved == 0 { return true }
    return isValidData
  }

  /// Whether it is a number or nothing, where it lies: the kind, the flags and what is reserved are one word.
  @inline(__always) static func isPlain(at value: UnsafePointer<tenon_value_t>) -> Bool {
    UInt32(littleEndian: UnsafeRawPointer(value).load(as: UInt32.self)) <= 4
  }

  @inline(__always) static func isValid(at value: UnsafePointer<tenon_value_t>) -> Bool {
    isPlain(at: value) || value.pointee.isValidData
  }

  /// Whether it may be sent through a stream: any value but the mark of its end.
  @inline(__always) static func isItem(at value: UnsafePointer<tenon_value_t>) -> Bool {
    isPlain(at: value) || value.pointee.isValidData && value.pointee.isKind != TENON_VALUE_END
  }

  @inline(never) private var isValidData: Bool {
    guard kind <= UInt8(TENON_VALUE_END.rawValue), reserved == 0,
      UInt32(flags) & ~(TENON_VALUE_FLAG_INLINE | TENON_VALUE_FLAG_BORROWED) == 0
    else { return false }
    if has(TENON_VALUE_FLAG_INLINE) {
      return isData && inline_size <= UInt8(TENON_VALUE_INLINE_SIZE_MAX)
    }
    guard inline_size == 0 else { return false }
    guard isData else { return true }
    // C's size_t is Swift's Int here, so what is too large is negative.
    return self.as.data.size >= 0 && (self.as.data.pointer != nil || self.as.data.size == 0)
  }

  @inline(__always) var isData: Bool {
    isKind == TENON_VALUE_STRING || isKind == TENON_VALUE_BYTES
  }

  /// Runs the drop function on this thread, if there is one to run.
  func dropHere() {
    guard let drop, !has(TENON_VALUE_FLAG_BORROWED) else { return }
    if isKind == TENON_VALUE_POINTER {
      Delivery.call(Delivery.Item(function: drop, context: self.as.pointer.address), .drop)
    } else if !has(TENON_VALUE_FLAG_INLINE) {
      let (data, size) = (self.as.data.pointer, self.as.data.size)
      Delivery.call(Delivery.Item(function: drop, context: data, size: size), .drop)
    }
  }

  /// A loan of what lies at `value`. What ends that is not looked at: see `shareValue`.
  @inline(__always) static func borrowed(at value: UnsafePointer<tenon_value_t>) -> tenon_value_t {
    var loan = tenon_value_none()
    loan.kind = value.pointee.kind
    loan.flags = value.pointee.flags | UInt8(TENON_VALUE_FLAG_BORROWED)
    loan.inline_size = value.pointee.inline_size
    loan.as = value.pointee.as
    return loan
  }

  /// A string or bytes with a copy of `data`: in the value itself, if it fits.
  static func copying(_ data: UnsafeRawBufferPointer, as kind: tenon_value_kind_t)
    -> tenon_value_t?
  {
    var value = tenon_value_none()
    value.kind = UInt8(kind.rawValue)
    if data.count <= Int(TENON_VALUE_INLINE_SIZE_MAX) {
      value.flags = UInt8(TENON_VALUE_FLAG_INLINE)
      value.inline_size = UInt8(data.count)
      withUnsafeMutableBytes(of: &value.as) { $0.copyMemory(from: data) }
      return value
    }
    guard let memory = Memory.take(data.count) else { return nil }
    memory.copyMemory(from: data.baseAddress.unsafelyUnwrapped, byteCount: data.count)
    value.as.data.pointer = memory
    value.as.data.size = data.count
    value.drop = { pointer, _ in free(pointer) }
    return value
  }

  /// Calls `body` with the bytes of a string or of bytes, wherever they are.
  func withData<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if has(TENON_VALUE_FLAG_INLINE) {
      return withUnsafeBytes(of: self.as) {
        body(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(inline_size))))
      }
    }
    return body(UnsafeRawBufferPointer(start: self.as.data.pointer, count: self.as.data.size))
  }
}

/// Whether `size` bytes are UTF-8 as the Unicode standard's table 3-7 has it.
func isUTF8(_ data: UnsafeRawBufferPointer) -> Bool {
  var index = 0
  while index < data.count {
    let byte = data[index]
    let length: Int
    let second: ClosedRange<UInt8>
    switch byte {
    case 0x00...0x7f:
      index += 1
      continue
    case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xe1...0xec, 0xee...0xef: (length, second) = (3, 0x80...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    default: return false
    }
    guard index + length <= data.count, second.contains(data[index + 1]) else { return false }
    for following in 2..<max(length, 2) where data[index + following] & 0xc0 != 0x80 {
      return false
    }
    index += length
  }
  return true
}
