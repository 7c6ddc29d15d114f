import CTenon
import CTenonRoot
import Synchronization

// A cell that keeps the newest value only. It is a stream without a ring: its ends, waits and ends of life are the same.

/// Replaces the value: see tenon_publisher_set().
func setLatest(_ publisher: Handle, _ value: UnsafeMutablePointer<tenon_value_t>) -> tenon_status_t
{
  let kind = Handle.Kind.publisher
  guard let slot = kind.end(publisher) else { return SlotTable.refusal(publisher) }
  if let refusal = slot.pin(publisher) { return refusal }
  defer { slot.unpin(publisher, kind) }
  let core = slot.pointee.core.unsafelyUnwrapped
  var (replaced, wake, none): (tenon_value_t?, StreamWake, StreamWake) = (nil, .none, .none)
  core.pointee.mutex.lock()
  let word = EndWord(slot.pointee.head.word.load(ordering: .relaxed))
  if word.has(EndWord.ended) || core.shared.pointee.isCancelled {
    core.pointee.mutex.unlock()
    return word.has(EndWord.ended) ? TENON_STATUS_CLOSED : TENON_STATUS_CANCELLED
  }
  replaced = core.shared.pointee.latest
  if replaced != nil { core.shared.pointee.missed += 1 }
  core.shared.pointee.latest = value.pointee
  value.empty()
  slot.pointee.index.store(
    slot.pointee.index.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  core.record(tenon__inspect_stream_sends, 1)
  if !core.shared.pointee.reader.isNone { wake = core.takeReader(&none) }
  core.pointee.mutex.unlock()
  if let replaced {
    StreamCounters.dropped.wrappingAdd(1, ordering: .relaxed)
    replaced.end()
  }
  wake.perform(core)
  return TENON_STATUS_OK
}

/// Moves out the value that the reader has not seen: see tenon_latest_take().
func takeLatest(
  _ latest: Handle, _ value: UnsafeMutablePointer<tenon_value_t>,
  _ ready: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  withCore(latest, .latest) { core in
    var wait: PromisedWait?
    while true {
      var status = core.takeLatest(value)
      if status == TENON_STATUS_PENDING {
        status = core.awaitSignal(of: latest, &wait, isWanted: ready != nil)
        if status == TENON_STATUS_OK { continue }
      }
      if status == TENON_STATUS_PENDING, let wait {
        ready?.pointee = wait.future.pointer
      } else {
        wait?.discard()
      }
      return status
    }
  }
}

/// How many values the reader never saw.
func missedValues(_ latest: Handle, _ missed: UnsafeMutablePointer<UInt64>) -> tenon_status_t {
  withCore(latest, .latest) { core in
    missed.pointee = core.pointee.mutex.withLock { core.shared.pointee.missed }
    return TENON_STATUS_OK
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  /// Moves the unseen value out; PENDING: there is none. The reader is pinned.
  func takeLatest(_ value: UnsafeMutablePointer<tenon_value_t>) -> tenon_status_t {
    pointee.mutex.lock()
    let newest = takeLatestValue()
    if newest != nil { countLatest() }
    pointee.mutex.unlock()
    guard let newest else { return TENON_STATUS_PENDING }
    value.pointee = newest
    return TENON_STATUS_OK
  }

  /// Under the mutex.
  func takeLatestValue() -> tenon_value_t? {
    let newest = shared.pointee.latest
    shared.pointee.latest = nil
    return newest
  }

  /// Under the mutex: moves the unseen value into the future of the reader that waits for it.
  func offerLatest(_ promise: Handle) -> StreamWake {
    let newest = takeLatestValue().unsafelyUnwrapped
    endReaderWait()
    let wake = withUnsafePointer(to: newest) { offer(promise, moving: $0) { countLatest() } }
    if let wake { return wake }
    shared.pointee.latest = newest
    return .cancel(promise)
  }

  /// Under the mutex: the reader, who is there, has got one.
  private func countLatest() {
    record(tenon__inspect_stream_receives, 1)
    let slot = shared.pointee.stream.unsafelyUnwrapped
    slot.pointee.index.store(
      slot.pointee.index.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }
}
