import CTenon

/// Why something failed, in the form that every language sees: a domain, a code, a message, perhaps a cause.
///
/// Errors that come from C arrive as this. Throw one where a caller in another language should see exactly this;
/// any other Swift error crosses too, as domain `swift.<Module>.<Type>`, and is the same error again when it comes back.
///
/// From C it is a `tenon_error_t`.
public final class Failure: Error, Sendable {
  let handle: Handle

  /// Adopts the caller's reference.
  init(adopting handle: Handle) { self.handle = handle }

  convenience init(retaining handle: Handle) {
    _ = ErrorSlot.retain(handle)
    self.init(adopting: handle)
  }

  deinit { _ = ErrorSlot.release(handle) }
}
