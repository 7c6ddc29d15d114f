public import CTenonNode
public import Tenon

/// A function that JavaScript calls.
final class ExportedFunction {
  let name: String
  let nameInC: [CChar]
  let callName: CallName
  let parameters: [String]
  let executor: OpaquePointer?
  let result: ExportedResult
  let body: (inout ExportedCall) throws -> OpaquePointer?

  init(
    _ name: String, _ parameters: [String], on executor: OpaquePointer?, _ result: ExportedResult,
    _ body: @escaping (inout ExportedCall) throws -> OpaquePointer?
  ) {
    self.name = name
    nameInC = name.utf8.map { CChar(bitPattern: $0) } + [0]
    callName = CallName(name)
    self.parameters = parameters
    self.executor = executor
    self.result = result
    self.body = body
  }
}

/// What a function gives.
@usableFromInline
enum ExportedResult { case promise, iterator, value }

/// As many arguments are read without a look at how many there are.
private let argumentsUsual = 8

/// What Node calls for all of them.
let callExported: napi_callback = { env, info in
  withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: argumentsUsual) { usual in
    var count = argumentsUsual
    var data: UnsafeMutableRawPointer?
    guard napi_get_cb_info(env, info, &count, usual.baseAddress, nil, &data) == napi_ok, let data
    else { return nil }
    let function = Unmanaged<ExportedFunction>.fromOpaque(data).takeUnretainedValue()
    if function.result != .value {
      var result: OpaquePointer?
      let isPromise = function.result == .promise
      let isTraced = function.nameInC.withUnsafeBufferPointer {
        tenon_node_trace(env, info, $0.baseAddress, isPromise, callExported, data, &result)
      }
      if isTraced { return result }
    }
    var arguments = usual
    if function.parameters.count >= argumentsUsual {
      count = function.parameters.count + 1
      arguments = .allocate(capacity: count)
      _ = napi_get_cb_info(env, info, &count, arguments.baseAddress, nil, nil)
    }
    defer { if arguments.baseAddress != usual.baseAddress { arguments.deallocate() } }
    let call = ExportedCall(
      env: env, arguments: UnsafeBufferPointer(arguments), count: count, function: function)
    var making = Making(call: call, result: .success(nil))
    // With what JavaScript says that it carries.
    let status = withUnsafeMutablePointer(to: &making) {
      tenon_node_context_run(
        env, { $0?.assumingMemoryBound(to: Making.self).pointee.make() }, $0)
    }
    do {
      try JavaScriptArgument(env: env, js: nil).check(status)
      return try making.result.get()
    } catch {
      throwToJavaScript(env, error)
      return nil
    }
  }
}

/// A call, and what comes of it.
private struct Making {
  var call: ExportedCall
  var result: Result<OpaquePointer?, any Error>

  mutating func make() { result = Result { try call.function.body(&call) } }
}

/// One call, while its arguments are read.
///
/// What is generic in it is compiled into the addon, for its types.
@usableFromInline
struct ExportedCall {
  let env: OpaquePointer?
  let arguments: UnsafeBufferPointer<OpaquePointer?>
  let count: Int
  let function: ExportedFunction
  private var index = 0

  init(
    env: OpaquePointer?, arguments: UnsafeBufferPointer<OpaquePointer?>, count: Int,
    function: ExportedFunction
  ) {
    self.env = env
    self.arguments = arguments
    self.count = count
    self.function = function
  }

  @inlinable
  mutating func next<Argument: JavaScriptConvertible>(_ type: Argument.Type) throws -> Argument {
    do {
      if let value = try Argument(takeArgument()) { return value }
    } catch let mismatch as Mismatch {
      throw self.mismatch(mismatch)
    }
    throw mismatch(Argument.javaScriptName)
  }

  @usableFromInline
  mutating func takeArgument() -> JavaScriptArgument {
    defer { index += 1 }
    // What is missing is undefined, which napi_get_cb_info() has filled in.
    return JavaScriptArgument(env: env, js: index < arguments.count ? arguments[index] : nil)
  }

  /// The argument that was taken last is of another type.
  @usableFromInline
  func mismatch(_ expected: String) -> any Error {
    let argument = JavaScriptArgument(env: env, js: arguments[index - 1])
    return mismatch(Mismatch(expected, argument.typeName))
  }

  @usableFromInline
  func mismatch(_ mismatch: Mismatch) -> any Error {
    let names = function.parameters
    let name = index <= names.count ? names[index - 1] : "argument \(index)"
    return ArgumentError(name, mismatch)
  }

  @usableFromInline var executor: OpaquePointer? { function.executor }
  @usableFromInline var callName: CallName { function.callName }

  /// The signal in the options that may follow the arguments; nil: there is none.
  @usableFromInline
  func signal() throws -> OpaquePointer? {
    if count > index + 1 { throw ArgumentError(tooMany: count, for: function.name, index + 1) }
    guard count > index else { return nil }
    let options = JavaScriptArgument(env: env, js: arguments[index])
    if options.isNothing { return nil }
    var signal: OpaquePointer?
    guard options.type == napi_object, !options.isSignal, try options.arrayCount() == nil else {
      throw ArgumentError("options", Mismatch("an object, { signal }", options.typeName))
    }
    guard napi_get_named_property(env, arguments[index], "signal", &signal) == napi_ok else {
      throw PendingException()
    }
    let argument = JavaScriptArgument(env: env, js: signal)
    if argument.isNothing { return nil }
    // Looked at before anything is started.
    guard argument.isSignal else {
      throw ArgumentError("signal", Mismatch("an AbortSignal", argument.typeName))
    }
    return signal
  }

  /// Starts an async function; gives its promise.
  @inlinable
  func start<Result: ValueConvertible>(
    _ operation: nonisolated(nonsending) @escaping @Sendable () async throws -> Result
  ) throws -> OpaquePointer? {
    let signal = try signal()
    var future: OpaquePointer?
    let status = Tenon.export(on: executor, future: &future, name: callName, operation)
    return try promise(future, status, signal)
  }

  @inlinable
  func start(
    _ operation: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
  ) throws -> OpaquePointer? {
    let signal = try signal()
    var future: OpaquePointer?
    let status = Tenon.export(on: executor, future: &future, name: callName, operation)
    return try promise(future, status, signal)
  }

  @usableFromInline
  func promise(
    _ future: OpaquePointer?, _ status: tenon_status_t, _ signal: OpaquePointer?
  ) throws -> OpaquePointer? {
    guard status == TENON_STATUS_OK else { throw Failure(status: status) }
    var promise: OpaquePointer?
    let made = tenon_node_future_to(env, future, signal, &promise)
    tenon_future_release(future)  // without a promise that cancels it, before its turn
    try check(made)
    return promise
  }

  /// Starts a function that writes a stream; gives its iterator.
  @inlinable
  func start(
    capacity: Int, _ write: nonisolated(nonsending) @escaping @Sendable (Sink) async throws -> Void
  ) throws -> OpaquePointer? {
    let signal = try signal()
    var stream: OpaquePointer?
    let status = Tenon.export(
      on: executor, stream: &stream, capacity: capacity, name: callName, write)
    return try iterator(stream, status, signal)
  }

  @usableFromInline
  func iterator(
    _ stream: OpaquePointer?, _ status: tenon_status_t, _ signal: OpaquePointer?
  ) throws -> OpaquePointer? {
    guard status == TENON_STATUS_OK else { throw Failure(status: status) }
    var iterator: OpaquePointer?
    let made = tenon_node_stream_to(env, stream, signal, &iterator)
    if made != TENON_STATUS_OK { tenon_stream_release(stream) }
    try check(made)
    return iterator
  }

  /// Calls a function that is not async.
  @inlinable
  func answer(_ body: () throws -> some ValueConvertible) throws -> OpaquePointer? {
    try end()
    return try result(try body().makeValue())
  }

  @usableFromInline
  func end() throws {
    if count > index { throw ArgumentError(tooMany: count, for: function.name, index) }
  }

  @usableFromInline
  func result(_ value: consuming tenon_value_t) throws -> OpaquePointer? {
    var js: OpaquePointer?
    let status = tenon_node_value_to(env, &value, &js)
    tenon_value_drop(&value)
    try check(status)
    return js
  }

  private func check(_ status: tenon_status_t) throws {
    try JavaScriptArgument(env: env, js: nil).check(status)
  }
}

/// A wrong argument. JavaScript gets a TypeError.
struct ArgumentError: Error, CustomStringConvertible {
  let code: String
  let description: String

  init(_ name: String, _ mismatch: Mismatch) {
    let received = mismatch.received
    if mismatch.isRange {
      code = "ERR_OUT_OF_RANGE"
      description =
        "The value of \"\(name)\(mismatch.path)\" is out of range. It must be \(mismatch.expected). "
        + "Received \(received)"
    } else {
      let isMissing = received == "undefined" && mismatch.path.isEmpty
      code = isMissing ? "ERR_MISSING_ARGS" : "ERR_INVALID_ARG_TYPE"
      let expected =
        mismatch.path.isEmpty
        ? mismatch.expected : "an array, with \(mismatch.expected) at \(mismatch.path)"
      description = "The \"\(name)\" argument must be \(expected). Received \(received)"
    }
  }

  init(tooMany count: Int, for function: String, _ most: Int) {
    code = "ERR_INVALID_ARG_VALUE"
    description = "\(function)() takes at most \(most) arguments. Received \(count)"
  }
}

extension JavaScriptArgument {
  var isSignal: Bool {
    var aborted: OpaquePointer?
    var listen: OpaquePointer?
    return type == napi_object
      && napi_get_named_property(env, js, "aborted", &aborted) == napi_ok
      && JavaScriptArgument(env: env, js: aborted).type == napi_boolean
      && napi_get_named_property(env, js, "addEventListener", &listen) == napi_ok
      && JavaScriptArgument(env: env, js: listen).type == napi_function
  }

  var typeName: String {
    switch type {
    case napi_undefined: "undefined"
    case napi_null: "null"
    case napi_boolean: "a boolean"
    case napi_number: "a number"
    case napi_string: "a string"
    case napi_symbol: "a symbol"
    case napi_function: "a function"
    case napi_bigint: "a bigint"
    default: objectName
    }
  }

  /// As Node says it.
  private var objectName: String {
    var constructor: OpaquePointer?
    var name: OpaquePointer?
    guard napi_get_named_property(env, js, "constructor", &constructor) == napi_ok,
      JavaScriptArgument(env: env, js: constructor).type == napi_function,
      napi_get_named_property(env, constructor, "name", &name) == napi_ok,
      let text = try? String(JavaScriptArgument(env: env, js: name)), !text.isEmpty
    else {
      var exception: OpaquePointer?
      var isPending = false
      if napi_is_exception_pending(env, &isPending) == napi_ok, isPending {
        napi_get_and_clear_last_exception(env, &exception)  // a getter's
      }
      return "an object"
    }
    return text == "Object" ? "an object" : text == "Array" ? "an array" : "an instance of \(text)"
  }
}
