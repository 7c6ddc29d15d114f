import CLinux
import CTenon
import Glibc
import Synchronization

/// What a descriptor is waited for.
enum DescriptorPurpose {
  case reading, writing

  var events: UInt32 { self == .reading ? EPOLLIN.rawValue : EPOLLOUT.rawValue }
}

/// One future's wait for a descriptor, in memory that goes from one to the next: see `FreeWaits`.
struct DescriptorWait: ~Copyable {
  /// Retained.
  let descriptors: Unmanaged<Descriptors>
  let fd: Int32
  let purpose: DescriptorPurpose
  let promise: Handle
  /// The registration that tells of a cancel, as soon as there is one.
  let cancel = Atomic<UInt>(0)
  // From here on under the mutex of `descriptors`, or the thread's that has taken it out.
  var next: UnsafeMutablePointer<DescriptorWait>?
  var previous: UnsafeMutablePointer<DescriptorWait>?
  var isListed = false
  /// Who knows it: the list, or who has taken it from there; and the cancel's callback, or who makes that. The last one that lets
  /// go of it gives it back.
  var claims = 2

  init(_ descriptors: Descriptors, _ fd: Int32, _ purpose: DescriptorPurpose, _ promise: Handle) {
    self.descriptors = .passRetained(descriptors)
    self.fd = fd
    self.purpose = purpose
    self.promise = promise
  }
}

/// Waits in the order in which they came.
struct WaitList {
  private var first: UnsafeMutablePointer<DescriptorWait>?
  private var last: UnsafeMutablePointer<DescriptorWait>?

  var isEmpty: Bool { first == nil }

  mutating func append(_ wait: UnsafeMutablePointer<DescriptorWait>) {
    (wait.pointee.previous, wait.pointee.next) = (last, nil)
    if let last { last.pointee.next = wait } else { first = wait }
    last = wait
  }

  mutating func remove(_ wait: UnsafeMutablePointer<DescriptorWait>) {
    let (previous, next) = (wait.pointee.previous, wait.pointee.next)
    if let next { next.pointee.previous = previous } else { last = previous }
    if let previous { previous.pointee.next = next } else { first = next }
  }

  mutating func popFirst() -> UnsafeMutablePointer<DescriptorWait>? {
    guard let wait = first else { return nil }
    remove(wait)
    return wait
  }
}

/// Some memory of waits that are over.
struct FreeWaits: ~Copyable {
  private var list = WaitList()
  private var count = 0
  private static let countMax = 64

  /// nil: there is none.
  mutating func take() -> UnsafeMutablePointer<DescriptorWait>? {
    if let wait = list.popFirst() {
      count -= 1
      return wait
    }
    return Memory.take(MemoryLayout<DescriptorWait>.stride)?
      .bindMemory(to: DescriptorWait.self, capacity: 1)
  }

  mutating func give(_ wait: UnsafeMutablePointer<DescriptorWait>) {
    if count == FreeWaits.countMax { return free(wait) }
    count += 1
    list.append(wait)
  }

  mutating func freeAll() {
    while let wait = list.popFirst() { free(wait) }
  }
}
