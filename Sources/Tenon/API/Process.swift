import CTenon

extension LoopExecutor {
  /// Makes this the executor on which Swift code runs that names none, the main actor included: see tenon/process.h.
  ///
  /// - Throws: ``Failure`` in domain `tenon`: `UNSUPPORTED` if the runtime does not take executors, `BUSY` if another one
  ///   has this place.
  public func ownProcess() throws {
    try throwIfError(OwnedProcess.own(self))
  }
}

extension ThreadPool {
  /// Makes this the pool on which Swift code of an owned process runs that names no executor: see tenon/process.h.
  ///
  /// - Throws: ``Failure`` in domain `tenon`: `UNSUPPORTED` in the library mode, `BUSY` if another pool has this place.
  public func ownProcessDefault() throws {
    try throwIfError(OwnedProcess.ownDefault(self))
  }
}
