public import CTenon
public import Tenon

// Calls that take time: C gets a future, or a stream. They have the names of the functions that are called.

@inlinable @inline(__always) public func start<Content: Exportable>(
  _ executor: OpaquePointer?, _ future: UnsafeMutablePointer<OpaquePointer?>?,
  name: CallName,
  _ operation: nonisolated(nonsending) @escaping @Sendable () async throws -> Delivered<Content>
) -> tenon_status_t {
  export(on: executor, future: future, name: name, operation)
}

@inlinable @inline(__always) public func start(
  _ executor: OpaquePointer?, _ future: UnsafeMutablePointer<OpaquePointer?>?,
  name: CallName,
  _ operation: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
) -> tenon_status_t {
  export(on: executor, future: future, name: name, operation)
}

@inlinable @inline(__always) public func start(
  _ executor: OpaquePointer?, stream: UnsafeMutablePointer<OpaquePointer?>?,
  name: CallName,
  _ write: nonisolated(nonsending) @escaping @Sendable (Sink) async throws -> Void
) -> tenon_status_t {
  export(on: executor, stream: stream, name: name, write)
}

/// Sends what a sequence gives, as far as C has room.
@inlinable public nonisolated(nonsending) func send<Elements: AsyncSequence>(
  _ elements: Elements, to sink: Sink
) async throws where Elements.Element: Exportable {
  for try await element in elements { try await sink.send(Delivered(element)) }
}
