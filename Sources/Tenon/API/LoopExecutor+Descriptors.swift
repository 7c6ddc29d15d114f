extension LoopExecutor {
  /// Waits until a descriptor can be read from; also at its end, or when it has failed, which the read then tells.
  ///
  /// It stays the caller's: not to be closed meanwhile.
  ///
  /// - Throws: `CancellationError` if the task is cancelled; ``Failure`` in domain `tenon`, with the code of
  ///   `tenon_future_readable`, if the loop cannot wait for it, or closes.
  public nonisolated(nonsending) func readable(_ descriptor: Int32) async throws {
    try await wait(for: descriptor, .reading)
  }

  /// The same for writing.
  public nonisolated(nonsending) func writable(_ descriptor: Int32) async throws {
    try await wait(for: descriptor, .writing)
  }

  private nonisolated(nonsending) func wait(
    for descriptor: Int32, _ purpose: DescriptorPurpose
  ) async throws {
    switch descriptorFuture(on: state, name, descriptor, for: purpose) {
    case .success(let handle): _ = try await Future(adopting: handle).take()
    case .failure(let error): throw Failure(error.status)
    }
  }
}
