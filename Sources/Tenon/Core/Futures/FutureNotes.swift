import CTenon

// What people call futures, and what they say about promises: see `Notes`.

func setName(
  of future: Handle, _ name: UnsafePointer<CChar>, _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  Notes.name(future, in: futureTable, name, source) { readable(future) }
}

func setWait(
  of promise: Handle, on future: Handle?, _ what: UnsafePointer<CChar>?,
  _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  if let future, case let status = readable(future), status != TENON_STATUS_OK { return status }
  return Notes.wait(promise, on: future, what, source) {
    guard let slot = findFuture(promise, .promise) else { return SlotTable.refusal(promise) }
    let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
    return word.refusal(of: promise)
      ?? (word.has(FutureWord.open) ? TENON_STATUS_OK : TENON_STATUS_SETTLED)
  }
}

/// Whether a handle names a future that somebody may read.
private func readable(_ future: Handle) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
  if case .refuse(let status) = word.retaining(future), status != TENON_STATUS_NO_RESOURCES {
    return status
  }
  return TENON_STATUS_OK
}
