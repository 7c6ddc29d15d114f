import CLinux
import Glibc
import Synchronization

/// What the shared objects of this process have in common, by its name: little, and kept for ever.
///
/// A list that only grows needs no lock, and is as good after a fork.
enum Shared {
  private struct Entry {
    let next: UnsafeMutablePointer<Entry>?
    let name: UnsafeMutablePointer<CChar>
    /// nil: the entry itself.
    let object: UnsafeMutableRawPointer?
  }

  /// The address of the newest entry, or 0.
  private static let newest = Atomic<UInt>(0)

  /// What is kept under this name: this object, if there is none yet. The image of `code` then stays loaded. nil: no memory.
  static func object(
    named name: UnsafePointer<CChar>, orElse object: UnsafeMutableRawPointer?,
    code: UnsafeRawPointer?
  ) -> UnsafeMutableRawPointer? {
    var head = newest.load(ordering: .acquiring)
    if let known = find(name, from: head) { return known }
    guard let memory = Memory.take(MemoryLayout<Entry>.size) else { return nil }
    guard let copy = strdup(name) else {
      free(memory)
      return nil
    }
    // Before anybody can see the object.
    if let code { keepLoaded(code) }
    let entry = memory.bindMemory(to: Entry.self, capacity: 1)
    while true {
      entry.initialize(
        to: Entry(next: UnsafeMutablePointer(bitPattern: head), name: copy, object: object))
      let (isFirst, current) = newest.compareExchange(
        expected: head, desired: UInt(bitPattern: entry), successOrdering: .releasing,
        failureOrdering: .acquiring)
      if isFirst { return object ?? memory }
      head = current
      if let known = find(name, from: head) {
        free(copy)
        free(memory)
        return known
      }
    }
  }

  private static func find(
    _ name: UnsafePointer<CChar>, from head: UInt
  ) -> UnsafeMutableRawPointer? {
    var next = UnsafeMutablePointer<Entry>(bitPattern: head)
    while let entry = next {
      if strcmp(entry.pointee.name, name) == 0 {
        return entry.pointee.object ?? UnsafeMutableRawPointer(entry)
      }
      next = entry.pointee.next
    }
    return nil
  }

  /// What others call may not be unloaded before them.
  private static func keepLoaded(_ code: UnsafeRawPointer) {
    var image = tenon__image_t()
    if tenon__image_of(code, &image) != 0, let file = image.file {
      dlopen(file, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)
    }
  }
}
