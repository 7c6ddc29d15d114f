/// What `@Export(.number)` is about: integers of 64 bits that JavaScript may have as numbers.
extension TypeReference {
  /// Whether there is an Int64 or a UInt64 in it. Structs and enums say for themselves how they have theirs.
  var hasLongIntegers: Bool {
    if let signature {
      return (signature.parameters + signature.result).contains(where: \.hasLongIntegers)
    }
    return [.int64, .uint64].contains(kind) || of.contains(where: \.hasLongIntegers)
  }
}

extension Function {
  var allTypes: [TypeReference] { parameters.map(\.type) + [result] }
}

extension TypeDeclaration {
  var hasLongIntegers: Bool {
    let types = (fields + cases.flatMap(\.payload)).map(\.type) + constants.map(\.type)
    return (types + functions.flatMap(\.allTypes)).contains(where: \.hasLongIntegers)
  }
}

let uselessNumber = "nothing here is an Int64 or a UInt64, which .number is for; leave it out"
