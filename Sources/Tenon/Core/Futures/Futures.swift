import CTenon
import CTenonRoot
import Synchronization

/// What both ends of a result can do. Each operation is one transition of the word, then its effects, with no
/// lock held when anything is called.

/// Makes both ends; nil: no slot left. `isToldOtherwise`: of a close that has begun.
@inline(__always) func createFuture(
  _ executor: ExecutorName, flags: UInt, isToldOtherwise: Bool = false
) -> (promise: Handle, future: Handle)? {
  guard let (index, memory) = futureTable.take(at: SlotTables.futures) else { return nil }
  let ends = initialize(index, memory, executor, flags)
  // A call is bound when it is enqueued, and the wait for a descriptor when it is listed.
  if executor == .none || flags & (FutureWord.call | FutureWord.descriptor) != 0 { return ends }
  switch executor.state?.bind(ends.promise, executor) {
  case TENON_STATUS_OK: break
  case TENON_STATUS_NO_RESOURCES:
    discardFuture(ends.promise, ends.future)
    return nil
  default:
    // As if it had been there when the close began.
    if !isToldOtherwise { cancelForClose(ends.promise) }
  }
  return ends
}

/// The same without an executor or flags, if this thread has a free slot.
@inline(__always) func createFutureFast() -> (promise: Handle, future: Handle)? {
  guard let (index, memory) = futureTable.takeFast(at: SlotTables.futures) else { return nil }
  return initialize(index, memory, .none, 0)
}

@inline(__always) private func initialize(
  _ index: UInt32, _ memory: UnsafeMutableRawPointer, _ executor: ExecutorName, _ flags: UInt
) -> (promise: Handle, future: Handle) {
  let slot = FutureSlot.at(memory)
  slot.pointee.head.executor.store(executor.bits, ordering: .relaxed)
  slot.content.pointee.completions = 0
  slot.content.pointee.cancels = 0
  let word = FutureWord(
    creatingIn: slot.pointee.head.word.load(ordering: .relaxed), flags: flags)
  slot.publishUnobserved(word)
  let promise = Handle(.promise, index: index, word: word.bits)
  return (promise, promise.as(.future))
}

@inline(__always) func findFuture(_ handle: Handle, _ kind: Handle.Kind)
  -> UnsafeMutablePointer<FutureSlot>?
{ futureTable.find(handle, kind).map { FutureSlot.at($0) } }

// MARK: The write end

/// Settles, if nobody has: moves the value in, and tells everybody. If somebody has, the value is ended.
func settle(
  _ promise: Handle, as phase: FutureWord.Phase, _ value: tenon_value_t
) -> tenon_status_t {
  withUnsafePointer(to: value) { settle(promise, as: phase, moving: $0) }
}

/// The same, out of memory that somebody else has: values are copied whole, which is two moves of the machine.
@inline(__always) func settle(
  _ promise: Handle, as phase: FutureWord.Phase, moving value: UnsafePointer<tenon_value_t>
) -> tenon_status_t {
  guard let slot = findFuture(promise, .promise) else { return SlotTable.refusal(promise) }
  switch slot.transition({ $0.settling(promise) }) {
  case .refused(let status):
    if status == TENON_STATUS_ALREADY_SETTLED { loseSettling(value.pointee) }
    return status
  case .done(_, let locked):
    let (completions, cancels) = (slot.content.pointee.completions, slot.content.pointee.cancels)
    if phase != .fulfilled { slot.pointee.count(phase) }
    recordSettled(promise, phase)
    let settled = locked.settled(phase)
    if _slowPath(locked.has(FutureWord.cancelRequested)) {
      endRequested(promise, slot, settled, phase, value)
    } else if _slowPath(settled.isFree) {
      slot.publish(settled)
      futureTable.give(promise.index, UnsafeMutableRawPointer(slot))
      endResult(value)
    } else {
      slot.valueMemory.copyMemory(from: value, byteCount: MemoryLayout<tenon_value_t>.size)
      slot.publish(settled)
    }
    if completions | cancels != 0 { fireSettled(completions, cancels, phase) }
    return TENON_STATUS_OK
  }
}

/// Under the lock, so that whoever is told is told later.
@inline(__always) func recordSettled(_ promise: Handle, _ phase: FutureWord.Phase) {
  if Recorder.keepsFutures {
    Recorder.keep(tenon__inspect_future_settles, promise.bits, phase.rawValue)
  }
}

private let lateSettlements = Atomic<UInt64>(0)

/// How many calls came too late to settle.
var lateSettlementCount: UInt64 { lateSettlements.load(ordering: .relaxed) }

@inline(never) private func loseSettling(_ value: tenon_value_t) {
  lateSettlements.wrappingAdd(1, ordering: .relaxed)
  withUnsafePointer(to: value) { endResult($0) }
}

@inline(never) func fireSettled(
  _ completions: UInt32, _ cancels: UInt32, _ phase: FutureWord.Phase
) {
  if completions == 0 { return fire(cancels, TENON_STATUS_SETTLED) }
  if cancels == 0 { return fire(completions, FutureWord(phase.rawValue).status) }
  Delivery.passOn {
    fire(completions, FutureWord(phase.rawValue).status)
    fire(cancels, TENON_STATUS_SETTLED)
  }
}

extension FutureSlot {
  /// Under the lock.
  @inline(never) fileprivate borrowing func count(_ phase: FutureWord.Phase) {
    if phase == .rejected { rejections.count() } else { cancellations.count() }
  }
}

extension Atomic where Value == UInt32 {
  /// Counts, where one thread at a time does.
  @inline(__always) fileprivate func count() {
    store(load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }
}

/// Ends what a settled future holds: a value, or an error's reference.
@inline(__always) func endResult(_ value: UnsafePointer<tenon_value_t>) {
  if value.pointee.drop == nil && value.pointee.kind != tenon_value_t.errorKind { return }
  endOwning(value.pointee)
}

@inline(never) private func endOwning(_ value: tenon_value_t) {
  if value.kind == tenon_value_t.errorKind {
    _ = ErrorSlot.release(Handle(bits: UInt(value.as.u64)))
  } else {
    value.end()
  }
}

/// Lets go of a promise that was not settled.
func releasePromise(_ promise: Handle) -> tenon_status_t {
  guard let slot = findFuture(promise, .promise) else { return SlotTable.refusal(promise) }
  let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
  let isCancelled = promise.lives(in: word.bits) && word.has(FutureWord.cancelRequested)
  let status =
    isCancelled
    ? settle(promise, as: .cancelled, tenon_value_none())
    : settle(promise, as: .rejected, .status(TENON_STATUS_STALE))
  return status == TENON_STATUS_ALREADY_SETTLED ? TENON_STATUS_STALE : status
}

@inline(__always) func isCancelRequested(_ promise: Handle) -> Bool {
  guard let slot = findFuture(promise, .promise) else { return false }
  return isCancelRequested(promise, slot)
}

/// The same for whoever has the slot.
@inline(__always) func isCancelRequested(
  _ promise: Handle, _ slot: UnsafeMutablePointer<FutureSlot>
) -> Bool {
  let word = FutureWord(slot.pointee.head.word.load(ordering: .sequentiallyConsistent))
  Handover.take(slot)
  return promise.lives(in: word.bits) && word.isPending && word.has(FutureWord.cancelRequested)
}

/// Whether anybody can still read what a pending promise comes to.
func hasReaders(_ promise: Handle) -> Bool {
  guard let slot = findFuture(promise, .promise) else { return false }
  let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
  return promise.lives(in: word.bits) && word.readers != 0
}

/// Whether a promise is a Swift call's that has not ended.
func isPendingCall(_ promise: Handle) -> Bool {
  guard let slot = findFuture(promise, .promise) else { return false }
  let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
  return promise.lives(in: word.bits) && word.isPending && word.has(FutureWord.call)
}

// MARK: The read end

@inline(__always) func retainFuture(_ future: Handle) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  if case .refused(let status) = slot.transition({ $0.retaining(future) }) { return status }
  return TENON_STATUS_OK
}

@inline(__always) func releaseFuture(_ future: Handle) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  switch slot.transition({ $0.releasing(future) }) {
  case .refused(let status): return status
  case .done(let old, let new):
    if new.isFree {
      // Nobody else can reach the slot now, until it is given back.
      if !old.has(FutureWord.taken) {
        endAndGive(future.index, slot)
      } else {
        futureTable.give(future.index, UnsafeMutableRawPointer(slot))
      }
    } else if new.has(FutureWord.locked) {
      abandonFuture(future, slot, new)
    }
    return TENON_STATUS_OK
  }
}

@inline(never) private func endAndGive(
  _ index: UInt32, _ slot: UnsafeMutablePointer<FutureSlot>
) {
  let value = slot.content.pointee.value
  futureTable.give(index, UnsafeMutableRawPointer(slot))
  withUnsafePointer(to: value) { endResult($0) }
}

/// The last reader of a pending future has gone: its work is cancelled.
@inline(never) private func abandonFuture(
  _ future: Handle, _ slot: UnsafeMutablePointer<FutureSlot>, _ locked: FutureWord
) {
  let cancels = captureCancels(slot)
  slot.keepReason(nil)
  let executor = ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed))
  slot.publish(locked.releasedLast)
  tellCancel(future, cancels, executor, locked)
}

@inline(__always) func pollFuture(_ future: Handle) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
  Handover.take(slot)
  if case .refuse(let status) = word.reading(future) { return status }
  return word.status
}

@inline(__always) func takeFuture(_ future: Handle, _ value: UnsafeMutablePointer<tenon_value_t>)
  -> tenon_status_t
{
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  switch slot.transition({ $0.taking(future) }) {
  case .refused(let status): return status
  case .done(_, let locked):
    UnsafeMutableRawPointer(value)
      .copyMemory(from: slot.valueMemory, byteCount: MemoryLayout<tenon_value_t>.size)
    slot.publish(locked.unlocked)
    return TENON_STATUS_OK
  }
}

/// The same for whoever wants a pointer of this type, or nothing; TENON_STATUS_INVALID: it is another, and stays where it is.
func takeFuture(
  _ future: Handle, _ type: UnsafeRawPointer, _ value: UnsafeMutablePointer<tenon_value_t>
) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  switch slot.transition({ $0.lockingValue(future) }) {
  case .refused(let status): return status
  case .done(_, let locked):
    let there = slot.valueMemory.assumingMemoryBound(to: tenon_value_t.self)
    let kind = there.pointee.kind
    let fits =
      kind == UInt8(TENON_VALUE_NONE.rawValue)
      || kind == UInt8(TENON_VALUE_POINTER.rawValue) && there.pointee.as.pointer.type == type
    if fits {
      UnsafeMutableRawPointer(value)
        .copyMemory(from: there, byteCount: MemoryLayout<tenon_value_t>.size)
    }
    slot.publish(fits ? locked.unlockedAndTaken : locked.unlocked)
    return fits ? TENON_STATUS_OK : TENON_STATUS_INVALID
  }
}

/// Calls `body` with the result of a settled future, which stays for the call.
///
/// Another reader may take a value meanwhile, and share it: see `shareValue`.
func readFuture(
  _ future: Handle, _ body: (FutureWord, UnsafePointer<tenon_value_t>) -> tenon_status_t
) -> tenon_status_t {
  let status = retainFuture(future)
  guard status == TENON_STATUS_OK, let slot = findFuture(future, .future) else { return status }
  defer { _ = releaseFuture(future) }
  let word = FutureWord(slot.pointee.head.word.load(ordering: .acquiring))
  if word.isPending { return TENON_STATUS_PENDING }
  return body(word, UnsafePointer(slot.valueMemory.assumingMemoryBound(to: tenon_value_t.self)))
}

/// Calls `body` with the value of a fulfilled future, which nobody takes meanwhile. Under the lock: `body` is short.
///
/// It may change what ends the value, and nothing else: others read the rest without the lock.
func shareValue(_ future: Handle, _ body: (UnsafeMutablePointer<tenon_value_t>) -> Void)
  -> tenon_status_t
{
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  switch slot.transition({ $0.lockingValue(future) }) {
  case .refused(let status): return status
  case .done(_, let locked):
    body(slot.valueMemory.assumingMemoryBound(to: tenon_value_t.self))
    slot.publish(locked.unlocked)
    return TENON_STATUS_OK
  }
}

func detachFuture(_ future: Handle) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  if case .refused(let status) = slot.transition({ $0.detaching(future) }) { return status }
  return TENON_STATUS_OK
}

// MARK: Cancelling

/// Requests a cancel, for a reason that is borrowed. The first request decides what the reason is.
@inline(__always) func cancelFuture(_ future: Handle, because reason: Handle? = nil)
  -> tenon_status_t
{
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  return requestCancel(future, slot, reason) { $0.cancelling(future) }
}

/// The same; once it is recorded, and before anybody is told, calls `requested`.
func cancelFuture(
  _ future: Handle, because reason: Handle? = nil, requested: () -> Void
) -> tenon_status_t {
  guard let slot = findFuture(future, .future) else { return SlotTable.refusal(future) }
  return requestCancel(future, slot, reason, requested) { $0.cancelling(future) }
}

/// The same, for those who have only the promise's name for it, and may be its last readers.
@discardableResult
func cancelPromise(_ promise: Handle, because reason: Handle? = nil) -> tenon_status_t {
  guard let slot = findFuture(promise, .promise) else { return SlotTable.refusal(promise) }
  return requestCancel(promise, slot, reason) {
    if let refusal = $0.refusal(of: promise) { return .refuse(refusal) }
    return $0.requestingCancel
  }
}

private func requestCancel(
  _ handle: Handle, _ slot: UnsafeMutablePointer<FutureSlot>, _ reason: Handle?,
  _ requested: () -> Void = {}, _ step: (FutureWord) -> FutureWord.Step
) -> tenon_status_t {
  if let reason, case let status = ErrorSlot.retain(reason), status != TENON_STATUS_OK {
    return status
  }
  switch slot.transition(step) {
  case .refused(let status):
    if let reason { _ = ErrorSlot.release(reason) }
    return status
  case .done(_, let locked):
    let cancels = captureCancels(slot)
    slot.keepReason(reason)
    let executor = ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed))
    slot.publish(locked.unlocked)
    requested()
    tellCancel(handle, cancels, executor, locked)
    return TENON_STATUS_OK
  }
}

/// Takes the cancel callbacks out of the slot. Under the lock.
private func captureCancels(_ slot: UnsafeMutablePointer<FutureSlot>) -> UInt32 {
  let first = slot.content.pointee.cancels
  slot.content.pointee.cancels = 0
  var next = first
  while next != 0 {
    let registration = RegistrationSlot.at(next - 1)
    registration.pointee.isLinked = false
    next = registration.pointee.next
  }
  return first
}

/// Says to whoever produces the result that nobody needs it.
private func tellCancel(
  _ handle: Handle, _ cancels: UInt32, _ executor: ExecutorName, _ word: FutureWord
) {
  fire(cancels, TENON_STATUS_CANCELLED)
  // Cancellation handlers run in there: what they cancel is passed on after them, in order.
  if word.has(FutureWord.call) {
    Delivery.passOn { cancelCall(handle.as(.promise), on: executor) }
  } else if word.has(FutureWord.descriptor) {
    cancelWait(handle.as(.promise), on: executor)
  }
}
