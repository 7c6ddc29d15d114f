// Implements <tenon/context.h>.
public import CTenon

@c @implementation
public func tenon_context_run(
  _ context: UnsafePointer<tenon_context_t>?,
  _ fn: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ argument: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let context, let fn, context.pointee.struct_size == MemoryLayout<tenon_context_t>.size,
    let stored = makeContext(context.pointee)
  else { return TENON_STATUS_INVALID }
  stored.run { fn(argument) }
  return TENON_STATUS_OK
}

@c @implementation
public func tenon_context_get_value(
  _ name: UnsafePointer<CChar>?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let name, let value_out, let name = String(validatingCString: name) else {
    return TENON_STATUS_INVALID
  }
  guard var text = StoredContext.current?.values[name] else {
    value_out.pointee = tenon_value_none()
    return TENON_STATUS_OK
  }
  return text.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) {
      tenon_value_copy_string($0.baseAddress, $0.count, value_out)
    }
  }
}

@c @implementation
public func tenon_context_read(
  _ fn: (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<tenon_context_t>?) -> Void)?,
  _ argument: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let fn else { return TENON_STATUS_INVALID }
  guard let stored = StoredContext.current else { return TENON_STATUS_OK }
  // Each text with its NUL, in one block.
  var texts: [CChar] = []
  var offsets: [(name: Int, text: Int)] = []
  for (name, text) in stored.values {
    offsets.append((texts.count, texts.count + name.utf8.count + 1))
    texts.append(contentsOf: name.utf8CString)
    texts.append(contentsOf: text.utf8CString)
  }
  texts.withUnsafeBufferPointer { texts in
    let start = texts.baseAddress
    let values = offsets.map {
      tenon_context_value_t(
        name: start.unsafelyUnwrapped + $0.name, text: start.unsafelyUnwrapped + $0.text)
    }
    values.withUnsafeBufferPointer { values in
      var context = tenon_context_t()
      context.struct_size = MemoryLayout<tenon_context_t>.size
      context.priority = tenon_priority_t(stored.priority.map { Int32($0.rawValue) } ?? 0)
      context.values = values.baseAddress
      context.value_count = values.count
      fn(argument, &context)
    }
  }
  return TENON_STATUS_OK
}

/// What C says, added to what there is already; nil: it is wrong.
private func makeContext(_ context: tenon_context_t) -> StoredContext? {
  guard context.flags & ~UInt32(TENON_CONTEXT_FLAG_ALONE) == 0 else { return nil }
  let outer = context.flags == 0 ? StoredContext.current : nil
  guard context.values != nil || context.value_count == 0, context.value_count >= 0 else {
    return nil
  }
  var given: [(name: String, text: String?)] = []
  for value in UnsafeBufferPointer(start: context.values, count: context.value_count) {
    guard let name = value.name.flatMap(String.init(validatingCString:)) else { return nil }
    guard let text = value.text else {
      given.append((name, nil))
      continue
    }
    guard let text = String(validatingCString: text) else { return nil }
    given.append((name, text))
  }
  var values = StoredContext.inherited(from: outer, for: given.lazy.map(\.name))
  for (name, text) in given { values[name] = text }
  if let trace = context.trace {
    guard let trace = TraceContext(trace) else { return nil }
    trace.put(into: &values)
  }
  switch context.priority {
  case TENON_PRIORITY_DEFAULT: return StoredContext(values, outer?.priority)
  case TENON_PRIORITY_BACKGROUND, TENON_PRIORITY_LOW, TENON_PRIORITY_MEDIUM, TENON_PRIORITY_HIGH:
    return StoredContext(
      values, TaskPriority(rawValue: UInt8(truncatingIfNeeded: context.priority.rawValue)))
  default: return nil
  }
}
