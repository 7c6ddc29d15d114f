import CTenon

/// Who waits at an end: nobody, a future, or a Swift task.
enum StreamWait {
  case none
  /// A promise whose value is the next item.
  case item(Handle)
  /// A promise that settles, with nothing, when there is something to do.
  case signal(Handle)
  case task(UnsafeContinuation<Void, Never>)
  /// A pipe, for as long as it lasts, whether or not there is anything to do; by its source.
  case pipe(UnsafeMutablePointer<StreamCore>)

  var isNone: Bool {
    if case .none = self { return true }
    return false
  }

  /// The promise of a wait that C can give up, by its future.
  var promise: Handle? {
    switch self {
    case .item(let promise), .signal(let promise): promise
    case .none, .task, .pipe: nil
    }
  }

  /// Who it is, for those who look later; 0: nobody, or a pipe, which is always there.
  var recorded: UInt {
    switch self {
    case .none, .pipe: 0
    case .item(let promise), .signal(let promise): promise.bits
    case .task(let continuation): unsafeBitCast(continuation, to: UInt.self)
    }
  }

  /// Nobody can be told any more: its future was detached and let go of.
  var isAbandoned: Bool { promise.map { !hasReaders($0) } ?? false }

  /// What waking it takes when there is something to do. Under the mutex that it waits behind.
  var wake: StreamWake {
    switch self {
    case .none: .none
    case .item(let promise), .signal(let promise): .settle(promise)
    case .task(let continuation): .resume(continuation)
    case .pipe(let source): .kick(source.kept)
    }
  }

  /// What waking it takes when there never will be.
  var cancellation: StreamWake { promise.map { .cancel($0) } ?? wake }
}

/// What is left to do about a wait that was taken out, once no lock is held.
enum StreamWake {
  case none
  case settle(Handle)
  case cancel(Handle)
  /// The stream has ended, and this promise waits for an item.
  case end(Handle)
  /// A promise has its item; who is to be told of it.
  case told(completions: UInt32, cancels: UInt32)
  case resume(UnsafeContinuation<Void, Never>)
  /// Takes a reference to the source.
  case kick(UnsafeMutablePointer<StreamCore>)

  func perform(_ core: UnsafeMutablePointer<StreamCore>) {
    switch self {
    case .none: break
    case .settle(let promise): _ = Tenon.settle(promise, as: .fulfilled, tenon_value_none())
    case .cancel(let promise): _ = Tenon.settle(promise, as: .cancelled, tenon_value_none())
    case .end(let promise): core.settleWithEnd(promise)
    case .told(let completions, let cancels):
      if completions != 0 { fire(completions, TENON_STATUS_OK) }
      if cancels != 0 { fire(cancels, TENON_STATUS_SETTLED) }
    case .resume(let continuation): continuation.resume()
    case .kick(let source):
      source.kick()
      source.releaseEnd()
    }
  }
}

extension UnsafeMutablePointer where Pointee == StreamCore {
  fileprivate var kept: Self {
    retainCore()
    return self
  }

  /// Settles a promise that waits for an item as the stream has ended.
  func settleWithEnd(_ promise: Handle) {
    guard endStatus == TENON_STATUS_ENDED else {
      return passFailure(of: pointee.future, to: promise)
    }
    var value = tenon_value_none()
    value.kind = UInt8(TENON_VALUE_END.rawValue)
    _ = settle(promise, as: .fulfilled, value)
  }
}

/// Gives a promise its value, unless nobody wants it or can read it any more: nil, and nothing has happened. Between the
/// two, when nobody can see the value yet, calls `accepted`.
func offer(
  _ promise: Handle, moving value: UnsafePointer<tenon_value_t>, _ accepted: () -> Void
) -> StreamWake? {
  let slot = FutureSlot.at(futureTable.address(of: promise.index))
  let transition = slot.transition { word in
    let step = word.settling(promise)
    if case .become = step, word.has(FutureWord.cancelRequested) || word.readers == 0 {
      return .refuse(TENON_STATUS_CANCELLED)
    }
    return step
  }
  guard case .done(_, let locked) = transition else { return nil }
  let (completions, cancels) = (slot.content.pointee.completions, slot.content.pointee.cancels)
  slot.valueMemory.copyMemory(from: value, byteCount: MemoryLayout<tenon_value_t>.size)
  accepted()
  recordSettled(promise, .fulfilled)
  slot.publish(locked.settled(.fulfilled))
  return .told(completions: completions, cancels: cancels)
}

/// Both ends of a wait's promise.
struct PromisedWait {
  let promise: Handle
  let future: Handle

  /// nil: no slot is left.
  init?(_ executor: ExecutorName) {
    // Its stream is cancelled by a close, and one that comes later waits for the end of that.
    guard let made = createFuture(executor, flags: 0, isToldOtherwise: true) else { return nil }
    (promise, future) = made
  }

  /// Has a cancel of the future give the wait up: `giveUp` is a cancel callback whose context is the end's handle.
  /// False: no slot is left, and the wait is none.
  func watch(_ end: Handle, _ giveUp: tenon_cancel_fn) -> Bool {
    let function = unsafeBitCast(giveUp, to: UnsafeRawPointer.self)
    let context = UnsafeMutableRawPointer(bitPattern: end.bits)
    let status = onCancel(promise, .none, function, context, isOwn: true) { _ in }
    if status == TENON_STATUS_OK { return true }
    discard()
    return false
  }

  func discard() { discardFuture(promise, future) }
}
