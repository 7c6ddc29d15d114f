/// The lines of a text that contain a pattern. A text with a NUL byte is binary, and has none.
struct Lines {
  private let bytes: [UInt8]
  private let pattern: [UInt8]
  private var position = 0
  private var number = 0

  init(of bytes: [UInt8], containing pattern: [UInt8]) {
    self.bytes = bytes.contains(0) ? [] : bytes
    self.pattern = pattern
  }

  mutating func next() -> (number: Int, text: String)? {
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[position..<end]
      position = end + 1
      number += 1
      if pattern.isEmpty || line.contains(pattern) {
        return (number, String(decoding: line, as: UTF8.self))
      }
    }
    return nil
  }
}
