import CTerminal
import Glibc

/// The terminal that this program has for itself.
final class Terminal {
  enum Event: Equatable {
    case key(Character)
    case left, right, up, down
    case resized
    /// A signal that ends this program: the terminal has been given back.
    case ended
  }

  private let signals: Int32
  private(set) var columns = 80
  private(set) var rows = 24

  /// nil: there is none.
  init?() {
    guard isatty(0) != 0, isatty(1) != 0 else { return nil }
    setlocale(LC_CTYPE, "C.UTF-8")
    signals = tenon__terminal_signals()
    guard signals >= 0, tenon__terminal_enter() else { return nil }
    measure()
  }

  func leave() { tenon__terminal_leave() }

  private func measure() {
    var (columns, rows): (UInt32, UInt32) = (0, 0)
    if tenon__terminal_size(&columns, &rows) {
      (self.columns, self.rows) = (Int(columns), Int(rows))
    }
  }

  func draw(_ lines: [Line]) {
    var text = "\u{1b}[H"
    for (index, line) in lines.prefix(rows).enumerated() {
      text += (index == 0 ? "" : "\r\n") + line.text(width: columns) + "\u{1b}[K"
    }
    text += "\u{1b}[J"
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { tenon__terminal_write($0.baseAddress, $0.count) }
    }
  }

  /// What has come within so many milliseconds.
  func events(within milliseconds: Int32) -> [Event] {
    var sources = [
      pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&sources, 2, milliseconds) > 0 else { return [] }
    var events: [Event] = []
    while case let signal = tenon__terminal_signal(signals), signal != 0 {
      if let event = obey(signal) { events.append(event) }
    }
    if sources[0].revents != 0 {
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = read(0, &bytes, bytes.count)
      // The terminal has gone.
      if count < 0 && errno != EINTR && errno != EAGAIN || count == 0 { return events + [.ended] }
      events += Terminal.keys(bytes[..<max(0, count)])
    }
    return events
  }

  private func obey(_ signal: Int32) -> Event? {
    switch signal {
    case SIGWINCH:
      measure()
      return .resized
    case SIGTSTP:
      leave()
      raise(SIGSTOP)
      _ = tenon__terminal_enter()
      measure()
      return .resized
    case SIGCONT:
      return nil
    default:
      leave()
      tenon__terminal_obey(signal)
      return .ended
    }
  }

  private static func keys(_ bytes: ArraySlice<UInt8>) -> [Event] {
    var (events, rest) = ([Event](), bytes)
    while let byte = rest.popFirst() {
      guard byte == 27 else {
        events.append(.key(Character(Unicode.Scalar(byte))))
        continue
      }
      guard rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O") else { continue }
      rest.removeFirst()
      // Up to the letter that ends it.
      while let next = rest.popFirst() {
        switch next {
        case UInt8(ascii: "A"): events.append(.up)
        case UInt8(ascii: "B"): events.append(.down)
        case UInt8(ascii: "C"): events.append(.right)
        case UInt8(ascii: "D"): events.append(.left)
        case 0x30...0x3b: continue
        default: break
        }
        break
      }
    }
    return events
  }
}
