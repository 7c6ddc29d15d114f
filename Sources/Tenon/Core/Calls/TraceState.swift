/// A `tracestate`: entries of vendors', `key=value`, with commas between, the newest first. Each is passed on as it is.
enum TraceState {
  typealias Text = Slice<UnsafeBufferPointer<UInt8>>

  private static let sizeMax = 512
  private static let entriesMax = 32
  /// An entry that is longer goes first, where there are too many.
  private static let entrySizeMax = 128

  /// The entries without spaces around them and without empty ones, as many as have room; nil: the text breaks W3C's rules.
  static func read(_ text: String) -> String? {
    if text.isEmpty { return text }
    var text = text
    return text.withUTF8 { read($0) }
  }

  static func read(_ text: UnsafeBufferPointer<UInt8>) -> String? {
    var entries: [Text] = []
    for entry in text.split(separator: UInt8(ascii: ",")) {
      let entry = trimmed(entry)
      if entry.isEmpty { continue }
      guard entries.count < entriesMax, isEntry(entry) else { return nil }
      entries.append(entry)
    }
    var size = entries.reduce(-1) { $0 + $1.count + 1 }
    while size > sizeMax {
      let index = entries.lastIndex { $0.count > entrySizeMax } ?? entries.count - 1
      size -= entries.remove(at: index).count + 1
    }
    return entries.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
  }

  static func trimmed(_ text: Text) -> Text {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = text.firstIndex(where: { !isSpace($0) }),
      let last = text.lastIndex(where: { !isSpace($0) })
    else { return text[text.startIndex..<text.startIndex] }
    return text[first...last]
  }

  private static func isEntry(_ entry: Text) -> Bool {
    guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return false }
    let value = entry[(equals + 1)...]
    return isKey(entry[..<equals]) && (1...256).contains(value.count)
      && value.allSatisfy {
        (UInt8(ascii: " ")...UInt8(ascii: "~")).contains($0) && $0 != UInt8(ascii: "=")
      }
  }

  /// `vendor`, or `tenant@vendor`.
  private static func isKey(_ key: Text) -> Bool {
    guard let at = key.firstIndex(of: UInt8(ascii: "@")) else {
      return isName(key, sizeMax: 256, beginsWithDigit: false)
    }
    return isName(key[..<at], sizeMax: 241, beginsWithDigit: true)
      && isName(key[(at + 1)...], sizeMax: 14, beginsWithDigit: false)
  }

  private static func isName(_ name: Text, sizeMax: Int, beginsWithDigit: Bool) -> Bool {
    guard let first = name.first, name.count <= sizeMax else { return false }
    return (isLetter(first) || (beginsWithDigit && isDigit(first)))
      && name.allSatisfy { isLetter($0) || isDigit($0) || "_-*/".utf8.contains($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
