import CTenonNode
public import Tenon

/// An addon, as one environment of Node's loads it: what it exports.
///
///     @c(napi_register_module_v1)
///     public func register(_ env: OpaquePointer?, _ exports: OpaquePointer?) -> OpaquePointer? {
///       NodeModule.register(env, exports) { module in
///         module.export("greet", "name") { (name: String) in "Hello, \(name)" }
///       }
///     }
///
/// An exported function is called by JavaScript with the arguments that its closure takes, and returns a promise. After them
/// it takes one more if the caller likes, `{ signal }`, with an `AbortSignal` that cancels the Swift task. A wrong type or a wrong
/// number of arguments is a `TypeError` with the parameter's name, at once.
///
/// All of it is for the environment's thread, while the addon is being loaded.
public struct NodeModule: ~Copyable {
  let env: OpaquePointer?
  let exports: OpaquePointer?
  let state: NodeModuleState

  /// Where the addon's Swift code runs in this environment.
  public var executor: LoopExecutor { state.executor }

  /// Loads an addon into an environment: what `napi_register_module_v1` consists of.
  ///
  /// What `body` throws, `require()` throws.
  ///
  /// - Parameters:
  ///   - name: The executor's name, for people.
  ///   - isGuest: Whether Swift code that names no executor, the main actor's included, is left to others: to Dispatch's threads,
  ///     or to another addon. Without it that runs on Node's loop.
  public static func register(
    _ env: OpaquePointer?, _ exports: OpaquePointer?, name: String = "addon", isGuest: Bool = false,
    _ body: (borrowing NodeModule) throws -> Void
  ) -> OpaquePointer? {
    do {
      let state = try NodeModuleState.attach(to: env, name, isGuest: isGuest)
      try body(NodeModule(env: env, exports: exports, state: state))
    } catch {
      throwToJavaScript(env, error)
    }
    return exports
  }

  /// Exports a value.
  public borrowing func export(_ name: String, value: JavaScriptValue) throws {
    var value = value.makeValue()
    var js: OpaquePointer?
    let status = tenon_node_value_to(env, &value, &js)
    tenon_value_drop(&value)
    guard status == TENON_STATUS_OK else { throw Failure(status: status) }
    set(name, js)
  }

  /// Exports a function that says whether pending work keeps the process alive, as `ref()` and `unref()` of Node's own handles do:
  /// it takes a boolean.
  public borrowing func exportReferencing(_ name: String) {
    add(name, ["referenced"]) { call in
      let isReferenced = try call.next(Bool.self)
      return try call.answer {
        let status = tenon_node_set_referenced(call.env, isReferenced)
        guard status == TENON_STATUS_OK else { throw Failure(status: status) }
        return Value.none
      }
    }
  }

  /// Exports a function that gives Node's loop a pool, where concurrent code of Swift runs, such as `@concurrent` functions and
  /// detached tasks, so that JavaScript goes on: it takes the number of threads that there may be, and 0 for none.
  ///
  /// An addon that has a pool of its own uses ``LoopExecutor/setPool(_:)`` of ``executor``.
  public borrowing func exportPooling(_ name: String) {
    add(name, ["threads"]) { [executor = state.executor] call in
      let threads = try call.next(Int.self)
      return try call.answer {
        if threads == 0 {
          try executor.setPool(nil)
        } else {
          let pool = try ThreadPool.create(threads: threads, name: "pool")
          // The loop has it alone.
          defer { tenon_executor_release(pool.pointer) }
          try executor.setPool(pool)
        }
        return Value.none
      }
    }
  }

  /// Exports what calls carry beside their arguments, named texts such as a trace's: an object with `run(texts, fn)`, `current` and
  /// `startSpan()`. Swift finds it in ``CallContext/current`` and ``TraceContext/current``.
  public borrowing func exportCallContext(_ name: String) {
    var js: OpaquePointer?
    if tenon_node_context_to(env, &js) == TENON_STATUS_OK { set(name, js) }
  }

  borrowing func set(_ name: String, _ js: OpaquePointer?) {
    _ = napi_set_named_property(env, exports, name, js)
  }

  @usableFromInline
  borrowing func add(
    _ name: String, _ parameters: [String], _ result: ExportedResult = .value,
    _ body: @escaping (inout ExportedCall) throws -> OpaquePointer?
  ) {
    let function = ExportedFunction(name, parameters, on: state.executorPointer, result, body)
    state.functions.append(function)
    var js: OpaquePointer?
    let data = Unmanaged.passUnretained(function).toOpaque()
    guard
      napi_create_function(env, function.name, function.name.utf8.count, callExported, data, &js)
        == napi_ok
    else { return }
    set(function.name, js)
  }
}

/// What an environment keeps of an addon until it ends.
final class NodeModuleState {
  let executor: LoopExecutor
  let executorPointer: OpaquePointer?
  /// Held here; Node has their addresses.
  var functions: [ExportedFunction] = []

  private init(_ pointer: OpaquePointer?) throws {
    executorPointer = pointer
    executor = try LoopExecutor.borrowing(pointer)
  }

  /// The environment's state, made at the first call: an addon may be loaded into an environment more than once.
  static func attach(
    to env: OpaquePointer?, _ name: String, isGuest: Bool
  ) throws -> NodeModuleState {
    var data: UnsafeMutableRawPointer?
    if napi_get_instance_data(env, &data) == napi_ok, let data {
      return Unmanaged<NodeModuleState>.fromOpaque(data).takeUnretainedValue()
    }
    var config = tenon_node_config_t()
    config.struct_size = MemoryLayout<tenon_node_config_t>.size
    config.flags = isGuest ? UInt32(TENON_NODE_FLAG_GUEST) : 0
    var pointer: OpaquePointer?
    let status = name.withCString {
      config.name = $0
      return tenon_node_attach(env, &config, &pointer)
    }
    guard status == TENON_STATUS_OK else { throw Failure(status: status) }
    let state = try NodeModuleState(pointer)
    let release: napi_finalize = { _, data, _ in
      if let data { Unmanaged<NodeModuleState>.fromOpaque(data).release() }
    }
    let context = Unmanaged.passRetained(state)
    if napi_set_instance_data(env, context.toOpaque(), release, nil) != napi_ok {
      context.release()
    }
    return state
  }
}

/// Throws a Swift error in JavaScript.
func throwToJavaScript(_ env: OpaquePointer?, _ error: any Error) {
  switch error {
  case is PendingException: return
  case let error as ArgumentError:
    napi_throw_type_error(env, error.code, error.description)
  default:
    // Through a future, which makes of any Swift error what other languages see.
    guard let (promise, future) = try? Promise.make() else { return }
    promise.reject(error)
    var handle: OpaquePointer?
    var js: OpaquePointer?
    guard tenon_future_copy_error(future.pointer, &handle) == TENON_STATUS_OK else { return }
    if tenon_node_error_to(env, handle, &js) == TENON_STATUS_OK {
      napi_throw(env, js)
    } else {
      napi_throw_error(env, nil, String(describing: error))
    }
    tenon_error_release(handle)
  }
}
