import Glibc
import Tenon
import TenonNode

/// Runs something on a thread of its own, and does not wait for it.
func onThread(_ body: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { context in
      Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  pthread_detach(thread)
}

func exportFunctions(_ module: borrowing NodeModule) {
  module.exportCallContext("callContext")
  module.export("carried", "name") { (name: String) -> JavaScriptValue in
    await Task.yield()
    return CallContext.current?[name].map { .string($0) } ?? .null
  }
  module.export("call", "function", "argument") {
    (function: JavaScriptObject, argument: JavaScriptValue) in try await function.call(argument)
  }
  module.export("callTimes", "function", "times") { (function: JavaScriptObject, times: Int) in
    for index in 0..<times { try await function.call(JavaScriptValue(index)) }
    return times
  }
  module.export("notify", "function", "times") { (function: JavaScriptObject, times: Int) in
    for index in 0..<times { try function.notify(JavaScriptValue(index)) }
  }
  // Its result is nobody's.
  module.export("callAndForget", "function") { (function: JavaScriptObject) in
    _ = try await function.call()
  }
  // More parameters than most functions have.
  module.export("joined", "a", "b", "c", "d", "e", "f", "g", "h", "i") {
    (
      a: String, b: String, c: String, d: String, e: String, f: String, g: String, h: String,
      i: String
    ) in
    let all = [a, b, c, d, e, f, g, h, i]
    return all.joined()
  }
  // Several statements, and no type but those of the arguments.
  module.export("steps", "count") { (count: Int) in
    var sum = 0
    for index in 0..<count {
      await Task.yield()
      sum += index
    }
    return sum
  }
  module.export("callWithSignal", "function") { (function: JavaScriptObject) in
    try await function.call(passingSignal: true)
  }
  // From a thread that has nothing to do with the loop.
  module.export(synchronous: "notifyElsewhere", "function", "times") {
    (function: JavaScriptObject, times: Int) -> Bool in
    onThread { for index in 0..<times { try? function.notify(JavaScriptValue(index)) } }
    return true
  }
  // A thread that calls until its environment is gone.
  module.export(synchronous: "notifyForever", "function") { (function: JavaScriptObject) -> Bool in
    onThread {
      do { while true { try function.notify() } } catch {}
    }
    return true
  }
}
