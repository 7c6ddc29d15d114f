/// Of which calls somebody wants samples.
enum Wish {
  case all
  case call(UInt)
  case name(String)

  init(_ arguments: Arguments) throws(Failure) {
    if let text = arguments.value("--call") {
      let number = text.hasPrefix("0x") ? UInt(text.dropFirst(2), radix: 16) : UInt(text)
      guard let number else {
        throw Failure(
          "--call \(text) is no number: tenon ps says \"future 12\", tenon ps --json an id")
      }
      self = .call(number)
    } else {
      self = arguments.value("--name").map(Wish.name) ?? .all
    }
  }

  func isWanted(_ sample: Sample) -> Bool {
    switch self {
    case .all: true
    // By its place alone, or by its whole handle.
    case .call(let id): sample.call.map { $0 == id || Handle($0).index == id } ?? false
    case .name(let name): sample.callName == name || sample.taskName == name
    }
  }

  var title: String {
    switch self {
    case .all: ""
    case .call(let id): ", call \(id < 1 << 32 ? String(id) : "0x" + String(id, radix: 16))"
    case .name(let name): ", call \(name)"
    }
  }

  /// Why there is nothing to be seen.
  func complaint(_ pid: Int32, _ count: Int) -> String {
    if count == 0 {
      return
        "nothing ran in process \(pid): its threads slept, and tenon why says what calls wait for"
    }
    return "\(title.dropFirst(2)) did not run in process \(pid): none of \(count) samples is of it"
  }
}
