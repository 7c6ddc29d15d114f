import CTenon

extension Future {
  /// Names it, for people who look into the process: `tenon ps`, and `TenonInspect`. A later name replaces it. Without memory
  /// for it there is none.
  public func setName(
    _ name: String, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt32 = #line
  ) {
    withSource(function, file, line) { _ = Tenon.setName(of: handle, name, $0) }
  }
}

extension Promise {
  /// Says what whoever settles it waits for before, which nobody else can know. `tenon why` then goes on there. Neither a
  /// future nor a text takes it away.
  public func setWait(
    on future: Future? = nil, _ what: String? = nil, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt32 = #line
  ) {
    withSource(function, file, line) { source in
      if let what {
        _ = Tenon.setWait(of: handle, on: future?.handle, what, source)
      } else {
        _ = Tenon.setWait(of: handle, on: future?.handle, nil, source)
      }
    }
  }
}

extension Stream {
  /// Names both ends, as ``Future/setName(_:function:file:line:)`` names a future.
  public func setName(
    _ name: String, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt32 = #line
  ) {
    withSource(function, file, line) { _ = Tenon.setName(ofEnd: handle, .stream, name, $0) }
  }
}

extension Latest {
  /// Names both ends, as ``Future/setName(_:function:file:line:)`` names a future.
  public func setName(
    _ name: String, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt32 = #line
  ) {
    withSource(function, file, line) { _ = Tenon.setName(ofEnd: handle, .latest, name, $0) }
  }
}

private func withSource(
  _ function: StaticString, _ file: StaticString, _ line: UInt32,
  _ body: (UnsafePointer<tenon_source_t>) -> Void
) {
  func text(_ literal: StaticString) -> UnsafePointer<CChar>? {
    literal.hasPointerRepresentation
      ? UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self) : nil
  }
  var source = tenon_source_t(file: text(file), function: text(function), line: line, reserved: 0)
  body(&source)
}
