import CTenonRoot

/// What is looked at: a process, or the core of one.
final class Target {
  enum Kind: String { case process, core }

  let kind: Kind
  let pid: Int32
  let memory: Memory
  let images: Images
  let threads: [ThreadOfTarget]
  /// The monotonic clock's time; of a core it is not known.
  let now: UInt64?
  /// Its memory, of a process that was opened.
  let file: Int32

  init(
    _ kind: Kind, pid: Int32, _ memory: Memory, _ mappings: [Mapping], _ threads: [ThreadOfTarget],
    images: Images? = nil, file: Int32 = -1
  ) {
    self.file = file
    self.kind = kind
    self.pid = pid
    self.memory = memory
    self.threads = threads
    now = kind == .core ? nil : tenon__now_ns()
    self.images = images ?? Images(mappings, memory, pid: kind == .process ? pid : nil)
  }
}

struct ThreadOfTarget {
  let id: Int32
  let name: String?
  /// As the system has it: R, S, D ...
  let state: String?
  /// Where it was, of a core; 0: not known.
  var programCounter: UInt = 0
  var framePointer: UInt = 0
  var stackPointer: UInt = 0
  /// All of its registers, of a core.
  var registers: [UInt] = []
}

/// A range of addresses, and the file that it was loaded from.
struct Mapping: Equatable {
  let start: UInt
  let end: UInt
  let offset: UInt
  let path: String
  /// It may be run.
  var isCode = false
}
