import CTenon

/// A future that is fulfilled when a descriptor is ready for these events.
func descriptorFuture(
  on state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName, _ fd: Int32,
  for purpose: DescriptorPurpose
) -> Result<Handle, StatusError> {
  if fd < 0 { return .failure(StatusError(TENON_STATUS_INVALID)) }
  // In its own poll they cannot go meanwhile.
  if state.isPolledHere, state.isOpen(as: name), let known = state.own.pointee.descriptors {
    return known._withUnsafeGuaranteedRef {
      wait(on: unsafeDowncast($0, to: Descriptors.self), state, name, fd, for: purpose)
    }
  }
  return findDescriptors(of: state, name).flatMap { wait(on: $0, state, name, fd, for: purpose) }
}

private func wait(
  on descriptors: Descriptors, _ state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName,
  _ fd: Int32, for purpose: DescriptorPurpose
) -> Result<Handle, StatusError> {
  guard !Memory.isShort, let (promise, future) = createFuture(name, flags: FutureWord.descriptor)
  else { return .failure(StatusError(SlotTable.exhaustion())) }
  // It is pending work of the executor's.
  guard state.addPending(nil, name) else {
    discardFuture(promise, future)
    return .failure(StatusError(TENON_STATUS_CLOSED))
  }
  let status = descriptors.add(fd, purpose, promise)
  if status != TENON_STATUS_OK {
    state.removePending(name)
    if status == TENON_STATUS_SETTLED {
      _ = settle(promise, as: .fulfilled, tenon_value_none())
      return .success(future)
    }
    discardFuture(promise, future)
    return .failure(StatusError(status))
  }
  // A close that has begun meanwhile may have looked before it was there.
  if !state.isOpen(as: name) { descriptors.cancelForClose(promise) }
  descriptors.beWatched()
  return .success(future)
}

/// An executor's descriptors, which are made with the first wait.
private func findDescriptors(of state: UnsafeMutablePointer<ExecutorState>, _ name: ExecutorName)
  -> Result<Descriptors, StatusError>
{
  // nil: there are none yet, and `made` is nil.
  func find(orKeep made: Descriptors?) -> Result<Descriptors?, StatusError> {
    state.pointee.mutex.withLock {
      guard state.isOpen(as: name) else {
        return .failure(StatusError(TENON_STATUS_CLOSED))
      }
      // Of a pool nobody watches anything; of a host only if it can.
      guard state.pool == nil, state.source.pointee?.host.map({ $0.watch != nil }) ?? true else {
        return .failure(StatusError(TENON_STATUS_UNSUPPORTED))
      }
      if let kept = state.shared.pointee.descriptors {
        return .success(unsafeDowncast(kept, to: Descriptors.self))
      }
      state.shared.pointee.descriptors = made
      return .success(made)
    }
  }
  return find(orKeep: nil).flatMap { found in
    if let found { return .success(found) }
    guard !Memory.isShort, let made = Descriptors(state, name) else {
      return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
    }
    return find(orKeep: made).map { $0 ?? made }
  }
}
