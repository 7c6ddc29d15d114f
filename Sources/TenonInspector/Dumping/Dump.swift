/// `tenon dump`: everything that is known, to be kept with a report of a fault.
struct Dump {
  let target: Target
  let copies: [(Copy, Graph)]
  /// All threads of the target, Tenon's or not, and what they are in.
  let threads: [(ThreadOfTarget, frames: [UInt])]

  init(_ target: Target, _ copies: [(Copy, Graph)]) {
    (self.target, self.copies) = (target, copies)
    threads = target.threads.map { ($0, target.stack(of: $0)) }
  }

  func text() -> String {
    var text = ""
    for (copy, graph) in copies {
      let words = Words(graph, of: target)
      text += "\(target.kind.rawValue) \(target.pid)  \(copy.image.path)\n\nwhat there is\n"
      var tree = Tree(words)
      tree.print()
      text += tree.text
      text += "\nwhat it waits for\n" + Why(words: words, causes: Causes(graph)).text()
      text += "\ncounters\n" + counters(words)
      text += "\ntables\n"
      for table in copy.tablesInOrder {
        let used = table.inUse(target.memory)
        text += "\(table.kind)  \(used) in use of \(table.used) that were ever taken\n"
      }
      if let last = LastEvents(target, copy) { text += "\nwhat happened last\n" + last.text }
      text += "\nstacks\n"
      for node in graph.all where !node.frames.isEmpty {
        text += words.title(node.id) + "  \(node.state)\n" + frames(node.frames)
      }
      text += "\nedges\n" + graph.edges.map { words.link($0) + "\n" }.joined()
    }
    text += "\nthreads\n"
    for (thread, stack) in threads {
      text += "thread \(thread.id)" + (thread.name.map { " \"\($0)\"" } ?? "")
      text += (thread.state.map { "  \($0)" } ?? "") + "\n" + frames(stack)
    }
    return text
  }

  private func counters(_ words: Words) -> String {
    words.graph.all(.executor).map { node in
      let all = words.graph.executors[node.id]?.counters.all ?? []
      return words.title(node.id) + "  "
        + all.map { "\($0.name) \($0.count)" }.joined(separator: ", ") + "\n"
    }.joined()
  }

  private func frames(_ frames: [UInt]) -> String {
    frames.map {
      let (name, place) = (target.images.name(at: $0), target.images.place($0))
      return "    \(name)" + (name == place ? "\n" : "  \(place)\n")
    }.joined()
  }

  func json() -> String {
    var json = Json()
    json.document("dump", target) {
      $0.array("copies") {
        for (copy, graph) in copies {
          $0.add("dump", copy, Words(graph, of: target)) { json in
            json.array("tables") {
              for table in copy.tablesInOrder { $0.table(table, target.memory) }
            }
            LastEvents(target, copy)?.write(&json)
          }
        }
      }
      $0.array("threads") {
        for (thread, frames) in threads {
          $0.object {
            $0.value("id", Int(thread.id))
            $0.value("name", thread.name)
            $0.value("state", thread.state)
            $0.frames(frames, target.images)
          }
        }
      }
    }
    return json.text + "\n"
  }
}

extension Json {
  fileprivate mutating func table(_ table: Table, _ memory: Memory) {
    object {
      $0.value("kind", "\(table.kind)")
      $0.value("in_use", table.inUse(memory))
      $0.value("taken", Int(table.used))
    }
  }
}

extension Copy {
  fileprivate var tablesInOrder: [Table] {
    tables.values.sorted { $0.kind.rawValue < $1.kind.rawValue }
  }
}
