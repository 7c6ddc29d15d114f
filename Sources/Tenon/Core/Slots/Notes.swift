import CTenon
import CTenonImage
import CTenonRoot

/// Names, and what somebody waits for: for those who look, and nobody else. See Sources/CTenonImage/notes.c.
enum Notes {
  /// Names what a handle stands for. `answer` says whether there is such a thing.
  static func name(
    _ handle: Handle, in table: borrowing SlotTable, _ name: UnsafePointer<CChar>?,
    _ source: UnsafePointer<tenon_source_t>?, _ answer: () -> tenon_status_t
  ) -> tenon_status_t {
    note(Int32(table.place), handle, name, source, on: nil, answer)
  }

  /// Says what whoever has a promise waits for.
  static func wait(
    _ promise: Handle, on future: Handle?, _ what: UnsafePointer<CChar>?,
    _ source: UnsafePointer<tenon_source_t>?, _ answer: () -> tenon_status_t
  ) -> tenon_status_t {
    note(Int32(TENON__INSPECT_WAITS), promise.as(.future), what, source, on: future, answer)
  }

  private static func note(
    _ which: Int32, _ handle: Handle, _ text: UnsafePointer<CChar>?,
    _ source: UnsafePointer<tenon_source_t>?, on future: Handle?, _ answer: () -> tenon_status_t
  ) -> tenon_status_t {
    if let source, source.pointee.reserved != 0 { return TENON_STATUS_INVALID }
    var words = tenon__note_text(
      text: text, file: source?.pointee.file, function: source?.pointee.function,
      line: source?.pointee.line ?? 0, since_ns: Time.now)
    // Nobody's note comes after that of the slot's next life.
    return Mutex.notes.withLock {
      let status = answer()
      if status != TENON_STATUS_OK { return status }
      if (text != nil || future != nil) && Memory.isShort
        || !tenon__note(which, UInt64(handle.bits), &words, UInt64(future?.bits ?? 0))
      {
        return TENON_STATUS_NO_RESOURCES
      }
      return TENON_STATUS_OK
    }
  }
}
