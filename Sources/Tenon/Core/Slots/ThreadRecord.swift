import CLinux
import CThread
import Glibc

/// What Tenon keeps for one thread: made when it is first needed, ended with the thread.
struct ThreadRecord {
  /// The state of the executor that this thread polls; of several inside one another, the innermost.
  var polled: UnsafeMutableRawPointer?
  /// The name of the executor that it polled last, or created.
  var home: UInt32 = 0

  /// Its magazines come first in memory: see ``Magazine``.
  static let size = Magazine.tablesMax * MemoryLayout<Magazine>.stride

  /// This thread's, if it has one.
  @inline(__always) static var known: UnsafeMutablePointer<ThreadRecord>? {
    tenon__record()?.advanced(by: size).assumingMemoryBound(to: ThreadRecord.self)
  }

  /// This thread's; nil: there is no memory, or the thread is ending.
  @inline(__always) static var current: UnsafeMutablePointer<ThreadRecord>? { known ?? make() }

  private static let key = tenon__key(Int32(tenon__key_record)) { end($0.unsafelyUnwrapped) }

  @inline(never) private static func make() -> UnsafeMutablePointer<ThreadRecord>? {
    // Of a thread that has ended its record the key says so.
    guard pthread_getspecific(key) == nil,
      let memory = calloc(1, size + MemoryLayout<ThreadRecord>.size)
    else { return nil }
    guard pthread_setspecific(key, memory) == 0 else {
      free(memory)
      return nil
    }
    tenon__set_record(memory)
    return known
  }

  /// The thread ends: others of its kind may still run on it, and do without.
  private static func end(_ memory: UnsafeMutableRawPointer) {
    if memory == ended { return }
    tenon__set_record(nil)
    pthread_setspecific(key, ended)
    if !Fork.isChild { SlotTables.forEach { $0.emptyMagazine(in: memory) } }
    free(memory)
  }

  /// Instead of a record that is gone.
  private static var ended: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

  /// In a fork's child: what the thread had is of no use any more.
  static func abandon() { tenon__set_record(nil) }
}
