import Synchronization

/// Who knows more of Swift errors than their types say.
enum ErrorDescribers {
  typealias Description = (domain: String, code: Int64, message: String, cause: (any Error)?)
  typealias Describer = @Sendable (any Error) -> Description?

  private static let mutex = Mutex()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var describers: [Describer] = []
  private static let isEmpty = Atomic<Bool>(true)

  static func add(_ describer: @escaping Describer) {
    mutex.withLock { describers.append(describer) }
    isEmpty.store(false, ordering: .releasing)
  }

  static func describe(_ error: any Error) -> Description? {
    if isEmpty.load(ordering: .acquiring) { return nil }
    for describe in mutex.withLock({ describers }).reversed() {
      if let description = describe(error), !description.domain.isEmpty { return description }
    }
    return nil
  }
}
