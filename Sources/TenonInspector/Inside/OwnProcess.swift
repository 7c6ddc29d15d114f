import Glibc

extension Target {
  /// This very process, as it would be seen from outside: nobody else takes part.
  static func own() throws(Failure) -> Target {
    try Room.require()
    guard let maps = contents(of: "/proc/self/maps"), !maps.isEmpty else {
      if [EMFILE, ENFILE, ENOMEM].contains(errno) {
        throw Failure("the process has no resources left to look at itself", .noResources)
      }
      throw Failure("there is no /proc")
    }
    let (segments, mappings) = Mapping.parseAll(maps, file: Memory.own)
    let pid = getpid()
    let target = Target(.process, pid: pid, Memory(segments), mappings, threads(of: pid))
    // A system may let a process read of itself only what it can read anyway.
    guard let first = segments.first, target.memory.load(first.start, as: UInt8.self) != nil else {
      throw Failure("the system does not let a process look at itself")
    }
    return target
  }
}
