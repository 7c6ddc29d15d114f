/// What somebody has asked for.
struct Arguments {
  enum Command: String, CaseIterable {
    case ps, why, dump, top, flame, trace

    /// Which options it has: those that end with = have a value.
    var options: [String] {
      switch self {
      case .ps, .why: ["--json"]
      case .dump: ["--json", "--dot"]
      case .flame: ["--folded", "--json", "--seconds=", "--call=", "--name="]
      case .top: ["--json", "--once", "--seconds="]
      case .trace: ["--last", "--seconds="]
      }
    }
  }

  let command: Command
  let target: String
  private let options: [String: String]

  /// nil: it is none of that.
  init?(_ arguments: [String]) {
    guard let command = arguments.first.flatMap(Command.init(rawValue:)) else { return nil }
    var (names, options) = ([String](), [String: String]())
    var rest = arguments.dropFirst()
    while let argument = rest.popFirst() {
      if !argument.hasPrefix("--") {
        names.append(argument)
      } else if command.options.contains(argument) {
        options[argument] = ""
      } else if command.options.contains(argument + "="), let value = rest.popFirst() {
        options[argument] = value
      } else {
        return nil
      }
    }
    guard names.count == 1 else { return nil }
    (self.command, target, self.options) = (command, names[0], options)
  }

  func has(_ option: String) -> Bool { options[option] != nil }
  /// What `--seconds` says.
  func seconds(default seconds: Double) throws(Failure) -> Double {
    guard let text = options["--seconds"] else { return seconds }
    guard let seconds = Double(text), seconds >= 0.05, seconds <= 86_400 else {
      throw Failure("--seconds \(text) is no time from 0.05 to 86400")
    }
    return seconds
  }

  func value(_ option: String) -> String? { options[option] }
}
