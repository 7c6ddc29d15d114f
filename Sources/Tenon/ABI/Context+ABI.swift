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

/// What C says, added to what there is already; nil: it is wrong.
private func makeContext(_ context: tenon_context_t) -> StoredContext? {
  let outer = StoredContext.current
  guard context.values != nil || context.value_count == 0, context.value_count >= 0 else {
    return nil
  }
  var values = outer?.values ?? [:]
  for value in UnsafeBufferPointer(start: context.values, count: context.value_count) {
    guard let name = value.name.flatMap(String.init(validatingCString:)) else { return nil }
    guard let text = value.text else {
      values[name] = nil
      continue
    }
    guard let text = String(validatingCString: text) else { return nil }
    values[name] = text
  }
  switch context.priority {
  case TENON_PRIORITY_DEFAULT: return StoredContext(values, outer?.priority)
  case TENON_PRIORITY_BACKGROUND, TENON_PRIORITY_LOW, TENON_PRIORITY_MEDIUM, TENON_PRIORITY_HIGH:
    return StoredContext(
      values, TaskPriority(rawValue: UInt8(truncatingIfNeeded: context.priority.rawValue)))
  default: return nil
  }
}
