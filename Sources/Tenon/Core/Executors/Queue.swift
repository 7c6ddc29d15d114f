/// First in, first out; one thread at a time. Grows, and keeps what it has.
///
/// Invariant: `capacity` is 0 or a power of two; `head` and `tail` count all elements that ever left and came.
struct Queue<Element>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>?
  private var capacity = 0
  private var head = 0
  private var tail = 0

  @inline(__always) var isEmpty: Bool { head == tail }
  @inline(__always) var count: Int { tail &- head }

  @inline(__always) mutating func append(_ element: consuming Element) {
    if _slowPath(tail &- head == capacity) { grow() }
    (elements.unsafelyUnwrapped + (tail & (capacity &- 1))).initialize(to: element)
    tail &+= 1
  }

  @inline(__always) mutating func popFirst() -> Element? {
    if head == tail { return nil }
    let element = (elements.unsafelyUnwrapped + (head & (capacity &- 1))).move()
    head &+= 1
    return element
  }

  mutating func swap(with other: inout Queue) {
    let mine = (elements, capacity, head, tail)
    (elements, capacity, head, tail) = (other.elements, other.capacity, other.head, other.tail)
    (other.elements, other.capacity, other.head, other.tail) = mine
  }

  @inline(never) private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: max(capacity * 2, 64))
    for offset in 0..<count {
      (larger + offset).moveInitialize(
        from: elements.unsafelyUnwrapped + ((head + offset) & (capacity - 1)), count: 1)
    }
    elements?.deallocate()
    (elements, capacity, head, tail) = (larger, max(capacity * 2, 64), 0, count)
  }

  deinit {
    for offset in 0..<count {
      (elements.unsafelyUnwrapped + ((head + offset) & (capacity - 1))).deinitialize(count: 1)
    }
    elements?.deallocate()
  }
}
