/// A task of Swift's, as the runtime keeps it: layout version 1, of a runtime with 64 bits.
struct SwiftTask {
  enum State: String { case suspended, queued, running, completed }
  enum Dependency { case task(UInt), continuation, group(UInt), executor(UInt) }

  let address: UInt
  let id: UInt32
  let name: String?
  let state: State
  let isCancelled: Bool
  let dependency: Dependency?
  let parent: UInt?
  let children: [UInt]
  /// Where it goes on, innermost first.
  let frames: [UInt]
}

/// Reads tasks, and knows one when it sees it.
final class Tasks {
  private let memory: Memory
  private let images: Images
  /// The addresses of the runtime's description of tasks, one for each runtime in the target.
  private var descriptions: Set<UInt> = []

  private static let depthMax = 64
  private static let framesMax = 1000

  init(_ target: Target) {
    memory = target.memory
    images = target.images
    for image in target.images.all where image.name.hasPrefix("libswift_Concurrency") {
      let pointer = images.address(of: "_swift_concurrency_debug_asyncTaskMetadata", in: image)
      let version = images.address(
        of: "_swift_concurrency_debug_internal_layout_version", in: image)
      if let pointer, let version, memory.half(version) == 1 {
        descriptions.insert(memory.word(pointer))
      }
    }
  }

  /// Learns how a runtime that hides its symbols describes tasks, from one that is sure to be a task.
  func learn(fromTask address: UInt) {
    if isPlausible(address) { descriptions.insert(memory.word(address)) }
  }

  func isTask(_ address: UInt) -> Bool {
    address & 15 == 0 && address > 4096 && descriptions.contains(memory.word(address))
  }

  /// Learns what another one knows.
  func learn(from other: Tasks) { descriptions.formUnion(other.descriptions) }

  /// Whether that is what a task begins with.
  func isDescription(_ word: UInt) -> Bool { descriptions.contains(word) }

  /// Whether it looks as a task does, though its runtime is not known.
  private func isPlausible(_ address: UInt) -> Bool {
    guard address & 15 == 0, address > 4096, memory.half(address &+ 32) & 0xff == 0,
      images.image(at: memory.word(address)) != nil
    else { return false }
    let status = memory.half(address &+ 96)
    return status & 0xff <= 0x40 && status & ~0x3_ffff == 0
      && images.image(at: memory.word(address &+ 56)) != nil
  }

  func read(_ address: UInt) -> SwiftTask? {
    guard isTask(address) else { return nil }
    let (flags, status) = (memory.half(address &+ 32), memory.half(address &+ 96))
    let state: SwiftTask.State =
      status & 0x2000 != 0
      ? .completed : status & 0x800 != 0 ? .running : status & 0x1000 != 0 ? .queued : .suspended
    var (name, children) = (String?.none, [UInt]())
    var record = memory.word(address &+ 104)
    for _ in 0..<Tasks.depthMax where record != 0 {
      switch memory.word(record) & 0xff {
      case 1, 2: children += siblings(from: memory.word(record + 16))
      case 6: name = name ?? memory.text(memory.word(record &+ 16))
      default: break
      }
      record = memory.word(record &+ 8)
    }
    return SwiftTask(
      address: address, id: memory.half(address &+ 36), name: name, state: state,
      isCancelled: status & 0x100 != 0, dependency: dependency(of: address),
      parent: flags >> 24 & 1 != 0 ? memory.word(address &+ 208) : nil, children: children,
      frames: state == .suspended || state == .queued ? frames(of: address) : [])
  }

  private func siblings(from first: UInt) -> [UInt] {
    var (all, next) = ([UInt](), first)
    while isTask(next), all.count < 1 << 20 {
      all.append(next)
      next = memory.word(next &+ 216)
    }
    return all
  }

  private func dependency(of address: UInt) -> SwiftTask.Dependency? {
    let record = memory.word(address &+ 160)
    guard record != 0 else { return nil }
    let what = memory.word(record &+ 16)
    switch memory.half(record &+ 32) {
    case 1: return .task(what)
    case 2: return .continuation
    case 3: return .group(what)
    case 4: return .executor(what)
    default: return nil
    }
  }

  private func frames(of address: UInt) -> [UInt] {
    var frames = [memory.word(address &+ 56)]
    var context = memory.word(address &+ 64)
    while frames.count < Tasks.framesMax, context != 0 {
      let next = memory.word(context &+ 8)
      guard next != 0, images.image(at: next) != nil else { break }
      frames.append(next)
      context = memory.word(context)
    }
    return frames.filter { $0 != 0 }
  }
}
