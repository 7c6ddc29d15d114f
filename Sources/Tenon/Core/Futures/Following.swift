import CTenon

// Where a wait for a future that is made of others has to poll: on the executor of the first of them that has one.
//
// It is not bound to that executor, whose close does not concern it. So the executor's name is not in the slot's head, but, while
// the future is pending, where a value's drop executor is: see also `keepReason`.

extension UnsafeMutablePointer where Pointee == FutureSlot {
  /// The compact name of the followed executor. While it is pending, under the lock or before anybody has the future.
  @inline(__always) var followed: UInt32 {
    get { valueMemory.load(fromByteOffset: Self.followedOffset, as: UInt32.self) }
    nonmutating set {
      valueMemory.storeBytes(of: newValue, toByteOffset: Self.followedOffset, as: UInt32.self)
    }
  }

  private static var followedOffset: Int {
    MemoryLayout<tenon_value_t>.offset(of: \.drop_executor).unsafelyUnwrapped
  }
}

/// Makes both ends of a future that is made of others.
func createFollowing() -> (promise: Handle, future: Handle)? {
  guard let made = createFuture(.none, flags: FutureWord.follows) else { return nil }
  // Nobody has it yet.
  findFuture(made.promise, .promise)?.followed = ExecutorName.none.bits
  return made
}

/// Has a pending future follow an input; `needs`: it cannot settle before that one. The first input that has an executor decides.
@inline(__always) func follow(_ input: Handle, by promise: Handle, needs: Bool) {
  guard let slot = findFuture(input, .future),
    case let word = FutureWord(slot.pointee.head.word.load(ordering: .relaxed)), word.isPending,
    word.has(FutureWord.follows) || slot.pointee.head.executor.load(ordering: .relaxed) != 0
  else { return }
  follow(input, slow: promise, needs: needs)
}

@inline(never) private func follow(_ input: Handle, slow promise: Handle, needs: Bool) {
  guard case let (executor, isNeeded) = executorToPoll(for: input), executor != .none,
    let slot = findFuture(promise, .promise),
    case .done(_, let locked) = slot.transition({ $0.lockingPromise(promise) })
  else { return }
  var word = locked.unlocked
  if word.has(FutureWord.follows) && slot.followed == ExecutorName.none.bits {
    slot.followed = executor.bits
    if needs && isNeeded { word = FutureWord(word.bits | FutureWord.needs) }
  }
  slot.publish(word)
}

/// The executor that a future's work is bound to, or that it follows; and whether it cannot settle without that.
func executorToPoll(for future: Handle) -> (ExecutorName, isNeeded: Bool) {
  guard let slot = findFuture(future, .future) else { return (.none, false) }
  let bound = ExecutorName(bits: slot.pointee.head.executor.load(ordering: .relaxed))
  let word = FutureWord(slot.pointee.head.word.load(ordering: .relaxed))
  if bound != .none || !word.has(FutureWord.follows) { return (bound, true) }
  let promise = future.as(.promise)
  guard case .done(let old, let locked) = slot.transition({ $0.lockingPromise(promise) }) else {
    return (.none, false)
  }
  let followed = ExecutorName(bits: slot.followed)
  slot.publish(locked.unlocked)
  return (followed, old.has(FutureWord.needs))
}
