import CTenon
import Glibc

/// What an error says. Immutable; shared by every handle of it.
final class ErrorContent: Sendable {
  /// NUL-terminated copies, so that C can borrow them.
  // SAFETY: written once, in init, and freed in deinit.
  nonisolated(unsafe) let domain: UnsafeMutablePointer<CChar>
  nonisolated(unsafe) let message: UnsafeMutablePointer<CChar>
  let code: Int64
  /// The error that led to this one; its reference is ours.
  // SAFETY: changed only by the last release, when nobody else has the error.
  nonisolated(unsafe) fileprivate(set) var cause: Handle?
  /// The Swift error that this stands for, if it came from Swift.
  let swiftError: (any Error)?
  // SAFETY: only its own language looks inside; see tenon/error.h for the threads.
  nonisolated(unsafe) var payload: tenon_error_payload_t?

  init?(
    domain: UnsafePointer<CChar>, code: Int64, message: UnsafePointer<CChar>?, cause: Handle?,
    swiftError: (any Error)? = nil
  ) {
    guard !Memory.isShort, let domain = strdup(domain) else { return nil }
    guard let message = strdup(message ?? UnsafePointer(domain) + strlen(domain)) else {
      free(domain)
      return nil
    }
    self.domain = domain
    self.message = message
    self.code = code
    self.cause = cause
    self.swiftError = swiftError
  }

  /// Hands the reference to the cause over, once.
  fileprivate func takeCause() -> Handle? {
    defer { cause = nil }
    return cause
  }

  /// Whether its end runs other people's code.
  fileprivate var endsOthers: Bool { payload != nil || swiftError != nil }

  deinit {
    free(domain)
    free(message)
    if let payload { payload.drop?(payload.pointer) }
  }
}

/// A slot for an error: its head, and a reference to the content.
///
///     bit 0..31 of the word   references
struct ErrorSlot: ~Copyable {
  var head: SlotHead
  var content: Unmanaged<ErrorContent>?

  private static let referencesMask: UInt = 0xffff_ffff

  private static func at(_ slot: UnsafeMutableRawPointer) -> UnsafeMutablePointer<ErrorSlot> {
    slot.assumingMemoryBound(to: ErrorSlot.self)
  }

  /// Makes a handle with one reference; nil if there is no room.
  static func create(_ content: ErrorContent) -> Handle? {
    guard let (index, slot) = errorTable.take() else { return nil }
    at(slot).pointee.content = Unmanaged.passRetained(content)
    let word = at(slot).pointee.head.word.load(ordering: .relaxed) & Handle.lifeMask
    at(slot).pointee.head.word.store(word | 1, ordering: .releasing)
    return Handle(.error, index: index, word: word)
  }

  /// Adds a reference, or says why not.
  static func retain(_ handle: Handle) -> tenon_status_t {
    guard let slot = errorTable.find(handle, .error) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .acquiring)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else {
        return SlotTable.refusal(handle, word: word)
      }
      guard word & referencesMask != referencesMask else { return TENON_STATUS_NO_RESOURCES }
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: word + 1, ordering: .acquiring)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }

  /// Gives a reference back; the last one ends the error, and gives back its reference to the cause: one after the
  /// other, because a chain of causes may be longer than the stack.
  static func release(_ handle: Handle) -> tenon_status_t {
    var next: Handle?
    let status = releaseOne(handle, &next)
    while let cause = next { _ = releaseOne(cause, &next) }
    return status
  }

  private static func releaseOne(_ handle: Handle, _ cause: inout Handle?) -> tenon_status_t {
    cause = nil
    guard let slot = errorTable.find(handle, .error) else { return SlotTable.refusal(handle) }
    var word = at(slot).pointee.head.word.load(ordering: .acquiring)
    while true {
      guard handle.lives(in: word), word & referencesMask != 0 else {
        return SlotTable.refusal(handle, word: word)
      }
      let isLast = word & referencesMask == 1
      // The content is read before the slot is free for others.
      let content = at(slot).pointee.content
      Handover.pass(slot)
      let (exchanged, original) = at(slot).pointee.head.word.weakCompareExchange(
        expected: word, desired: isLast ? SlotTable.endedLife(of: word) : word - 1,
        ordering: .acquiringAndReleasing)
      if exchanged {
        if isLast {
          Handover.take(slot)
          errorTable.give(handle.index, slot)
          if let content { cause = end(content) }
        }
        return TENON_STATUS_OK
      }
      word = original
    }
  }

  /// Ends the content, and hands over the reference to its cause. What it carries may let go of other errors, and so on.
  @inline(__always) private static func end(_ content: Unmanaged<ErrorContent>) -> Handle? {
    let (cause, endsOthers) = content._withUnsafeGuaranteedRef { ($0.takeCause(), $0.endsOthers) }
    if endsOthers {
      Delivery.call(
        Delivery.Item(function: releaseContent, context: content.toOpaque()), .drop)
    } else {
      content.release()
    }
    return cause
  }

  /// Calls `body` with the content, which stays for the call even if another thread lets go of it.
  static func read(_ handle: Handle, _ body: (ErrorContent) -> tenon_status_t) -> tenon_status_t {
    let status = retain(handle)
    guard status == TENON_STATUS_OK, let slot = errorTable.find(handle, .error),
      let content = at(slot).pointee.content
    else { return status }
    let answer = content._withUnsafeGuaranteedRef { body($0) }
    _ = release(handle)
    return answer
  }

  /// How many are referenced now.
  static var alive: UInt64 {
    var alive: UInt64 = 0
    for index in 0..<errorTable.slotsUsed {
      let word = SlotTable.head(errorTable.address(of: UInt32(index))).pointee.word
        .load(ordering: .relaxed)
      if word & referencesMask != 0 { alive += 1 }
    }
    return alive
  }

  /// An error that Tenon itself makes: domain "tenon", the status as its code. Borrows the cause.
  static func create(
    _ status: tenon_status_t, _ message: UnsafePointer<CChar>?, cause: Handle? = nil
  ) -> Handle? {
    let kept = cause.flatMap { retain($0) == TENON_STATUS_OK ? $0 : nil }
    if let content = ErrorContent(
      domain: "tenon", code: Int64(status.rawValue), message: message, cause: kept),
      let error = create(content)
    {
      return error
    }
    if let kept { _ = release(kept) }
    return nil
  }
}

private func releaseContent(_ content: UnsafeMutableRawPointer?, _ size: Int) {
  if let content { Unmanaged<ErrorContent>.fromOpaque(content).release() }
}
