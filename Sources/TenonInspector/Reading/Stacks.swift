import CTrace

extension Target {
  /// What a thread is in, innermost first, by its frame pointers: Swift code has them; of C that was compiled without, what
  /// was found until there was none. A process stops for that, for some ten microseconds.
  func stack(of thread: ThreadOfTarget) -> [UInt] {
    if kind == .core {
      return stack(thread.programCounter, thread.framePointer, thread.stackPointer) {
        memory.word($0)
      }
    }
    var stop = tenon__stop_t()
    guard tenon__stop_thread(thread.id, &stop) else { return [] }
    defer { tenon__let_go(thread.id, stop) }
    return stack(UInt(stop.counter), UInt(stop.frame), UInt(stop.stack)) { memory.wordNow($0) }
  }

  /// What a thread has in its registers, and where the top of its stack is; a process stops for that.
  func registers(of thread: ThreadOfTarget) -> (words: [UInt], stackPointer: UInt) {
    if kind == .core { return (thread.registers, thread.stackPointer) }
    var stop = tenon__stop_t()
    guard tenon__stop_thread(thread.id, &stop) else { return ([], 0) }
    defer { tenon__let_go(thread.id, stop) }
    var words = [UInt64](repeating: 0, count: Int(TENON__REGISTERS_MAX))
    let count = tenon__registers(thread.id, &words)
    return (words[..<Int(count)].map { UInt($0) }, UInt(stop.stack))
  }

  /// A function on a stack.
  struct Frame {
    /// Where it is, or goes on.
    let address: UInt
    /// Where its frame is; 0: it has none, or that is not known.
    var pointer: UInt = 0
  }

  private func stack(_ counter: UInt, _ frame: UInt, _ top: UInt, _ word: (UInt) -> UInt) -> [UInt]
  { walk(counter, frame, top, word).map(\.address) }

  /// The functions of a thread's stack, innermost first, from its registers on.
  func walk(_ counter: UInt, _ frame: UInt, _ top: UInt, _ word: (UInt) -> UInt) -> [Frame] {
    var frames: [Frame] = []
    if images.isCode(counter) { frames.append(Frame(address: counter)) }
    // A function without a frame, as a call of the system's is, has where it returns to on top.
    let caller = word(top)
    if isAfterCall(caller) { frames.append(Frame(address: caller)) }
    let found = frames.count
    follow(frame, &frames, word)
    if frames.count == found, let (caller, frame) = nearestFrame(top, word) {
      frames.append(Frame(address: caller))
      follow(frame, &frames, word)
    }
    let trampolines = trampolines(top, word)
    if trampolines.isEmpty { return frames }
    return frames.prefix { !images.isTrampoline($0.address) } + trampolines
  }

  private static let stackMax: UInt = 1 << 14

  /// An interpreter without frame pointers, such as CPython's: each of its functions runs inside of a small one that was made for
  /// it, and where that goes on is on the stack.
  private func trampolines(_ top: UInt, _ word: (UInt) -> UInt) -> [Frame] {
    if !images.hasTrampolines { return [] }
    let start = top & ~7
    return stride(from: start, to: start &+ Target.stackMax, by: 8).compactMap { at in
      let address = word(at)
      // Behind that and one word more is where the small one returns to.
      return isAfterCall(address) && images.isTrampoline(address) && isAfterCall(word(at &+ 16))
        ? Frame(address: address) : nil
    }
  }

  private static let framesMax = 256

  private func follow(_ first: UInt, _ frames: inout [Frame], _ word: (UInt) -> UInt) {
    var frame = first
    while frames.count < Target.framesMax {
      // A bit of an async function's says that it is one.
      let at = frame & ~(1 << 60)
      guard at & 7 == 0, at > 4096, case let next = word(at + 8), images.isCode(next)
      else { break }
      if !frames.isEmpty { frames[frames.count - 1].pointer = at }
      if next != frames.last?.address { frames.append(Frame(address: next)) }
      let outer = word(at)
      guard outer & ~(1 << 60) > at else { break }
      frame = outer
    }
  }

  /// Where functions without frames end, such as those of the C library: the first frame above, and what was called from there.
  private func nearestFrame(_ top: UInt, _ word: (UInt) -> UInt) -> (caller: UInt, frame: UInt)? {
    var caller: UInt?
    for at in stride(from: top & ~7, to: (top & ~7) + 2048, by: 8) {
      let value = word(at)
      if isAfterCall(value) { caller = value }
      let outer = value & ~(1 << 60)
      if let caller, outer > at, outer - at < 1 << 20, outer & 7 == 0, isAfterCall(word(at + 8)) {
        return (caller, at)
      }
    }
    return nil
  }

  /// Whether a call is in front of an address.
  private func isAfterCall(_ address: UInt) -> Bool {
    #if arch(x86_64)
      guard images.isCode(address) else { return false }
      let code = memory.bytes(at: address - 6, count: 6)
      return code.count == 6
        && (code[1] == 0xe8 || code[0] == 0xff || code[3] == 0xff || code[4] == 0xff)
    #else
      return false
    #endif
  }
}
