import CTenon
import Glibc
import Synchronization

/// How to open a scope. Handles are checked by the caller.
struct ScopeOptions {
  var parent: Handle?
  var executor = ExecutorName.none
  var deadline = UInt64.max
  var collects = false
  var label: String?
}

/// Opens a scope, with one reference; or says why not, and then nothing has happened.
func openScope(_ options: ScopeOptions) -> Result<Handle, StatusError> {
  var (executor, deadline) = (options.executor, options.deadline)
  if let parent = options.parent {
    let inherited = ScopeTable.locked(parent) { ($0.pointee.executor, $0.pointee.deadline) }
    if let inherited {
      if executor == .none { executor = inherited.0 }
      deadline = min(deadline, inherited.1)
    }
  }
  // A deadline that is the parent's needs no timer: the parent passes on that it has come.
  let needsTimer = deadline == options.deadline && deadline != .max
  if needsTimer && executor == .none { return .failure(StatusError(TENON_STATUS_INVALID)) }
  guard
    let (promise, future) = executor == .none
      ? createFollowing()
      : createFuture(executor, flags: 0, isToldOtherwise: options.executor == .none)
  else {
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  guard let (scope, slot) = ScopeTable.take() else {
    discardFuture(promise, future)
    return .failure(StatusError(SlotTable.exhaustion()))
  }
  slot.begin(scope, promise, future, executor, deadline, options)
  var status = onCancel(
    promise, .none, unsafeBitCast(scopeCancelled, to: UnsafeRawPointer.self),
    UnsafeMutableRawPointer(bitPattern: scope.bits), isOwn: true
  ) { _ in }
  if status == TENON_STATUS_CANCELLED {
    // By the executor, which closes.
    cancelMembers(of: scope)
    status = TENON_STATUS_OK
  }
  if status == TENON_STATUS_OK && needsTimer { status = startDeadline(scope, executor, deadline) }
  if status == TENON_STATUS_OK, let parent = options.parent { status = addToScope(parent, future) }
  if status == TENON_STATUS_OK { return .success(scope) }
  ScopeTable.locked(scope) { $0.pointee.phase = .closing }
  _ = releaseScope(scope)
  return .failure(StatusError(status))
}

extension UnsafeMutablePointer where Pointee == ScopeSlot {
  fileprivate func begin(
    _ scope: Handle, _ promise: Handle, _ future: Handle, _ executor: ExecutorName,
    _ deadline: UInt64, _ options: ScopeOptions
  ) {
    let content = UnsafeMutablePointer<ScopeContent>(
      bitPattern: pointee.content.load(ordering: .relaxed)
    ).unsafelyUnwrapped
    pointee.mutex.lock()
    content.pointee.life = scope.bits & Handle.lifeMask
    content.pointee.phase = .open
    content.pointee.isHeld = true
    content.pointee.isCancelled = false
    content.pointee.collects = options.collects
    content.pointee.promise = promise
    content.pointee.future = future
    content.pointee.timer = nil
    content.pointee.deadline = deadline
    content.pointee.executor = executor
    content.pointee.label = options.label
    content.pointee.failure = nil
    content.pointee.failureCount = 0
    pointee.mutex.unlock()
    pointee.head.word.store(
      scope.bits & Handle.lifeMask | ScopeSlot.running | 1, ordering: .releasing)
  }
}

// MARK: Cancelling

/// Requests that all in the scope ends early; the reason is borrowed.
@discardableResult
func cancelScope(_ scope: Handle, because reason: Handle?) -> tenon_status_t {
  guard let promise = ScopeTable.locked(scope, { $0.pointee.promise }) else {
    return TENON_STATUS_STALE
  }
  return cancelPromise(promise, because: reason)
}

/// A cancel of the scope's end is a cancel of the scope.
private let scopeCancelled: tenon_cancel_fn = { context, status in
  if status == TENON_STATUS_CANCELLED { cancelMembers(of: Handle(bits: UInt(bitPattern: context))) }
}

/// Passes a cancel and its reason on to every member; from now on to each that comes, too.
private func cancelMembers(of scope: Handle) {
  let promise = ScopeTable.locked(scope) {
    $0.pointee.isCancelled = true
    return $0.pointee.promise
  }
  let reason = promise.flatMap { cancelReason(of: $0) }
  while let future = ScopeTable.locked(scope, { $0.nextToAsk() }) {
    _ = cancelFuture(future, because: reason)
  }
  if let reason { _ = ErrorSlot.release(reason) }
}

extension UnsafeMutablePointer where Pointee == ScopeContent {
  /// One at a time, so that the mutex is held for moments only, however many there are.
  fileprivate func nextToAsk() -> Handle? {
    guard let member = pointee.waiting.first else { return nil }
    pointee.waiting.remove(member)
    member.pointee.isAsked = true
    pointee.asked.append(member)
    return member.pointee.future
  }
}

// MARK: Deadlines

private func startDeadline(_ scope: Handle, _ name: ExecutorName, _ deadline: UInt64)
  -> tenon_status_t
{
  guard let state = name.state else { return TENON_STATUS_CLOSED }
  var timer: Handle?
  let status = startTimer(
    on: state, name, deadline, unsafeBitCast(deadlinePassed, to: UnsafeRawPointer.self),
    UnsafeMutableRawPointer(bitPattern: scope.bits)
  ) { timer = $0 }
  if status == TENON_STATUS_OK { ScopeTable.locked(scope) { $0.pointee.timer = timer } }
  return status
}

private let deadlinePassed: tenon_timer_fn = { context, status in
  guard status == TENON_STATUS_OK else { return }
  let reason = ErrorSlot.create(TENON_STATUS_TIMEOUT, text("the scope's deadline has passed"))
  cancelScope(Handle(bits: UInt(bitPattern: context)), because: reason)
  if let reason { _ = ErrorSlot.release(reason) }
}

// MARK: The end

/// Gives a reference to the scope's end, which settles when all that was added has ended.
func closeScope(_ scope: Handle) -> Result<Handle, StatusError> {
  guard let future = ScopeTable.locked(scope, { $0.pointee.future }) else {
    return .failure(StatusError(TENON_STATUS_STALE))
  }
  let status = retainFuture(future)
  if status != TENON_STATUS_OK { return .failure(StatusError(status)) }
  let end = ScopeTable.locked(scope) {
    if $0.pointee.phase == .open { $0.pointee.phase = .closing }
    return $0.takeEnd()
  }
  finish(scope, end)
  return .success(future)
}

/// Gives a reference back. The last one of a scope that was not closed cancels it, and lets it end by itself.
func releaseScope(_ scope: Handle) -> tenon_status_t {
  var wasLast = false
  let status = ScopeTable.release(scope, &wasLast)
  guard wasLast, let slot = ScopeTable.find(scope) else { return status }
  if ScopeTable.locked(scope, { $0.pointee.phase == .open }) == true {
    slot.pointee.abandoned.wrappingAdd(1, ordering: .relaxed)
    let reason = ErrorSlot.create(
      TENON_STATUS_CANCELLED, text("the scope was released while it was open"))
    cancelScope(scope, because: reason)
    if let reason { _ = ErrorSlot.release(reason) }
  }
  var future: Handle?
  var hasEnded = false
  let end = ScopeTable.locked(scope) {
    future = $0.pointee.future
    hasEnded = $0.pointee.phase == .ended
    if !hasEnded { $0.pointee.phase = .closing }
    // From here on whoever ends it frees it.
    $0.pointee.isHeld = false
    if hasEnded { $0.pointee.life = 0 }
    return $0.takeEnd()
  }
  if hasEnded { ScopeTable.free(scope) }
  finish(scope, end)
  if let future { _ = releaseFuture(future) }
  return status
}

/// What is left to do when a scope has ended, without the mutex.
struct ScopeEnd {
  let promise: Handle
  let timer: Handle?
  let failure: Handle?
  let failureCount: Int
  /// Nobody holds the scope.
  let isFree: Bool
}

extension UnsafeMutablePointer where Pointee == ScopeContent {
  /// Ends a scope that is closing and has no members; nil: it goes on, or has ended before. Under the mutex.
  func takeEnd() -> ScopeEnd? {
    guard pointee.phase == .closing, pointee.memberCount == 0 else { return nil }
    pointee.phase = .ended
    pointee.slot.pointee.head.word.bitwiseAnd(
      ~ScopeSlot.running, ordering: .acquiringAndReleasing)
    let end = ScopeEnd(
      promise: pointee.promise, timer: pointee.timer, failure: pointee.failure,
      failureCount: pointee.failureCount, isFree: !pointee.isHeld)
    pointee.failure = nil
    pointee.label = nil
    if end.isFree { pointee.life = 0 }
    return end
  }
}

/// Settles the scope's end: with the first failure, as cancelled, or fulfilled.
func finish(_ scope: Handle, _ end: ScopeEnd?) {
  guard let end else { return }
  if end.isFree { ScopeTable.free(scope) }
  if let timer = end.timer { _ = cancelTimer(timer) }
  if let failure = end.failure {
    _ = settle(
      end.promise, as: .rejected, .error(collected(failure, end.failureCount) ?? failure))
  } else if isCancelRequested(end.promise) {
    _ = settle(end.promise, as: .cancelled, tenon_value_none())
  } else {
    _ = settle(end.promise, as: .fulfilled, tenon_value_none())
  }
}

/// The error that stands for several: it takes over the first one's reference as its cause. nil: there is but one, or no room.
private func collected(_ failure: Handle, _ count: Int) -> Handle? {
  if count < 2 { return nil }
  var error: Handle?
  _ = ErrorSlot.read(failure) { content in
    let message = "\(count) failures, the first: \(String(cString: content.message))"
    error = message.withCString {
      ErrorSlot.create(TENON_STATUS_REJECTED, $0, cause: failure)
    }
    return TENON_STATUS_OK
  }
  if error != nil { _ = ErrorSlot.release(failure) }
  return error
}
