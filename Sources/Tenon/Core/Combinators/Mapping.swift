import CTenon
import Glibc
import Synchronization

/// A future made of another one by a function of the caller's. Freed when both of its callbacks have been told.
private struct Mapping: ~Copyable {
  let input: Handle
  let promise: Handle
  let function: tenon_map_fn
  let context: UnsafeMutableRawPointer?
  let references = Atomic<Int>(2)
}

/// Has `function` called when the input settles, with the promise of the future that this gives; or says why not, and
/// then nothing has happened.
func mapFuture(
  _ input: Handle, on name: ExecutorName, _ function: tenon_map_fn,
  _ context: UnsafeMutableRawPointer?
) -> Result<Handle, StatusError> {
  guard let (promise, future) = name == .none ? createFollowing() : createFuture(name, flags: 0)
  else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  guard let memory = Memory.take(MemoryLayout<Mapping>.size) else {
    discardFuture(promise, future)
    return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
  }
  let mapping = memory.bindMemory(to: Mapping.self, capacity: 1)
  mapping.initialize(
    to: Mapping(input: input, promise: promise, function: function, context: context))
  // The cancel callback first: afterwards the function may be called at any time, and nothing can be undone.
  var cancel: Handle?
  if name == .none { follow(input, by: promise, needs: true) }
  var status = onCancel(
    promise, .none, unsafeBitCast(mappingCancelled, to: UnsafeRawPointer.self), memory, isOwn: true
  ) { cancel = $0 }
  if status != TENON_STATUS_OK {
    mapping.release()
    // A cancel can have come only from an executor that closes.
    if status == TENON_STATUS_CANCELLED { status = TENON_STATUS_CLOSED }
  } else {
    status = onComplete(
      input, name, unsafeBitCast(inputSettled, to: UnsafeRawPointer.self), memory, late: .tell
    ) { _ in }
    if status == TENON_STATUS_OK { return .success(future) }
    if let cancel, removeRegistration(cancel, telling: nil) == TENON_STATUS_OK {
      mapping.release()
    }
  }
  mapping.release()
  discardFuture(promise, future)
  return .failure(StatusError(status))
}

extension UnsafeMutablePointer where Pointee == Mapping {
  fileprivate func release() {
    Handover.pass(self)
    if pointee.references.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
      Handover.take(self)
      Glibc.free(self)
    }
  }
}

private let inputSettled: tenon_completion_fn = { context, status, future in
  let mapping = context.unsafelyUnwrapped.assumingMemoryBound(to: Mapping.self)
  mapping.pointee.function(mapping.pointee.context, status, future, mapping.pointee.promise.pointer)
  mapping.release()
}

private let mappingCancelled: tenon_cancel_fn = { context, status in
  let mapping = context.unsafelyUnwrapped.assumingMemoryBound(to: Mapping.self)
  if status == TENON_STATUS_CANCELLED {
    passCancel(of: mapping.pointee.promise, to: mapping.pointee.input)
  }
  mapping.release()
}
