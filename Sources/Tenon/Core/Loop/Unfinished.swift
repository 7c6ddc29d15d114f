import Glibc

/// Which calls have not ended: what a close that runs out of time leaves behind, and what is in flight before that.
extension LoopExecutor {
  /// Their names, the most frequent ones first, and how often each is in flight. Any thread.
  var unfinishedNames: [(name: String, count: Int)] {
    let addresses = state.pointee.mutex.withLock {
      state.isNamed(name) ? state.namesInFlight + state.shared.pointee.leftBehind : []
    }
    var counts: [UInt: Int] = [:]
    for address in addresses { counts[address, default: 0] += 1 }
    // One name may have several addresses: each place that starts such a call has a literal of its own.
    var byName: [String: Int] = [:]
    for (address, count) in counts { byName[shortName(address), default: 0] += count }
    return byName.map { ($0.key, $0.value) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Of the calls that have begun. Under the mutex.
  var namesInFlight: [UInt] {
    var names: [UInt] = []
    shared.pointee.drivers.forEach {
      if $0.current.load(ordering: .relaxed) != 0 { names.append($0.name.load(ordering: .relaxed)) }
    }
    return names
  }
}

/// Without the labels that `#function` adds: `greet`, and not `greet(_:_:)`.
private func shortName(_ address: UInt) -> String {
  guard let text = UnsafePointer<CChar>(bitPattern: address) else { return "?" }
  let name = String(cString: text)
  return String(name.prefix { $0 != "(" })
}

/// A copy that is never freed, and the same one for the same text.
func internedText(_ text: String) -> UInt { InternedTexts.address(of: text) }

private enum InternedTexts {
  private static let mutex = Mutex()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var addresses: [String: UInt] = [:]

  static func address(of text: String) -> UInt {
    mutex.withLock {
      if let address = addresses[text] { return address }
      let address = UInt(bitPattern: strdup(text))
      addresses[text] = address
      return address
    }
  }
}
