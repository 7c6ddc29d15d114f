import Glibc

/// Whether the system has the memory that a look takes, which grows with the process: Swift's runtime ends a process whose
/// allocation fails, so it is asked for before. What another thread takes in between is not known here.
enum Room {
  /// What there is however little there is to see: the files of the program and its libraries, above all.
  private static let least = 64 << 20
  /// A thing with its edges and words; or its lines in a text.
  static let ofThing = 3 << 10
  /// An event, and its line in a trace.
  static let ofEvent = 1 << 10

  /// For so many, each of so many bytes.
  static func isThere(for count: Int = 0, each: Int = ofThing) -> Bool {
    isThere(bytes: least + count * each)
  }

  /// For what a watch keeps from one look to the next.
  static var isThereForLittle: Bool { isThere(bytes: 1 << 20) }

  static func isThere(bytes size: Int) -> Bool {
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { return false }
    munmap(memory, size)
    return true
  }

  static func require(for count: Int = 0, each: Int = ofThing) throws(Failure) {
    if !isThere(for: count, each: each) {
      throw Failure("the process has no memory left to look at itself", .noResources)
    }
  }
}
