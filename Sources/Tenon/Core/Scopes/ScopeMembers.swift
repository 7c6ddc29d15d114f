import CTenon

/// Makes a future's work part of a scope, until it ends; or says why not.
func addToScope(_ scope: Handle, _ future: Handle) -> tenon_status_t {
  let polled = pollFuture(future)
  if polled.rawValue < 0 && !isEnd(polled) { return polled }
  if Memory.isShort { return TENON_STATUS_NO_RESOURCES }
  let member = UnsafeMutablePointer<Member>.allocate(capacity: 1)
  member.initialize(to: Member(scope: scope, future: future))
  var (isCancelled, promise) = (false, Handle(bits: 0))
  let status =
    ScopeTable.locked(scope) { content in
      if content.pointee.phase == .ended { return TENON_STATUS_CLOSED }
      // It would wait for itself.
      if content.pointee.future.bits == future.bits { return TENON_STATUS_DEADLOCK }
      promise = content.pointee.promise
      // Requested, though those that are there may not have been asked yet.
      isCancelled = content.pointee.isCancelled || isCancelRequested(promise)
      content.pointee.memberCount += 1
      member.pointee.isAsked = isCancelled
      if isCancelled {
        content.pointee.asked.append(member)
      } else {
        content.pointee.waiting.append(member)
      }
      return TENON_STATUS_OK
    } ?? TENON_STATUS_STALE
  guard status == TENON_STATUS_OK else {
    member.deallocate()
    return status
  }
  let registered = onComplete(
    future, .none, unsafeBitCast(memberTold, to: UnsafeRawPointer.self),
    UnsafeMutableRawPointer(member), late: .refuse, isOwn: true
  ) { _ in }
  switch registered {
  case TENON_STATUS_OK:
    follow(future, by: promise, needs: true)
    if isCancelled { passCancel(of: promise, to: future) }
  case TENON_STATUS_SETTLED:
    endMember(member, pollFuture(future))
  default:
    endMember(member, TENON_STATUS_OK)
    return registered
  }
  return TENON_STATUS_OK
}

private let memberTold: tenon_completion_fn = { context, status, _ in
  endMember(context.unsafelyUnwrapped.assumingMemoryBound(to: Member.self), status)
}

/// A member has ended: the scope lets go of it, and perhaps fails, and perhaps ends.
private func endMember(_ member: UnsafeMutablePointer<Member>, _ status: tenon_status_t) {
  let (scope, future) = (member.pointee.scope, member.pointee.future)
  var error = status == TENON_STATUS_REJECTED ? copyFailure(of: future) : nil
  // The first failure cancels the rest; the reason is lent for that.
  var reason: Handle?
  let end = ScopeTable.locked(scope) { content in
    if member.pointee.isAsked {
      content.pointee.asked.remove(member)
    } else {
      content.pointee.waiting.remove(member)
    }
    content.pointee.memberCount -= 1
    if let failed = error, content.counts(failed) {
      error = nil
      if !content.pointee.collects, ErrorSlot.retain(failed) == TENON_STATUS_OK {
        reason = failed
      }
    }
    return content.takeEnd()
  }
  member.deallocate()
  if let reason {
    if end == nil { cancelScope(scope, because: reason) }
    _ = ErrorSlot.release(reason)
  }
  if let error { _ = ErrorSlot.release(error) }
  finish(scope, end)
}

extension UnsafeMutablePointer where Pointee == ScopeContent {
  /// Whether it is the scope's first failure, whose reference it then takes over. What fails after a cancel was asked for
  /// is no failure of the scope, but how that member ended.
  fileprivate func counts(_ failure: Handle) -> Bool {
    if pointee.isCancelled || isCancelRequested(pointee.promise) { return false }
    pointee.failureCount += 1
    if pointee.failure != nil { return false }
    pointee.failure = failure
    return true
  }
}
