import Glibc

/// The program `tenon`: what a process, or the core of one, is doing.
enum Tool {
  static let usage = """
    usage: tenon ps [--json] PID|CORE     what there is: executors, scopes, calls, tasks, streams
           tenon why [--json] PID|CORE    what waits for what in the end: deadlocks first

    The process takes no part, and may be stuck. It needs the permission that a debugger needs.

    """

  static func run(_ arguments: [String]) -> Int32 {
    if arguments == ["--help"] || arguments == ["help"] {
      print(usage, terminator: "")
      return 0
    }
    let names = arguments.filter { $0 != "--json" }
    guard names.count == 2, ["ps", "why"].contains(names[0]) else {
      complain(usage)
      return 2
    }
    do throws(Failure) {
      let target = try Target.named(names[1])
      let copies = try target.copies().map {
        ($0, Survey.graph(of: target, $0, isThorough: names[0] == "why"))
      }
      if names.count < arguments.count {
        print(Json.document(names[0], target, copies), terminator: "")
      } else {
        for (copy, graph) in copies { write(names[0], target, copy, graph) }
      }
      return 0
    } catch {
      complain("tenon: \(error.text)\n")
      return 1
    }
  }

  private static func write(_ command: String, _ target: Target, _ copy: Copy, _ graph: Graph) {
    let words = Words(graph, of: target)
    print("\(target.kind.rawValue) \(target.pid)  \(copy.image.path)")
    if command == "why" {
      print(Why(words: words, causes: Causes(graph)).text(), terminator: "")
    } else {
      var tree = Tree(words)
      tree.print()
      print(tree.text, terminator: "")
    }
  }

  private static func complain(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
