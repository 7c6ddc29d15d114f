import CTenonRoot

/// What somebody has noted about handles: see Sources/CTenonRoot/tenon_root.h.
struct Notes {
  struct Note {
    let text: String?
    /// When it was noted, by the monotonic clock.
    let since: UInt64
    /// A future that is waited for.
    let on: Handle?
    /// Where in the program's source: "main.c:12 (connect)".
    let source: String?
  }

  /// By what they are about: the addresses of the chunks' addresses.
  private let chunks: [UInt]
  private let memory: Memory

  init(_ memory: Memory, root: UInt, size: UInt) {
    self.memory = memory
    let offset = UInt(MemoryLayout<tenon__inspect_root_t>.offset(of: \.notes) ?? 0)
    let count = UInt(TENON__INSPECT_TABLES_MAX + 1)
    // Of a version that has them.
    chunks =
      size < offset + count &* 8 ? [] : (0..<count).map { memory.word(root &+ offset &+ $0 &* 8) }
  }

  static let waits = Int(TENON__INSPECT_WAITS)

  func has(_ which: Int) -> Bool { which < chunks.count && chunks[which] != 0 }

  /// The note about a handle, in the life that it names.
  func note(_ which: Int, _ handle: Handle) -> Note? {
    guard has(which), handle.index < UInt(TENON__INSPECT_CHUNK * TENON__INSPECT_CHUNKS_MAX) else {
      return nil
    }
    let (chunk, place) = handle.index.quotientAndRemainder(dividingBy: UInt(TENON__INSPECT_CHUNK))
    let notes = memory.word(chunks[which] &+ chunk &* 8)
    let note = notes == 0 ? 0 : memory.word(notes &+ place &* 8)
    guard note != 0, memory.word(note) == handle.bits else { return nil }
    func offset(_ field: PartialKeyPath<tenon__inspect_note_t>) -> UInt {
      UInt(MemoryLayout<tenon__inspect_note_t>.offset(of: field) ?? 0)
    }
    let size = Int(memory.half(note &+ offset(\.size)))
    let bytes = memory.bytes(
      at: note &+ UInt(MemoryLayout<tenon__inspect_note_t>.size),
      count: min(size, Int(TENON__INSPECT_TEXT_MAX)))
    let on = Handle(memory.word(note &+ offset(\.on)))
    return Note(
      text: bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self),
      since: UInt64(memory.word(note &+ offset(\.since_ns))),
      on: on.kind == .future ? on : nil,
      source: source(
        memory.text(memory.word(note &+ offset(\.file))),
        memory.text(memory.word(note &+ offset(\.function))),
        memory.half(note &+ offset(\.line))))
  }

  private func source(_ file: String?, _ function: String?, _ line: UInt32) -> String? {
    guard let file else { return function }
    let place = line == 0 ? file : "\(file):\(line)"
    return function.map { "\(place) (\($0))" } ?? place
  }
}

extension Survey {
  /// Names of futures and streams; and what those wait for who hold promises.
  mutating func readNotes() {
    for (table, kind) in [
      (Table.Kind.future, Graph.Kind.future), (.stream, .stream), (.latest, .stream),
    ] where copy.notes.has(table.rawValue) {
      for id in graph.ids(kind) {
        guard let note = copy.notes.note(table.rawValue, Handle(id)) else { continue }
        graph.change(id) {
          $0.name = note.text ?? $0.name
          $0.source = note.source
          $0.since = note.since
        }
        for end in graph.targets(id, .peer) + graph.sources(id, .peer) {
          graph.change(end) { $0.name = note.text }
        }
      }
    }
    guard copy.notes.has(Notes.waits) else { return }
    for id in graph.ids(.future) {
      guard let note = copy.notes.note(Notes.waits, Handle(id)) else { continue }
      // Said of another language's promise, where one settles this.
      let held = graph.targets(id, .awaits).first { graph[$0]?.kind == .promise } ?? id
      graph.change(held) {
        $0.source = $0.source ?? note.source
        $0.since = $0.since ?? note.since
        $0.cause =
          "waits for " + (note.text ?? "a future") + (note.source.map { ", at " + $0 } ?? "")
      }
      if let on = note.on, isPending(on) { graph.connect(held, .awaits, on.bits) }
    }
  }
}
