import CLinux
import CTenon
import Glibc

/// What a descriptor is waited for.
enum DescriptorPurpose: UInt {
  case reading = 0
  case writing

  var events: UInt32 { self == .reading ? EPOLLIN.rawValue : EPOLLOUT.rawValue }
}

/// One future's wait for a descriptor: a registration's slot that is never armed, so that nobody tells it but the descriptors,
/// under whose mutex it is made and found. The context says what it waits for.
struct DescriptorWait {
  let index: UInt32
  private var slot: UnsafeMutablePointer<RegistrationSlot> { RegistrationSlot.at(index) }

  init(at index: UInt32) { self.index = index }

  /// nil: there is no slot left.
  init?(of promise: Handle, _ fd: Int32, _ purpose: DescriptorPurpose, _ executor: ExecutorName) {
    let context = UnsafeMutableRawPointer(bitPattern: UInt(fd) << 1 | purpose.rawValue)
    guard
      let (_, index, _) = createRegistration(
        nil, context, subject: promise, executor: executor, isOwn: true)
    else { return nil }
    self.index = index
  }

  var promise: Handle { slot.pointee.subject }

  private var context: UInt { slot.pointee.context.load(ordering: .relaxed) }
  var fd: Int32 { Int32(truncatingIfNeeded: context >> 1) }
  var purpose: DescriptorPurpose { context & 1 == 0 ? .reading : .writing }

  /// By whoever has it alone.
  func free() { freeRegistration(index, slot) }
}

/// Waits in the order in which they came.
struct WaitList {
  /// Index + 1.
  private var first: UInt32 = 0

  @inline(__always) var isEmpty: Bool { first == 0 }

  @inline(__always) mutating func append(_ wait: DescriptorWait) {
    RegistrationList.append(wait.index, to: &first)
  }

  mutating func remove(_ wait: DescriptorWait) {
    RegistrationList.remove(wait.index, from: &first)
  }

  @inline(__always) mutating func popFirst() -> DescriptorWait? {
    if first == 0 { return nil }
    let wait = DescriptorWait(at: first - 1)
    remove(wait)
    return wait
  }
}
