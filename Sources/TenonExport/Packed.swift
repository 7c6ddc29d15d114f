public import CTenon

// Callbacks of one shape: see tenon/packed.h.

/// Calls what a callback's context begins with, with so many words that `fill` writes.
public func callPacked(
  _ context: UnsafeMutableRawPointer?, _ function: UInt32, words: Int,
  _ fill: (UnsafeMutableRawPointer) -> Void
) -> tenon_status_t {
  withUnsafeTemporaryAllocation(byteCount: max(words, 1) * 8, alignment: 8) { buffer in
    guard let base = buffer.baseAddress else { return TENON_STATUS_INVALID }
    fill(base)
    return callPacked(context, function, base)
  }
}

/// The same for a function that returns a number, which has the word after the others.
public func callPackedNumber<Number: BitwiseCopyable>(
  _ context: UnsafeMutableRawPointer?, _ function: UInt32, words: Int,
  _ fill: (UnsafeMutableRawPointer) -> Void
) -> Number {
  withUnsafeTemporaryAllocation(byteCount: (words + 2) * 8, alignment: 8) { buffer in
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    let base = buffer.baseAddress.unsafelyUnwrapped
    fill(base)
    _ = callPacked(context, function, base)
    return base.load(fromByteOffset: words * 8, as: Number.self)
  }
}

private func callPacked(
  _ context: UnsafeMutableRawPointer?, _ function: UInt32, _ words: UnsafeMutableRawPointer
) -> tenon_status_t {
  guard let context else { return TENON_STATUS_INVALID }
  let callback = context.assumingMemoryBound(to: tenon_packed_callback_t.self)
  return callback.pointee.call?(callback, function, words) ?? TENON_STATUS_INVALID
}
