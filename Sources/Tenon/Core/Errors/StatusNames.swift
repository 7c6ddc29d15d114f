import CTenon

/// A literal as C sees it: NUL-terminated, for ever.
@inline(__always) func text(_ literal: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// The name of a status, and one sentence for people.
func names(of status: tenon_status_t) -> (name: StaticString, sentence: StaticString) {
  switch status {
  case TENON_STATUS_OK: ("TENON_STATUS_OK", "done")
  case TENON_STATUS_PENDING: ("TENON_STATUS_PENDING", "not settled yet")
  case TENON_STATUS_SETTLED: ("TENON_STATUS_SETTLED", "settled already")
  case TENON_STATUS_ENDED: ("TENON_STATUS_ENDED", "the stream has ended")
  case TENON_STATUS_INVALID: ("TENON_STATUS_INVALID", "an argument is wrong")
  case TENON_STATUS_STALE: ("TENON_STATUS_STALE", "the handle is not good any more")
  case TENON_STATUS_REJECTED: ("TENON_STATUS_REJECTED", "the work ended with an error")
  case TENON_STATUS_CANCELLED: ("TENON_STATUS_CANCELLED", "the work was cancelled")
  case TENON_STATUS_ALREADY_SETTLED:
    ("TENON_STATUS_ALREADY_SETTLED", "it was settled or ended before")
  case TENON_STATUS_TAKEN: ("TENON_STATUS_TAKEN", "the value has been taken out before")
  case TENON_STATUS_DEADLOCK:
    ("TENON_STATUS_DEADLOCK", "waiting here could never end: this thread has to do the work")
  case TENON_STATUS_TIMEOUT: ("TENON_STATUS_TIMEOUT", "the time was not enough")
  case TENON_STATUS_BUSY: ("TENON_STATUS_BUSY", "somebody else is at it")
  case TENON_STATUS_CLOSED: ("TENON_STATUS_CLOSED", "it is closed, and takes nothing new")
  case TENON_STATUS_FORKED:
    ("TENON_STATUS_FORKED", "the handle belongs to the process that this one was forked from")
  case TENON_STATUS_WRONG_THREAD:
    ("TENON_STATUS_WRONG_THREAD", "only the loop's thread may do that")
  case TENON_STATUS_NO_RESOURCES:
    ("TENON_STATUS_NO_RESOURCES", "no memory or file descriptor is left")
  case TENON_STATUS_UNSUPPORTED: ("TENON_STATUS_UNSUPPORTED", "that cannot be done here")
  case TENON_STATUS_FORGOTTEN: ("TENON_STATUS_FORGOTTEN", "the registration was removed")
  case TENON_STATUS_INTERRUPTED: ("TENON_STATUS_INTERRUPTED", "the wait was interrupted")
  default: ("TENON_STATUS_UNKNOWN", "a status that this version does not know")
  }
}

extension tenon_status_t {
  /// The sentence, as an error's message.
  var sentence: UnsafePointer<CChar> { text(names(of: self).sentence) }
}
