extension Interface {
  /// Whether a block of this type has references to objects.
  func holdsObjects(_ type: TypeReference) -> Bool { reaches(type) { $0.kind == .object } }
  func holdsObjects(_ type: TypeDeclaration) -> Bool {
    parts(of: type).contains(where: holdsObjects)
  }

  /// Whether a type has a part like that, however deep.
  func reaches(_ type: TypeReference, where isWanted: (TypeReference) -> Bool) -> Bool {
    var seen: Set<String> = []
    func search(_ type: TypeReference) -> Bool {
      if isWanted(type) || type.of.contains(where: search) { return true }
      guard [.record, .variant, .error].contains(type.kind), let symbol = type.symbol,
        seen.insert(symbol).inserted, let declared = types.first(where: { $0.symbol == symbol })
      else { return false }
      return parts(of: declared).contains(where: search)
    }
    return search(type)
  }

  private func parts(of type: TypeDeclaration) -> [TypeReference] {
    (type.fields + type.cases.flatMap(\.payload)).map(\.type)
  }
}
