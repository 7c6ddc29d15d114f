/// How what was recorded is said: see ``Happening``.
struct EventWords {
  private let target: Target
  private let notes: Notes
  let images: Images

  init(_ target: Target, _ copy: Copy) {
    (self.target, notes, images) = (target, copy.notes, target.images)
  }

  /// What somebody has called a future or a stream, or its number: "future 12". A note stays until the slot's next one.
  func title(_ id: UInt) -> String {
    let handle = Handle(id)
    let (table, kind): (Table.Kind, String)
    switch handle.kind {
    case .future: (table, kind) = (.future, "future")
    case .stream: (table, kind) = (.stream, "stream")
    case .latest: (table, kind) = (.latest, "stream")
    case nil: return "task 0x" + String(id, radix: 16)
    default: return "\(handle.index)"
    }
    let name = notes.note(table.rawValue, handle)?.text
    return name.map { "\(kind) \"\(clean($0))\"" } ?? "\(kind) \(handle.index)"
  }

  /// A call's name, or the function of a job, a task or a callback; nil: it has none.
  func name(_ event: Happening) -> String? {
    switch event.kind {
    case .callBegins, .callEnds: target.memory.text(event.what) ?? "call"
    case .jobBegins, .taskBegins: event.what == 0 ? "job" : images.name(at: event.what)
    case .callbackBegins, .callbackEnds: images.name(at: event.what)
    default: nil
    }
  }
}
