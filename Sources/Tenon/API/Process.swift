import CTenon

extension LoopExecutor {
  /// Makes this the executor on which Swift code runs that names none, the main actor included: see tenon/process.h.
  ///
  /// - Throws: ``Failure`` in domain `tenon`: `UNSUPPORTED` if the runtime does not take executors, `BUSY` if another one
  ///   has this place.
  public func ownProcess() throws {
    try throwIfError(OwnedProcess.own(self))
  }

  /// The same, and this stays the only executor for as long as the process lives, which makes calls cheaper: see
  /// tenon/process.h.
  ///
  /// - Throws: As ``ownProcess()``; `BUSY` also if there is another executor.
  public func ownProcessSolely() throws {
    try throwIfError(OwnedProcess.ownSolely(self))
  }
}
