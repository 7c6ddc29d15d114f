import Tenon
import TenonNode

@c(napi_register_module_v1)
public func register(_ env: OpaquePointer?, _ exports: OpaquePointer?) -> OpaquePointer? {
  NodeModule.register(env, exports) { module in
    module.export("increment", "number") { (number: Int) in number + 1 }
    module.export(stream: "numbers", "count") { (sink: Sink, count: Int) in
      for number in 0..<count { try await sink.send(number) }
    }
  }
}
