import Glibc

/// The program `tenon`: what a process, or the core of one, is doing.
enum Tool {
  static let usage = """
    usage: tenon ps [--json] PID|CORE          what there is: executors, scopes, calls, tasks, streams
           tenon why [--json] PID|CORE         what waits for what in the end: deadlocks first
           tenon dump [--json|--dot] PID|CORE  all there is, with counters and whole stacks; the wait graph
           tenon top [--once|--json] [--seconds N] PID
                                               what executors do now, and the oldest calls
           tenon flame [--folded|--json] [--seconds N] [--call ID|--name NAME] PID
                                               where calls spend their time: a page, folded, speedscope
           tenon trace [--seconds N] PID       what happens for so long, for Perfetto
           tenon trace --last PID|CORE         what the process has recorded by itself

    The process takes no part, and may be stuck. It needs the permission that a debugger needs.

    """

  static func run(_ arguments: [String]) -> Int32 {
    if arguments == ["--help"] || arguments == ["help"] {
      print(usage, terminator: "")
      return 0
    }
    guard let arguments = Arguments(arguments) else {
      complain(usage)
      return 2
    }
    do throws(Failure) {
      switch arguments.command {
      case .ps, .why: try say(arguments)
      case .dump: try dump(arguments)
      case .top: try top(arguments)
      case .flame: try flame(arguments)
      case .trace: try trace(arguments)
      }
      return 0
    } catch {
      complain("tenon: \(error.text)\n")
      return 1
    }
  }

  private static func say(_ arguments: Arguments) throws(Failure) {
    let target = try Target.named(arguments.target)
    let copies = try target.surveyed(isThorough: arguments.command == .why)
    if arguments.has("--json") {
      return print(Json.document(arguments.command.rawValue, target, copies), terminator: "")
    }
    for (copy, graph) in copies {
      let words = Words(graph, of: target)
      print("\(target.kind.rawValue) \(target.pid)  \(copy.image.path)")
      if arguments.command == .why {
        print(Why(words: words, causes: Causes(graph)).text(), terminator: "")
      } else {
        var tree = Tree(words)
        tree.print()
        print(tree.text, terminator: "")
      }
    }
  }

  private static func dump(_ arguments: Arguments) throws(Failure) {
    let target = try Target.named(arguments.target)
    let copies = try target.surveyed(isThorough: true)
    if arguments.has("--dot") {
      print(Dot(target, copies).text, terminator: "")
    } else {
      let dump = Dump(target, copies)
      print(arguments.has("--json") ? dump.json() : dump.text(), terminator: "")
    }
  }

  private static func top(_ arguments: Arguments) throws(Failure) {
    let seconds = try arguments.seconds(default: 1)
    var top = try Top(Target.named(arguments.target), seconds: seconds)
    if arguments.has("--json") {
      print(try top.json(), terminator: "")
    } else if !arguments.has("--once"), let terminal = Terminal() {
      try top.run(in: terminal)
    } else {
      print(try top.text(), terminator: "")
    }
  }

  private static func flame(_ arguments: Arguments) throws(Failure) {
    let seconds = try arguments.seconds(default: 5)
    let target = try Target.named(arguments.target)
    guard target.kind == .process else {
      throw Failure("flame is of a process that runs: see tenon dump for a core")
    }
    let wish = try Wish(arguments)
    let sampler = try Sampler(target)
    try sampler.run(for: UInt64(seconds * 1e9))
    let flame = Flame(
      sampler, title: "process \(target.pid)\(wish.title), \(duration(UInt64(seconds * 1e9)))",
      wish.isWanted)
    if flame.stacks.isEmpty { throw Failure(wish.complaint(target.pid, sampler.samples.count)) }
    if arguments.has("--folded") {
      print(flame.folded(), terminator: "")
    } else if arguments.has("--json") {
      print(flame.speedscope(), terminator: "")
    } else {
      try show(FlamePage(flame).text, "tenon-flame-\(target.pid).html")
    }
  }

  /// A page is for a browser, and for no terminal.
  private static func show(_ page: String, _ path: String) throws(Failure) {
    if isatty(1) == 0 { return print(page, terminator: "") }
    guard let file = fopen(path, "w") else { throw .system(path) }
    fputs(page, file)
    if fclose(file) != 0 { throw .system(path) }
    print("\(path): open it in a browser")
  }

  private static func trace(_ arguments: Arguments) throws(Failure) {
    let target = try Target.named(arguments.target)
    let copies = try target.copies()
    if target.kind == .process, !arguments.has("--last") {
      let seconds = try arguments.seconds(default: 1)
      try target.record(copies, for: UInt64(seconds * 1e9))
    }
    let recordings = target.recordings(copies)
    if recordings.isEmpty {
      throw Failure("\(target.kind.rawValue) \(target.pid) has recorded nothing")
    }
    print(ChromeTrace.text(target, recordings), terminator: "")
  }

  static func complain(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
}

extension Target {
  /// Each copy of Tenon with what there is in it.
  func surveyed(isThorough: Bool) throws(Failure) -> [(Copy, Graph)] {
    try copies().map { ($0, Survey.graph(of: self, $0, isThorough: isThorough)) }
  }
}
