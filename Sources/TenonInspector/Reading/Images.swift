import Glibc

/// The files that a program consists of, where they were loaded, and what is at which address in them.
final class Images {
  final class Image {
    let path: String
    let start: UInt
    /// Where it ends by its own headers: some programs map parts of their file a second time, far away.
    let end: UInt
    /// What its file's addresses are to be moved by.
    fileprivate let bias: UInt
    fileprivate let segments: [Elf.Segment]
    fileprivate var elf: Elf?
    /// What that reads.
    fileprivate var file: MappedFile?
    fileprivate var symbols: [Elf.Symbol]?

    /// By what is in memory: the file itself may be gone.
    fileprivate init?(_ mapping: Mapping, _ memory: Memory) {
      let head = memory.bytes(at: mapping.start, count: 1 << 12)
      guard let segments = head.withUnsafeBytes({ Elf($0)?.segments }),
        let first = segments.first(where: { $0.type == Elf.load }),
        let last = segments.last(where: { $0.type == Elf.load })
      else { return nil }
      (path, start, self.segments) = (mapping.path, mapping.start, segments)
      bias = mapping.start &- (first.address &- first.offset)
      end = last.address &+ last.memorySize &+ bias
    }

    var name: String { String(path.split(separator: "/").last ?? "?") }
  }

  let all: [Image]
  /// What of the mappings they were made of.
  private let files: [Mapping]
  private let memory: Memory
  /// What may be run, as far as that is known: of a process. And of it what is in none of the files as they say themselves: what
  /// compilers in the process have made, and parts of files that are there a second time.
  private var executable: [Mapping] = []
  private var code: [Mapping] = []
  private let perfMap: PerfMap?
  private var names: [UInt: String] = [:]
  private var answers: [UInt: Bool] = [:]

  /// `pid`: of a process that lives, whose files are seen as it sees them, in its container and deleted.
  init(_ mappings: [Mapping], _ memory: Memory, pid: Int32?) {
    self.memory = memory
    perfMap = pid.map { PerfMap(pid: $0) }
    files = Images.files(mappings)
    let images = files.compactMap {
      memory.half($0.start) == 0x464c_457f ? Image($0, memory) : nil
    }
    for image in images {
      let root = pid.map { "/proc/\($0)/root" } ?? ""
      if let file = MappedFile(root + image.path) ?? MappedFile(image.path),
        let elf = Elf(file.bytes)
      {
        image.file = file
        image.elf = elf
      }
    }
    all = images.sorted { $0.start < $1.start }
    refresh(mappings)
  }

  /// What is there now beside the files.
  func refresh(_ mappings: [Mapping]) {
    executable = mappings.filter(\.isCode).sorted { $0.start < $1.start }
    code = executable.filter { image(at: $0.start) == nil }
    perfMap?.refresh()
  }

  private static func files(_ mappings: [Mapping]) -> [Mapping] {
    mappings.filter { $0.path.first == "/" && $0.offset == 0 }
  }

  /// Whether they are those of these mappings, too.
  func fit(_ mappings: [Mapping]) -> Bool { files == Images.files(mappings) }

  func image(at address: UInt) -> Image? {
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0, address < all[low - 1].end else { return nil }
    return all[low - 1]
  }

  /// Whether something may be run there.
  func isCode(_ address: UInt) -> Bool {
    executable.isEmpty
      ? image(at: address) != nil : Images.mapping(of: address, in: executable) != nil
  }

  /// Whether a compiler in the process has made a function there, of which is known what it is.
  func isCompiled(_ address: UInt) -> Bool {
    mapping(of: address)?.path.first != "/" && compiled(at: address) != nil
  }

  private func mapping(of address: UInt) -> Mapping? { Images.mapping(of: address, in: code) }

  private static func mapping(of address: UInt, in mappings: [Mapping]) -> Mapping? {
    var (low, high) = (0, mappings.count)
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    return low > 0 && address < mappings[low - 1].end ? mappings[low - 1] : nil
  }

  /// Whether there are functions of CPython's, or one is there.
  var hasTrampolines: Bool { !code.isEmpty && perfMap?.hasTrampolines == true }
  func isTrampoline(_ address: UInt) -> Bool {
    mapping(of: address) != nil && perfMap?.isTrampoline(at: address) == true
  }

  private func compiled(at address: UInt) -> String? {
    mapping(of: address) == nil ? nil : perfMap?.name(at: address)
  }

  /// Of an address in what is there a second time: the same in the file itself.
  private func original(_ address: UInt) -> UInt? {
    guard let mapping = mapping(of: address), mapping.path.first == "/",
      let image = all.first(where: { $0.path == mapping.path }),
      case let offset = address &- mapping.start &+ mapping.offset,
      let segment = image.segments.first(where: {
        $0.type == Elf.load && offset >= $0.offset && offset < $0.offset &+ $0.fileSize
      })
    else { return nil }
    return offset &- segment.offset &+ segment.address &+ image.bias
  }

  /// Calls `body` with each note of a file, as it is in memory. `content` is an address.
  func forEachNote(
    of image: Image, _ body: (_ name: String, _ type: UInt32, _ content: UInt) -> Void
  ) {
    for segment in image.segments where segment.type == Elf.note {
      let start = segment.address &+ image.bias
      let size = Int(min(segment.memorySize, Images.notesMax))
      memory.bytes(at: start, count: size).withUnsafeBytes { bytes in
        Elf.forEachNote(in: bytes) { body($0, $1, start &+ UInt($2.lowerBound)) }
      }
    }
  }

  /// Of all bytes of a segment of notes, more than there ever are.
  private static let notesMax: UInt = 1 << 20

  /// Where a symbol of this name is, in whichever file has it first.
  func address(of name: String, in image: Image) -> UInt? {
    guard let elf = image.elf else { return nil }
    return symbols(of: image).first { elf.name(of: $0) == name }.map { $0.address &+ image.bias }
  }

  private func symbols(of image: Image) -> [Elf.Symbol] {
    if image.symbols == nil, let elf = image.elf {
      memory.ifThereIsRoom(elf.roomForSymbols) { image.symbols = elf.symbols() }
    }
    return image.symbols ?? []
  }

  /// The function at an address, as its author wrote it; where its name is not known: the file, and how far in.
  func name(at address: UInt) -> String {
    // Such code moves.
    if let compiled = compiled(at: address) { return compiled }
    if let known = names[address] { return known }
    let address = original(address) ?? address
    let name = symbol(at: address).map(readable) ?? place(address)
    if !memory.isShort { names[address] = name }
    return name
  }

  /// What was answered about an address before, as many are in the same functions.
  func remembered(_ address: UInt, _ answer: (UInt) -> Bool) -> Bool {
    if let known = answers[address] { return known }
    let new = answer(address)
    answers[address] = new
    return new
  }

  /// Its name as it is in the file.
  func symbol(at address: UInt) -> String? {
    guard let image = image(at: address), let elf = image.elf else { return nil }
    let wanted = address &- image.bias
    let symbols = symbols(of: image)
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].address <= wanted { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let symbol = symbols[low - 1]
    // What lies beyond the end of a symbol is a function without one.
    guard wanted - symbol.address < max(symbol.size, 1) else { return nil }
    let name = elf.name(of: symbol)
    return name.isEmpty ? nil : name
  }

  func place(_ address: UInt) -> String {
    guard let image = image(at: address) else {
      if let system = mapping(of: address), system.path.first == "[" {
        return "\(system.path)+0x" + String(address &- system.start, radix: 16)
      }
      return "0x" + String(address, radix: 16)
    }
    return "\(image.name)+0x" + String(address &- image.start, radix: 16)
  }
}
