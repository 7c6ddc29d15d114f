import CTrace
import Glibc

extension Target {
  /// A process that runs, or hangs: it takes no part.
  static func process(_ pid: Int32) throws(Failure) -> Target { try process(pid, after: nil) }

  /// The same process as it is now, without what has not changed.
  func again() throws(Failure) -> Target { try Target.process(pid, after: self) }

  private static func process(_ pid: Int32, after last: Target?) throws(Failure) -> Target {
    guard kill(pid, 0) == 0 || errno == EPERM else {
      throw Failure(last == nil ? "there is no process \(pid)" : "process \(pid) has ended")
    }
    let file = last?.file ?? open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    if hasEnded(pid) { throw Failure("process \(pid) has ended") }
    guard file >= 0, let maps = contents(of: "/proc/\(pid)/maps"), !maps.isEmpty else {
      throw refusal(pid)
    }
    let (segments, mappings) = Mapping.parseAll(maps, file: file)
    let images = last.flatMap { $0.images.fit(mappings) ? $0.images : nil }
    images?.refresh(mappings)
    let target = Target(
      .process, pid: pid, Memory(segments, process: file), mappings, threads(of: pid),
      images: images, file: file)
    // Reading may be refused where opening is not.
    guard let first = segments.first, target.memory.load(first.start, as: UInt8.self) != nil else {
      throw refusal(pid)
    }
    return target
  }

  /// Whether nobody has yet asked how it ended.
  private static func hasEnded(_ pid: Int32) -> Bool {
    let stat = lines(of: "/proc/\(pid)/stat").first ?? ""
    return stat.split(separator: ")").last?.hasPrefix(" Z") ?? false
  }

  /// Whether its threads may be stopped for a moment.
  func checkStops() throws(Failure) {
    for thread in threads {
      var stop = tenon__stop_t()
      if tenon__stop_thread(thread.id, &stop) { return tenon__let_go(thread.id, stop) }
    }
    let status = lines(of: "/proc/\(pid)/status").first { $0.hasPrefix("TracerPid:") }
    if let tracer = status?.split(separator: "\t").last, tracer != "0" {
      throw Failure(
        "process \(pid) is traced by process \(tracer), a debugger perhaps: only one can at a time")
    }
    throw Target.refusal(pid)
  }

  private static func refusal(_ pid: Int32) -> Failure {
    let scope = contents(of: "/proc/sys/kernel/yama/ptrace_scope")?.first ?? UInt8(ascii: "0")
    if scope != UInt8(ascii: "0") && geteuid() != 0 {
      return Failure(
        "the system forbids looking into process \(pid): run this as root (sudo tenon ...), or allow it with "
          + "sudo sysctl kernel.yama.ptrace_scope=0")
    }
    return Failure(
      "process \(pid) is somebody else's, or does not let itself be looked into: run this as its user or as root, "
        + "in a container with --cap-add SYS_PTRACE")
  }

  static func threads(of pid: Int32) -> [ThreadOfTarget] {
    guard let folder = opendir("/proc/\(pid)/task") else { return [] }
    defer { closedir(folder) }
    var threads: [ThreadOfTarget] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let id = Int32(name) else { continue }
      let stat = lines(of: "/proc/\(pid)/task/\(id)/stat").first ?? ""
      let state = stat.split(separator: ")").last?.split(separator: " ").first.map(String.init)
      let label = lines(of: "/proc/\(pid)/task/\(id)/comm").first.map(String.init)
      threads.append(ThreadOfTarget(id: id, name: label, state: state))
    }
    return threads.sorted { $0.id < $1.id }
  }
}

extension Mapping {
  /// All of /proc/PID/maps that can be read, out of `file`.
  static func parseAll(_ maps: [UInt8], file: Int32) -> ([Memory.Segment], [Mapping]) {
    var (segments, mappings) = ([Memory.Segment](), [Mapping]())
    for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
      guard let (mapping, isReadable, isWritten) = Mapping.parse(line) else { continue }
      if isReadable && mapping.path != "[vvar]" && mapping.path != "[vsyscall]" {
        segments.append(
          Memory.Segment(
            start: mapping.start, end: mapping.end, file: file, offset: mapping.start,
            isWritten: isWritten))
        mappings.append(mapping)
      }
    }
    return (segments, mappings)
  }

  /// A line of /proc/PID/maps.
  static func parse(_ line: Substring) -> (Mapping, isReadable: Bool, isWritten: Bool)? {
    let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
    guard fields.count >= 5, let dash = fields[0].firstIndex(of: "-"),
      let start = UInt(fields[0][..<dash], radix: 16),
      let end = UInt(fields[0][fields[0].index(after: dash)...], radix: 16),
      let offset = UInt(fields[2], radix: 16)
    else { return nil }
    var path = fields.count > 5 ? String(fields[5].drop { $0 == " " }) : ""
    if path.hasSuffix(" (deleted)") { path.removeLast(10) }
    return (
      Mapping(
        start: start, end: end, offset: offset, path: path, isCode: fields[1].contains("x")),
      fields[1].first == "r",
      fields[1].dropFirst().first == "w"
    )
  }
}
