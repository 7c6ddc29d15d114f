import CTenon

extension LoopExecutor {
  /// A reference to the reason for which this code is cancelled, if it belongs to a call and one was given.
  static func copyOwnReason() -> Handle? {
    (CancelInProgress.call ?? CancelledCalls.here).flatMap { cancelReason(of: $0) }
  }
}
