import Glibc
import Tenon
import TenonNode

@c(napi_register_module_v1)
public func register(_ env: OpaquePointer?, _ exports: OpaquePointer?) -> OpaquePointer? {
  NodeModule.register(env, exports, isGuest: getenv("TENON_TEST_GUEST") != nil) { module in
    exportPromises(module)
    exportErrors(module)
    exportValues(module)
    exportFunctions(module)
    exportStreams(module)
    exportLoop(module)
  }
}

func exportPromises(_ module: borrowing NodeModule) {
  module.export("greet", "name") { (name: String) in "Hello, \(name)" }
  module.export("add", "left", "right") { (left: Int, right: Int) in left + right }
  module.export("nothing") { () async throws -> Void in }
  module.export("awaited", "promise") { (promise: Future) in
    JavaScriptValue(try await promise.take())
  }
  module.export("lent", "promise") { (promise: Future) in
    _ = try await promise.value
    return try await promise.value
  }
  module.export("sleep", "milliseconds") { [clock = module.executor.clock] (milliseconds: Int) in
    try await clock.sleep(for: .milliseconds(milliseconds))
    return milliseconds
  }
  module.export("count", "turns") { (turns: Int) in
    for _ in 0..<turns { await Task.yield() }
    return turns
  }
  module.export("optional", "value") { (value: String?) in value ?? "none" }
}
