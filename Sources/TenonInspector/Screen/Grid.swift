/// Rows in columns, sorted by one of them.
struct Grid {
  struct Column {
    let title: String
    /// Its least; the last one takes what is left.
    let width: Int
    var isNumber = false
  }

  struct Cell {
    let text: String
    /// What it is sorted by, if not by its text.
    var number: Double?

    init(_ text: String) { self.text = text }
    init(_ number: Double?, _ text: (Double) -> String) {
      self.number = number ?? -1
      self.text = number.map(text) ?? "-"
    }
  }

  let columns: [Column]
  var rows: [[Cell]] = []
  private(set) var order: Int
  private(set) var isReversed = false
  /// How many rows are above what is seen.
  private(set) var offset = 0

  init(_ columns: [Column], order: Int) {
    (self.columns, self.order) = (columns, order)
  }

  mutating func sortByNext(_ step: Int) {
    order = (order + step + columns.count) % columns.count
    isReversed = false
  }

  mutating func reverse() { isReversed.toggle() }

  mutating func scroll(_ step: Int) { offset = max(0, min(offset + step, rows.count - 1)) }

  /// Numbers from the greatest on, texts from the first.
  var sorted: [[Cell]] {
    let sorted = rows.enumerated().sorted { one, other in
      let (a, b) = (one.element[order], other.element[order])
      if let x = a.number, let y = b.number, x != y { return x > y }
      if a.number == nil, a.text != b.text { return a.text < b.text }
      return one.offset < other.offset
    }.map(\.element)
    return isReversed ? sorted.reversed() : sorted
  }

  /// The titles, and as many rows as fit.
  mutating func lines(count: Int, width: Int, isActive: Bool) -> [Line] {
    offset = max(0, min(offset, rows.count - (count - 1)))
    var lines = [Line(style: .title)]
    for (index, column) in columns.enumerated() {
      lines[0].add(
        padded(column.title, index, width), isMarked: isActive && index == order)
    }
    for row in sorted.dropFirst(offset).prefix(max(0, count - 1)) {
      var line = Line()
      for (index, cell) in row.enumerated() { line.add(padded(cell.text, index, width)) }
      lines.append(line)
    }
    return lines
  }

  private func padded(_ text: String, _ index: Int, _ width: Int) -> String {
    let column = columns[index]
    let text = clean(text)
    if index == columns.count - 1 { return text }
    let fitting = clipped(text, to: column.width)
    let room = String(repeating: " ", count: max(0, column.width - displayWidth(fitting)))
    return (column.isNumber ? room + fitting : fitting + room) + " "
  }
}

/// A line of a screen.
struct Line {
  enum Style { case plain, title, bar }

  var style = Style.plain
  private var parts: [(text: String, isMarked: Bool)] = []

  init(_ text: String = "", style: Style = .plain) {
    self.style = style
    if !text.isEmpty { add(text) }
  }

  mutating func add(_ text: String, isMarked: Bool = false) { parts.append((text, isMarked)) }

  /// With what a terminal makes of it.
  func text(width: Int) -> String {
    var (text, left) = ("", width)
    for part in parts where left > 0 {
      let fitting = clipped(part.text, to: left)
      left -= displayWidth(fitting)
      switch (style, part.isMarked) {
      case (.title, true): text += "\u{1b}[1;7m\(fitting)\u{1b}[0m"
      case (.title, false): text += "\u{1b}[7m\(fitting)\u{1b}[0m"
      case (.bar, _): text += "\u{1b}[1m\(fitting)\u{1b}[0m"
      case (.plain, _): text += fitting
      }
    }
    if style == .title && left > 0 {
      text += "\u{1b}[7m" + String(repeating: " ", count: left) + "\u{1b}[0m"
    }
    return text
  }

  var plain: String {
    var text = parts.map(\.text).joined()
    while text.last == " " { text.removeLast() }
    return text
  }
}
