import Glibc

/// The functions that compilers inside of a process have made, as runtimes write them down for perf: in /tmp/perf-PID.map, a line
/// for each with its address, its size and its name.
final class PerfMap {
  private struct Function {
    let start: UInt
    let end: UInt
    /// What came later is what is there now.
    let number: Int
    let name: String
    /// It is CPython's, which has a small one for each function.
    let isTrampoline: Bool
  }

  private let path: String
  private let owner: uid_t
  private var functions: [Function] = []
  private var size: off_t = 0
  private var isFresh = false

  /// Of a process, by the number that it has where it lives.
  init(pid: Int32) {
    let line = lines(of: "/proc/\(pid)/status").first { $0.hasPrefix("NSpid:") }
    let number = line?.split(separator: "\t").last.map(String.init) ?? String(pid)
    path = "/proc/\(pid)/root/tmp/perf-\(number).map"
    var status = stat()
    owner = stat("/proc/\(pid)", &status) == 0 ? status.st_uid : geteuid()
  }

  /// It may have grown.
  func refresh() { isFresh = false }

  var hasTrampolines: Bool {
    if !isFresh { read() }
    return functions.contains(where: \.isTrampoline)
  }

  func name(at address: UInt) -> String? { function(at: address)?.name }
  func isTrampoline(at address: UInt) -> Bool { function(at: address)?.isTrampoline == true }

  private func function(at address: UInt) -> Function? {
    if !isFresh { read() }
    var (low, high) = (0, functions.count)
    while low < high {
      let middle = (low + high) / 2
      if functions[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    // Where memory was used again, older ones lie over newer ones.
    return functions[max(0, low - PerfMap.overlapMax)..<low].filter { address < $0.end }
      .max { $0.number < $1.number }
  }

  private static let overlapMax = 16

  private func read() {
    isFresh = true
    var status = stat()
    // Anybody may write there.
    guard stat(path, &status) == 0, status.st_size != size,
      status.st_uid == owner || status.st_uid == 0, let bytes = contents(of: path)
    else { return }
    size = status.st_size
    functions = bytes.split(separator: UInt8(ascii: "\n")).enumerated().compactMap { number, line in
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard parts.count == 3,
        let start = UInt(String(decoding: parts[0], as: UTF8.self).withoutPrefix("0x"), radix: 16),
        let size = UInt(String(decoding: parts[1], as: UTF8.self).withoutPrefix("0x"), radix: 16)
      else { return nil }
      let name = String(decoding: parts[2], as: UTF8.self)
      return Function(
        start: start, end: start &+ size, number: number, name: PerfMap.readable(name),
        isTrampoline: name.hasPrefix("py::"))
    }.sorted { ($0.start, $0.number) < ($1.start, $1.number) }
  }

  /// "work app.js:12" of what V8 writes, "JS:*work app.js:12:14", and "work app.py" of CPython's "py::work:app.py".
  private static func readable(_ name: String) -> String {
    if name.hasPrefix("py::"), let colon = name.lastIndex(of: ":") {
      return "\(name[..<colon].dropFirst(4)) \(name[name.index(after: colon)...])"
    }
    guard let kind = name.firstIndex(of: ":"),
      ["JS", "LazyCompile", "Function", "InterpretedFunction", "Script", "Eval"].contains(
        name[..<kind])
    else { return name }
    // How well it was compiled is in front of it.
    var function = name[name.index(after: kind)...].drop { "~^*+".contains($0) }
    if let column = function.lastIndex(of: ":"),
      function[function.index(after: column)...].allSatisfy(\.isNumber)
    {
      function = function[..<column]
    }
    return function.first == " " ? "(anonymous)\(function)" : String(function)
  }
}

extension String {
  fileprivate func withoutPrefix(_ prefix: String) -> Substring {
    hasPrefix(prefix) ? dropFirst(prefix.count) : self[...]
  }
}
