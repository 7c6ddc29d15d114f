/// Promises of other languages: those that they hold, and Tenon's futures wait for; and those that wait for Tenon's futures. A
/// callback's context says which it is, as what it leads to fits: see Sources/TenonNodeLoop/settlement.c and adoption.c, and
/// python/src/core.h and promise.c, which have the members in this order.
extension Survey {
  /// Of an environment of Node's.
  private enum Environment {
    static let executor: UInt = 8
    static let size: UInt = 512
  }

  /// What gives a future to JavaScript.
  private enum Settlement {
    static let environment: UInt = 0
    /// In the environment.
    static let count: UInt = 8
  }

  /// What waits for a promise of JavaScript's.
  private enum Adoption {
    static let environment: UInt = 8
    static let promise: UInt = 16
  }

  /// What a callback of Python's is told a cancel with.
  private enum Hearing {
    static let library: UInt = 8
    static let promise: UInt = 16
  }

  private enum PythonObject {
    static let type: UInt = 8
    static let nameOfType: UInt = 24
  }

  /// Whether a callback for a future is another language's promise that waits for it.
  mutating func readPromise(of context: UInt, on future: Handle) -> Bool {
    let language: String
    if isEnvironment(memory.word(context &+ Settlement.environment)),
      memory.word(context &+ Settlement.count) &- memory.word(context) < Environment.size
    {
      language = "JavaScript"
    } else if typeName(context) == "tenon._core.Call" {
      language = "Python"
    } else {
      return false
    }
    add(promise: context, of: language)
    graph.connect(context, .awaits, future.bits)
    return true
  }

  /// The other way: what is told of a cancel may be another language's, which settles the future.
  mutating func readHeld(_ context: UInt, _ promise: Handle) {
    guard context & 7 == 0 else { return }
    let language: String
    if memory.word(context &+ Adoption.promise) == promise.bits,
      isEnvironment(memory.word(context &+ Adoption.environment))
    {
      language = "JavaScript"
    } else if memory.word(context &+ Hearing.promise) == promise.bits,
      typeName(memory.word(context &+ Hearing.library)) == "tenon._core.Library"
    {
      language = "Python"
    } else {
      return
    }
    add(promise: context, of: language)
    graph.change(context) { $0.cause = "is pending in \(language), which has not settled it" }
    graph.connect(promise.as(.future).bits, .awaits, context)
  }

  private mutating func add(promise: UInt, of language: String) {
    graph.add(Graph.Node(id: promise, kind: .promise, state: "pending", detail: language))
  }

  private func isEnvironment(_ address: UInt) -> Bool {
    guard address & 7 == 0, address > 4096 else { return false }
    let executor = Handle(memory.word(address &+ Environment.executor))
    return executor.kind == .executor && graph.has(executor.bits)
  }

  private func typeName(_ object: UInt) -> String? {
    guard object & 7 == 0, object > 4096 else { return nil }
    let type = memory.word(object &+ PythonObject.type)
    guard type & 7 == 0, type > 4096 else { return nil }
    return memory.text(memory.word(type &+ PythonObject.nameOfType))
  }
}
