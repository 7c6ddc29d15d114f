public import CTenon

/// Gives a C function a reference to `object`, as the context of its callback; and takes the reference back if the function
/// fails, since a callback that was refused is never called.
///
///     let status = passContext(box) { context in
///       tenon_executor_post(executor, { context, status in
///         takeContext(context, as: Box.self).run(status)
///       }, context)
///     }
///
/// - Returns: What `start` answers. A status below zero is a failure, and so is an error that it throws.
@discardableResult
public func passContext<Object: AnyObject & Sendable>(
  _ object: Object, to start: (UnsafeMutableRawPointer) throws -> tenon_status_t
) rethrows -> tenon_status_t {
  try passContext(object, isTaken: { $0.rawValue >= 0 }, to: start)
}

/// The same for functions that answer something else.
///
/// - Parameter isTaken: Whether this answer means that the callback will be called.
@discardableResult
public func passContext<Object: AnyObject & Sendable, Answer>(
  _ object: Object, isTaken: (Answer) -> Bool,
  to start: (UnsafeMutableRawPointer) throws -> Answer
) rethrows -> Answer {
  let context = Unmanaged.passRetained(object)
  do {
    let answer = try start(context.toOpaque())
    if !isTaken(answer) { context.release() }
    return answer
  } catch {
    context.release()
    throw error
  }
}

/// The object behind a callback's context, with the reference that ``passContext(_:to:)`` gave: once for each.
public func takeContext<Object: AnyObject & Sendable>(
  _ context: UnsafeMutableRawPointer?, as type: Object.Type
) -> Object {
  guard let context else { preconditionFailure("a callback without its context") }
  return Unmanaged<Object>.fromOpaque(context).takeRetainedValue()
}
