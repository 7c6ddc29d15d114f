/// A 32-bit name for an executor: 14 bits of its slot's index, and 18 of its generation.
struct ExecutorName: Equatable {
  static let none = ExecutorName(bits: 0)
  static let indexMax: UInt32 = 1 << 14 - 1

  let bits: UInt32

  @inline(__always) init(bits: UInt32) { self.bits = bits }
  @inline(__always) init(_ handle: Handle) {
    bits = UInt32(truncatingIfNeeded: handle.generation) << 14 | handle.index
  }

  /// Whether the slot's next life has a name that none of those from the `first` generation on has had.
  static func hasNext(_ handle: Handle, after first: UInt) -> Bool {
    handle.generation &+ 1 &- first < 1 << 18 && handle.generation < Handle.generationMax
  }

  @inline(__always) var index: UInt32 { bits & ExecutorName.indexMax }
}
