import Synchronization
import Tenon
import TenonNode

/// Bytes that Swift holds until it is told to let go.
final class Held: Sendable {
  static let shared = Held()
  let bytes = Mutex<[JavaScriptBytes]>([])
  let objects = Mutex<[JavaScriptObject]>([])
}

func exportValues(_ module: borrowing NodeModule) {
  module.export("echo", "value") { (value: JavaScriptValue) in value }
  module.export(synchronous: "echoNow", "value") { (value: JavaScriptValue) in value }
  module.export("same", "object") { (object: JavaScriptObject) in object }
  module.export("boolean", "value") { (value: Bool) in !value }
  module.export("integer", "value") { (value: Int) in value }
  module.export("unsigned", "value") { (value: UInt64) in value }
  module.export("byte", "value") { (value: UInt8) in Int(value) }
  module.export("number", "value") { (value: Double) in value }
  module.export("strings", "value") { (value: [String]) in value.joined(separator: "|") }
  module.export("copied", "bytes") { (bytes: [UInt8]) in bytes }
  module.export("sum", "bytes") { (bytes: JavaScriptBytes) in
    bytes.withUnsafeBytes { $0.reduce(0) { $0 + Int($1) } }
  }
  module.export("filled", "count", "byte") { (count: Int, byte: Int) in
    [UInt8](repeating: UInt8(byte), count: count)
  }
  module.export("numbersAsText", "rows") { (rows: [[Int]]) in
    let texts = rows.map { $0.map(String.init).joined(separator: ",") }
    return texts.joined(separator: ";")
  }
  // In arrays of one element.
  module.export("nested", "depth") { (depth: Int) in
    var value = JavaScriptValue.number(1)
    for _ in 0..<depth { value = .array([value]) }
    return value
  }
  // After the other work of the loop.
  module.export("sumLater", "bytes", "turns") { (bytes: JavaScriptBytes, turns: Int) in
    for _ in 0..<turns { await Task.yield() }
    return bytes.withUnsafeBytes { $0.reduce(0) { $0 + Int($1) } }
  }
  module.export("hold", "bytes") { (bytes: JavaScriptBytes) in
    Held.shared.bytes.withLock { $0.append(bytes) }
  }
  module.export("held") {
    Held.shared.bytes.withLock { $0.map { $0.withUnsafeBytes { $0.reduce(0) { $0 + Int($1) } } } }
      .reduce(0, +)
  }
  module.export("holdObject", "object") { (object: JavaScriptObject) in
    Held.shared.objects.withLock { $0.append(object) }
  }
  // On a thread of its own, which has nothing to do with any loop.
  module.export(synchronous: "letGoElsewhere") { () -> Int in
    let (bytes, objects) = (
      Held.shared.bytes.withLock { take(&$0) }, Held.shared.objects.withLock { take(&$0) }
    )
    let count = bytes.count + objects.count
    onThread { [bytes, objects] in _ = (bytes.count, objects.count) }
    return count
  }
}

func take<Element>(_ array: inout [Element]) -> [Element] {
  defer { array = [] }
  return array
}
