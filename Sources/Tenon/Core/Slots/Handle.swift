/// What C holds instead of an address: a number that names a slot and one life of it.
///
///     bit 63        always 1: no address of a user's process has it, so no pointer is a handle
///     bits 62...38  generation: how often the slot had been taken when this handle was made
///     bits 37...32  kind
///     bits 31...0   index of the slot in its table
///
/// The word at the head of each slot keeps the same mark and generation in the same bits, so that one
/// comparison tells whether a handle is current.
struct Handle {
  enum Kind: UInt {
    case future = 1
    case promise, registration, timer, error, executor
    case sink, stream, publisher, latest, scope, object
  }

  static let mark: UInt = 1 << 63
  static let generationShift: UInt = 38
  static let generationMax: UInt = (1 << 25) - 1
  /// The mark and the generation: what a handle has in common with its slot's word.
  static let lifeMask: UInt = ~0 << generationShift

  let bits: UInt

  @inline(__always) init(bits: UInt) { self.bits = bits }
  @inline(__always) init(_ pointer: OpaquePointer?) { bits = UInt(bitPattern: pointer) }

  /// Names the life that `word` is in.
  @inline(__always) init(_ kind: Kind, index: UInt32, word: UInt) {
    bits = word & Handle.lifeMask | kind.rawValue << 32 | UInt(index)
  }

  @inline(__always) var pointer: OpaquePointer? { OpaquePointer(bitPattern: bits) }
  @inline(__always) var index: UInt32 { UInt32(truncatingIfNeeded: bits) }
  @inline(__always) var kindBits: UInt { bits >> 32 & 63 }
  @inline(__always) var generation: UInt { bits >> Handle.generationShift & Handle.generationMax }

  @inline(__always) func `is`(_ kind: Kind) -> Bool {
    (bits >> 32) & (1 << 31 | 63) == 1 << 31 | kind.rawValue
  }

  /// The same slot and life, seen as another kind.
  @inline(__always) func `as`(_ kind: Kind) -> Handle {
    Handle(bits: bits & ~(63 << 32) | kind.rawValue << 32)
  }

  /// Whether a slot whose word is `word` is still in the life that this handle names.
  @inline(__always) func lives(in word: UInt) -> Bool { (word ^ bits) & Handle.lifeMask == 0 }
}
