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
