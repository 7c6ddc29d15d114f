import Glibc

/// First in, first out; one thread at a time. Grows, and gives back what a burst has taken.
///
/// Invariant: `capacity` is 0 or a power of two; `head` and `tail` count all elements that ever left and came.
struct Queue<Element: ~Copyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>?
  private var capacity = 0
  private var head = 0
  private var tail = 0

  /// How much room an empty queue keeps.
  private static var roomMax: Int { 4096 }

  @inline(__always) var isEmpty: Bool { head == tail }
  @inline(__always) var count: Int { tail &- head }

  @inline(__always) mutating func append(_ element: consuming Element) {
    if _slowPath(tail &- head == capacity) { growAtAnyPrice() }
    (elements.unsafelyUnwrapped + (tail & (capacity &- 1))).initialize(to: element)
    tail &+= 1
  }

  /// Makes room for one element more, so that it can be appended whatever happens; false: there is no memory for that.
  @inline(__always) mutating func makeRoom() -> Bool { tail &- head != capacity || grow() }

  @inline(__always) mutating func popFirst() -> Element? {
    if head == tail { return nil }
    let element = (elements.unsafelyUnwrapped + (head & (capacity &- 1))).move()
    head &+= 1
    // Empty; or now and then, for one that never is.
    if head == tail || head & (Queue.roomMax - 1) == 0 { giveBack() }
    return element
  }

  @inline(__always) private mutating func giveBack() {
    if _slowPath(capacity > Queue.roomMax && count <= capacity / 8) { shrink() }
  }

  /// The element that is so far behind the first one.
  subscript(offset: Int) -> Element where Element: Copyable {
    precondition(offset >= 0 && offset < count)
    return (elements.unsafelyUnwrapped + ((head &+ offset) & (capacity &- 1))).pointee
  }

  /// How many elements are so. Looks at each.
  func count(where holds: (borrowing Element) -> Bool) -> Int {
    guard let elements else { return 0 }
    return (0..<count).count { holds((elements + ((head &+ $0) & (capacity &- 1))).pointee) }
  }

  /// Looks at the element that `popFirst` would return.
  @inline(__always) func first<Result>(_ body: (borrowing Element) -> Result) -> Result? {
    if head == tail { return nil }
    return body((elements.unsafelyUnwrapped + (head & (capacity &- 1))).pointee)
  }

  /// Appends all that another queue has. What this one keeps when it is empty, the other one gets.
  mutating func take(allOf other: inout Queue) {
    if isEmpty {
      let mine = (elements, capacity)
      (elements, capacity, head, tail) = (other.elements, other.capacity, other.head, other.tail)
      (other.elements, other.capacity, other.head, other.tail) = (mine.0, mine.1, 0, 0)
    } else {
      while let element = other.popFirst() { append(element) }
    }
  }

  /// Twice the room. Of very many elements `realloc` moves the pages, which takes a fraction of what it takes to copy them into
  /// memory that the system has yet to find.
  @inline(never) private mutating func grow() -> Bool {
    let room = max(capacity * 2, 64)
    guard let memory = Memory.resize(elements, room * MemoryLayout<Element>.stride) else {
      return false
    }
    adopt(memory, room)
    return true
  }

  /// The same for what nobody may refuse: out of the reserve, if that is enough.
  @inline(never) private mutating func growAtAnyPrice() {
    if grow() { return }
    let room = max(capacity * 2, 64)
    guard let memory = realloc(elements, room * MemoryLayout<Element>.stride) else {
      fatalError("out of memory for a queue")
    }
    adopt(memory, room)
  }

  /// Goes on in memory that holds what was in the old one, bit by bit: so any value of Swift's may be moved.
  private mutating func adopt(_ memory: UnsafeMutableRawPointer, _ room: Int) {
    let old = capacity
    capacity = room
    elements = memory.assumingMemoryBound(to: Element.self)
    // Those that had gone round to the start come after the others.
    let first = old == 0 ? 0 : head & (old - 1)
    (elements.unsafelyUnwrapped + old)
      .moveInitialize(from: elements.unsafelyUnwrapped, count: first)
    (head, tail) = (first, first + old)
  }

  /// A fourth of the room, or none if it is empty.
  @inline(never) private mutating func shrink() {
    let room = isEmpty ? 0 : capacity / 4
    var others: UnsafeMutablePointer<Element>?
    if room != 0 {
      // It stays as it is, if there is no memory for less.
      guard let memory = Memory.take(room * MemoryLayout<Element>.stride) else { return }
      others = memory.assumingMemoryBound(to: Element.self)
    }
    for offset in 0..<count {
      (others.unsafelyUnwrapped + offset).moveInitialize(
        from: elements.unsafelyUnwrapped + ((head + offset) & (capacity - 1)), count: 1)
    }
    free(elements)
    (elements, capacity, head, tail) = (others, room, 0, count)
  }

  deinit {
    for offset in 0..<count {
      (elements.unsafelyUnwrapped + ((head + offset) & (capacity - 1))).deinitialize(count: 1)
    }
    free(elements)
  }
}
