import Glibc

extension Target {
  /// This very process, as it would be seen from outside: nobody else takes part. Calls `body` with it while there is memory.
  static func withOwn<Result>(
    _ body: (Target) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try Room.require(Room.least) { () throws(Failure) in
      let target = try own()
      let result = try body(target)
      if target.memory.isShort { throw Room.noMemory }
      return result
    }
  }

  private static func own() throws(Failure) -> Target {
    guard let maps = contents(of: "/proc/self/maps"), !maps.isEmpty else {
      if [EMFILE, ENFILE, ENOMEM].contains(errno) {
        throw Failure("the process has no resources left to look at itself", .noResources)
      }
      throw Failure("there is no /proc")
    }
    let (segments, mappings) = Mapping.parseAll(maps, file: Memory.own)
    let pid = getpid()
    let threads = threads(of: pid)
    guard !threads.isEmpty else { throw Room.noMemory }
    let memory = Memory(segments)
    memory.withRoom = { bytes, body in Room.with(bytes) { () throws(Never) in body() } != nil }
    let target = Target(.process, pid: pid, memory, mappings, threads)
    // A system may let a process read of itself only what it can read anyway.
    guard let first = segments.first, target.memory.load(first.start, as: UInt8.self) != nil else {
      throw Failure("the system does not let a process look at itself")
    }
    return target
  }
}
