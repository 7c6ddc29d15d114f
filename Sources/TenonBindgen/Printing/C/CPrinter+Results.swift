/// How C gets at what it is given.
extension CPrinter {
  mutating func results() {
    guard !usage.order.isEmpty else { return }
    section("Results: INVALID if it holds something else, otherwise as tenon_future_take()")
    for key in usage.order {
      guard let use = usage.uses[key] else { continue }
      let type = use.type
      let isObject = type.kind == .object
      let pointer = isObject ? "\(type.symbol ?? "")_t *" : "\(forms.block(type))_t *"
      let name = memberName(
        type.name?.split(separator: ".").last.map(String.init)
          ?? (type.kind == .dictionary ? "map" : "list"))
      if use.isTaken {
        if isOptionalSomewhere(type) { text.line("/** NULL: there is none. */") }
        text.add(prototype("\(key)_take", ["tenon_future_t *future", "\(pointer)*\(name)_out"]))
      }
      if use.isItem {
        text.line(
          "/** Moves it out of a value, such as an item of a stream, which is left holding nothing. */"
        )
        text.add(prototype("\(key)_take_item", ["tenon_value_t *item", "\(pointer)*\(name)_out"]))
      }
      if use.isMade {
        text.line(
          "/** Makes a value of it (\(isObject ? "retained" : "copied")), to send or to settle a promise with. */"
        )
        text.add(
          prototype(
            "\(key)_make_value",
            ["\(isObject ? "" : "const ")\(pointer)\(name)", "tenon_value_t *value_out"]))
      }
      if !isObject, use.isGiven {
        text.add(prototype("\(key)_free", ["\(pointer)\(name)"], returns: "void "))
      }
    }
  }

  func isOptionalSomewhere(_ type: TypeReference) -> Bool {
    interface.allFunctions.contains {
      $0.isAsync && $0.result.kind == .optional
        && forms.blockPrefix($0.result) == forms.blockPrefix(type)
    }
  }
}
