import Glibc

extension Target {
  /// What somebody has named: the number of a process, or the path of a core.
  static func named(_ name: String) throws(Failure) -> Target {
    if let pid = Int32(name), pid > 0, access(name, F_OK) != 0 { return try process(pid) }
    return try core(name)
  }

  /// A core, as the system writes it when a process dies, or gcore of one that lives. What is missing in it, as the code
  /// of libraries is, is read from their files.
  static func core(_ path: String) throws(Failure) -> Target {
    guard access(path, R_OK) == 0 else { throw .system("\(path) cannot be read") }
    guard let bytes = mapped(path), let elf = Elf(bytes), elf.type == 4 else {
      throw Failure("\(path) is no core, and no number of a process")
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    var notes = CoreNotes()
    elf.forEachNote { notes.read($0, $1) }
    var segments: [Memory.Segment] = []
    var present: [(start: UInt, end: UInt)] = []
    for segment in elf.segments where segment.type == Elf.load && segment.fileSize > 0 {
      let end = segment.address + segment.fileSize
      segments.append(
        Memory.Segment(
          start: segment.address, end: end, file: file, offset: segment.offset,
          isWritten: segment.flags & 2 != 0))
      present.append((segment.address, end))
    }
    present.sort { $0.start < $1.start }
    var (files, mappings) = ([String: Int32](), [Mapping]())
    for mapping in notes.files {
      mappings.append(
        Mapping(
          start: mapping.start, end: mapping.end, offset: mapping.offset, path: mapping.path))
      let source = files[mapping.path] ?? open(mapping.path, O_RDONLY | O_CLOEXEC)
      files[mapping.path] = source
      guard source >= 0 else { continue }
      for (start, end) in gaps(mapping.start, mapping.end, present) {
        segments.append(
          Memory.Segment(
            start: start, end: end, file: source, offset: mapping.offset + start - mapping.start,
            isWritten: false))
      }
    }
    // What no file is behind: the zeroed end of a library's data, heaps.
    for segment in elf.segments where segment.type == Elf.load {
      let isOfFile = mappings.contains { $0.start == segment.address }
      if !isOfFile {
        mappings.append(
          Mapping(
            start: segment.address, end: segment.address + segment.memorySize, offset: 0, path: ""))
      }
    }
    mappings.sort { $0.start < $1.start }
    return Target(.core, pid: notes.pid, Memory(segments), mappings, notes.threads)
  }

  /// What of a range is in none of those.
  private static func gaps(_ start: UInt, _ end: UInt, _ present: [(start: UInt, end: UInt)])
    -> [(UInt, UInt)]
  {
    var (gaps, next) = ([(UInt, UInt)](), start)
    for range in present where range.end > start && range.start < end {
      if range.start > next { gaps.append((next, range.start)) }
      next = max(next, range.end)
    }
    if next < end { gaps.append((next, end)) }
    return gaps
  }
}

/// What a core's notes say: which files were mapped where, and its threads.
private struct CoreNotes {
  var files: [Mapping] = []
  var threads: [ThreadOfTarget] = []
  var pid: Int32 = 0

  mutating func read(_ type: UInt32, _ content: UnsafeRawBufferPointer) {
    switch type {
    case 1: readThread(content)  // NT_PRSTATUS
    case 3 where content.count >= 28:  // NT_PRPSINFO
      pid = content.loadUnaligned(fromByteOffset: 24, as: Int32.self)
    case 0x4649_4c45: readFiles(content)  // NT_FILE
    default: break
    }
  }

  private mutating func readThread(_ content: UnsafeRawBufferPointer) {
    guard content.count >= 336 else { return }
    let id = content.loadUnaligned(fromByteOffset: 32, as: Int32.self)
    var thread = ThreadOfTarget(id: id, name: nil, state: nil)
    // The registers follow at 112, as the system's user_regs has them.
    let count = (content.count - 112) / 8
    thread.registers = (0..<min(count, 27)).map {
      content.loadUnaligned(fromByteOffset: 112 + $0 * 8, as: UInt.self)
    }
    #if arch(x86_64)
      thread.framePointer = content.loadUnaligned(fromByteOffset: 112 + 4 * 8, as: UInt.self)
      thread.programCounter = content.loadUnaligned(fromByteOffset: 112 + 16 * 8, as: UInt.self)
      thread.stackPointer = content.loadUnaligned(fromByteOffset: 112 + 19 * 8, as: UInt.self)
    #elseif arch(arm64)
      thread.framePointer = content.loadUnaligned(fromByteOffset: 112 + 29 * 8, as: UInt.self)
      thread.programCounter = content.loadUnaligned(fromByteOffset: 112 + 32 * 8, as: UInt.self)
      thread.stackPointer = content.loadUnaligned(fromByteOffset: 112 + 31 * 8, as: UInt.self)
    #endif
    threads.append(thread)
  }

  private mutating func readFiles(_ content: UnsafeRawBufferPointer) {
    guard content.count >= 16 else { return }
    let count = content.loadUnaligned(as: Int.self)
    let page = content.loadUnaligned(fromByteOffset: 8, as: UInt.self)
    guard count >= 0, count <= content.count / 24, 16 + count * 24 <= content.count else { return }
    var names = content[(16 + count * 24)...].split(separator: 0, omittingEmptySubsequences: false)[
      ...]
    for index in 0..<count {
      func word(_ at: Int) -> UInt {
        content.loadUnaligned(fromByteOffset: 16 + index * 24 + at, as: UInt.self)
      }
      let name = names.popFirst().map { String(decoding: $0, as: UTF8.self) } ?? ""
      files.append(
        Mapping(
          start: word(0), end: word(8), offset: word(16) &* page, path: name))
    }
  }
}
