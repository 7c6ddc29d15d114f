/// What the structs are called that C gives closures in.
extension Interface {
  /// The library and the parameter, if all parameters of that name take the same; otherwise the function and the parameter.
  /// What was released keeps its name, whatever has come since.
  mutating func nameClosures(_ lock: Lock?) {
    var released: [String: String] = [:]
    var shapes: [String: Set<String>] = [:]
    for function in allFunctions {
      for parameter in function.parameters {
        guard let shape = parameter.type.closure?.signature?.shape else { continue }
        shapes[parameter.symbol, default: []].insert(shape)
        if let name = lock?.closure(parameter.symbol, of: function.symbol) {
          released[name] = shape
        }
      }
    }
    let taken = Set(types.map(\.symbol))
    let library = library
    forEachFunction { function in
      for index in function.parameters.indices {
        let parameter = function.parameters[index]
        guard let shape = parameter.type.closure?.signature?.shape else { continue }
        let short = "\(library)_\(parameter.symbol)"
        let isShort = released[short].map { $0 == shape } ?? (shapes[parameter.symbol]?.count == 1)
        let name =
          lock?.closure(parameter.symbol, of: function.symbol)
          ?? (isShort && !taken.contains(short) ? short : "\(function.symbol)_\(parameter.symbol)")
        if parameter.type.kind == .optional {
          function.parameters[index].type.of[0].symbol = name
        } else {
          function.parameters[index].type.symbol = name
        }
      }
    }
  }
}

extension Function {
  /// The structs of its closures, by the parameter.
  var closureNames: [String: String] {
    let all = parameters.compactMap { one in one.type.closure?.symbol.map { (one.symbol, $0) } }
    return Dictionary(all) { first, _ in first }
  }
}

extension Signature {
  /// What two closures have in common that C gives in the same struct.
  fileprivate var shape: String {
    let parameters = parameters.map(\.swift).joined(separator: ",")
    return "\(parameters)\(names)\(result[0].swift)\(isAsync)\(isThrowing)"
  }
}
