import CTenon

/// The common case of each operation on the hot path, in front of the general one: one reader, no callback, nobody else
/// at it. The word that the slot must have then follows from the handle alone, so the compare-and-swap that makes the
/// transition is also the whole check of the handle's life and of the state. Whatever else is the case, it fails, and
/// the general operation finds out. So it does if somebody wants to know of hand-overs, or of what happens.

/// Settles a future that has one reader and no callbacks, with a value; false: nothing has happened.
@inline(__always) func resolveFast(_ promise: Handle, _ value: UnsafePointer<tenon_value_t>) -> Bool
{
  guard !Recorder.looksAtFutures, let memory = futureTable.find(promise, .promise) else {
    return false
  }
  let slot = FutureSlot.at(memory)
  let life = promise.bits & Handle.lifeMask
  let pending = life | FutureWord.open | FutureWord.reader
  guard slot.exchange(pending, pending | FutureWord.locked) else { return false }
  guard slot.content.pointee.completions | slot.content.pointee.cancels == 0 else {
    slot.publishUnobserved(FutureWord(pending))
    return false
  }
  slot.valueMemory.copyMemory(from: value, byteCount: MemoryLayout<tenon_value_t>.size)
  slot.publishUnobserved(FutureWord(life | FutureWord.Phase.fulfilled.rawValue | FutureWord.reader))
  return true
}

/// Settles a call's future that has one reader, which may be a callback, with a value; false: nothing has happened.
@inline(__always) func fulfilFast(_ promise: Handle, _ value: tenon_value_t) -> Bool {
  if Recorder.looksAtFutures { return false }
  let slot = FutureSlot.at(futureTable.address(of: promise.index))
  let life = promise.bits & Handle.lifeMask
  let pending = life | FutureWord.open | FutureWord.call | FutureWord.reader
  guard slot.exchange(pending, pending | FutureWord.locked) else { return false }
  let (completions, cancels) = (slot.content.pointee.completions, slot.content.pointee.cancels)
  slot.content.pointee.value = value
  slot.publishUnobserved(FutureWord(life | FutureWord.Phase.fulfilled.rawValue | FutureWord.reader))
  if completions | cancels != 0 { fireSettled(completions, cancels, .fulfilled) }
  return true
}

/// Takes the value of a fulfilled future that has one reader; false: nothing has happened.
@inline(__always) func takeFast(_ future: Handle, _ value: UnsafeMutablePointer<tenon_value_t>)
  -> Bool
{
  guard !Handover.isObserved, let memory = futureTable.find(future, .future) else { return false }
  let slot = FutureSlot.at(memory)
  let fulfilled =
    future.bits & Handle.lifeMask | FutureWord.Phase.fulfilled.rawValue | FutureWord.reader
  guard slot.exchange(fulfilled, fulfilled | FutureWord.locked | FutureWord.taken) else {
    return false
  }
  UnsafeMutableRawPointer(value)
    .copyMemory(from: slot.valueMemory, byteCount: MemoryLayout<tenon_value_t>.size)
  slot.publishUnobserved(FutureWord(fulfilled | FutureWord.taken))
  return true
}

/// Takes the value and releases the one reader, under one lock; false: nothing has happened.
@inline(__always) func consumeFast(_ future: Handle, _ value: UnsafeMutablePointer<tenon_value_t>)
  -> Bool
{
  guard !Handover.isObserved, let memory = futureTable.find(future, .future) else { return false }
  let slot = FutureSlot.at(memory)
  let life = future.bits & Handle.lifeMask
  let fulfilled = life | FutureWord.Phase.fulfilled.rawValue | FutureWord.reader
  let free = FutureWord.freed(life)
  guard free & Handle.mark != 0, let magazine = Magazine.withRoom(SlotTables.futures) else {
    return false
  }
  guard slot.exchange(fulfilled, fulfilled | FutureWord.locked | FutureWord.taken) else {
    return false
  }
  UnsafeMutableRawPointer(value)
    .copyMemory(from: slot.valueMemory, byteCount: MemoryLayout<tenon_value_t>.size)
  slot.publishUnobserved(FutureWord(free))
  magazine.give(future.index, memory)
  return true
}

/// Releases the one reader of a future whose value was taken; false: nothing has happened.
@inline(__always) func releaseFast(_ future: Handle) -> Bool {
  guard !Handover.isObserved, let memory = futureTable.find(future, .future) else { return false }
  let slot = FutureSlot.at(memory)
  let life = future.bits & Handle.lifeMask
  let taken =
    life | FutureWord.Phase.fulfilled.rawValue | FutureWord.reader | FutureWord.taken
  // Both at hand before the exchange, so that nothing is left to call after it.
  let free = FutureWord.freed(life)
  guard free & Handle.mark != 0, let magazine = Magazine.withRoom(SlotTables.futures) else {
    return false
  }
  guard slot.exchange(taken, free) else { return false }
  magazine.give(future.index, memory)
  return true
}

extension UnsafeMutablePointer where Pointee == FutureSlot {
  @inline(__always) fileprivate func exchange(_ expected: UInt, _ desired: UInt) -> Bool {
    pointee.head.word.compareExchange(
      expected: expected, desired: desired, ordering: .acquiringAndReleasing
    ).exchanged
  }
}
