import CTenonImage

/// Memory when there may be none. Swift's own allocations end the process then, but for a reserve that the installed libraries
/// have (Sources/CTenonImage/memory.c): so whatever may fail looks at `isShort` before it makes an object; and memory
/// of any amount is asked for here, where it may be refused, and never comes from that reserve.
enum Memory {
  /// The system has none, and a part of the reserve is in use.
  static var isShort: Bool { tenon__memory_is_short() }

  /// To be freed with `free`.
  static func take(_ size: Int) -> UnsafeMutableRawPointer? { tenon__grow(nil, size) }

  /// As `realloc`.
  static func resize(_ memory: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
    tenon__grow(memory, size)
  }
}
