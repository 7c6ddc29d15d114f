/// A number for the shape of an interface: FNV-1a of all that a program is compiled against.
func shape(of interface: Interface) -> UInt32 {
  var hash: UInt32 = 0x811c_9dc5
  func add(_ text: String) {
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    hash = (hash ^ 10) &* 0x0100_0193
  }
  add(interface.library)
  for type in interface.types.sorted(by: { $0.symbol < $1.symbol }) {
    add("\(type.kind.rawValue) \(type.symbol) \(type.size)")
    for field in type.fields { add("\(field.symbol) \(field.type.swift) \(field.offset)") }
    for one in type.cases {
      add("\(one.symbol) \(one.number)")
      for field in one.payload { add("\(field.symbol) \(field.type.swift) \(field.offset)") }
    }
    if type.kind == .interface { for function in type.functions { add(describe(function)) } }
  }
  for function in interface.allFunctions.sorted(by: { $0.symbol < $1.symbol }) {
    add(describe(function))
  }
  return hash
}

/// A function's shape: what may not change once it is released.
func describe(_ function: Function) -> String {
  let parameters = function.parameters.filter { !$0.isOption }.map {
    "\($0.symbol): \($0.type.swift)"
  }
  let effects = (function.isAsync ? " async" : "") + (function.isThrowing ? " throws" : "")
  return
    "\(function.symbol)(\(parameters.joined(separator: ", ")))\(effects) -> \(function.result.swift)"
}
