/// What samples come to: stacks of functions below the call that they belong to.
struct Flame {
  /// A thread's sample as names, outermost first.
  struct Stack {
    let thread: Int32
    let names: [String]
    let weight: UInt64
  }

  private(set) var stacks: [Stack] = []
  /// How many samples were taken of anything.
  let sampleCount: Int
  let title: String
  private let images: Images
  private var named: [UInt: String] = [:]

  /// `isWanted`: of which samples.
  init(_ sampler: Sampler, title: String, _ isWanted: (Sample) -> Bool) {
    images = sampler.target.images
    sampleCount = sampler.samples.count
    self.title = title
    // A sample stands for the time until its thread was looked at again.
    var next: [Int32: UInt64] = [:]
    for sample in sampler.samples.reversed() {
      let until = next[sample.thread] ?? sample.time + sampler.interval
      next[sample.thread] = sample.time
      guard isWanted(sample) else { continue }
      let weight = min(max(until - min(sample.time, until), 1), 2 * sampler.interval)
      stacks.append(Stack(thread: sample.thread, names: names(sample), weight: weight))
    }
    stacks.reverse()
  }

  private mutating func names(_ sample: Sample) -> [String] {
    var names: [String] = []
    if sample.task != nil {
      // Outside of the author's functions is what every call is in.
      let outer = sample.suspended.reversed().drop { !images.isAuthors($0) || isThunk($0) }
      // Where a function goes on is a function of its own, of the same name.
      for address in outer where !isThunk(address) {
        let name = name(address)
        if name != names.last { names.append(name) }
      }
      // Where no frame leads to the async function, up to what runs jobs.
      let native =
        sample.nativeOfTask > 0
        ? sample.native.prefix(sample.nativeOfTask) : sample.native.prefix { !runsJobs($0) }
      for address in native.reversed() where !isThunk(address) {
        let name = name(address)
        if address == native.last, name == names.last { continue }
        names.append(name)
      }
    } else {
      names = sample.native.reversed().map { name($0) }
    }
    if sample.isBlocked { names.append("[sleeps]") }
    return [Flame.root(sample)] + names
  }

  /// Whether it is Tenon's, or the runtime's, function that runs jobs.
  private func runsJobs(_ address: UInt) -> Bool {
    if images.image(at: address)?.name.hasPrefix("libtenon.") == true { return true }
    let symbol = images.symbol(at: address) ?? ""
    return symbol.hasPrefix("swift_job_run") || symbol.contains("EstablishedExecutor")
      || symbol.hasPrefix("$s5Tenon12LoopExecutorC")
  }

  /// What compilers put between two functions.
  private func isThunk(_ address: UInt) -> Bool {
    guard let symbol = images.symbol(at: address), symbol.hasPrefix("$s") else { return false }
    let name = images.name(at: address)
    return name.hasPrefix("from @escaping") || name.contains("reabstraction thunk")
  }

  /// Whose time it is.
  private static func root(_ sample: Sample) -> String {
    if let call = sample.callName { return "call " + call }
    if sample.task != nil { return sample.taskName.map { "task " + $0 } ?? "tasks of no call" }
    if let executor = sample.executor { return "executor \(executor), outside of calls" }
    return "thread " + (sample.threadName ?? String(sample.thread))
  }

  private mutating func name(_ address: UInt) -> String {
    if let name = named[address] { return name }
    var name = images.name(at: address)
    if images.symbol(at: address)?.hasPrefix("$s") == true { name = brief(name) }
    name = clean(name)
    named[address] = name
    return name
  }

  // MARK: As text

  /// A line for each stack and how many milliseconds, as flamegraph.pl, inferno and speedscope read them.
  func folded() -> String {
    var weights: [String: UInt64] = [:]
    for stack in stacks {
      let names = stack.names.map { String($0.map { $0 == ";" ? ":" : $0 }) }
      weights[names.joined(separator: ";"), default: 0] += stack.weight
    }
    return weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) \(max(1, ($0.value + 500_000) / 1_000_000))\n" }.joined()
  }

  /// The file format of https://www.speedscope.app: a profile for each thread.
  func speedscope() -> String {
    var (places, frames) = ([String: Int](), [String]())
    for name in stacks.lazy.flatMap(\.names) where places[name] == nil {
      places[name] = frames.count
      frames.append(name)
    }
    var json = Json()
    json.object {
      $0.value("$schema", "https://www.speedscope.app/file-format-schema.json")
      $0.value("name", title)
      $0.value("exporter", "tenon")
      $0.object("shared") {
        $0.array("frames") { for frame in frames { $0.frame(frame) } }
      }
      $0.array("profiles") {
        for thread in Set(stacks.map(\.thread)).sorted() {
          let stacks = stacks.filter { $0.thread == thread }
          $0.object {
            $0.value("type", "sampled")
            $0.value("name", "thread \(thread)")
            $0.value("unit", "nanoseconds")
            $0.value("startValue", 0)
            $0.value("endValue", Int(stacks.reduce(0) { $0 + $1.weight }))
            $0.array("samples") {
              for stack in stacks {
                $0.array { for name in stack.names { $0.value(nil, places[name] ?? 0) } }
              }
            }
            $0.array("weights") { for stack in stacks { $0.value(nil, Int(stack.weight)) } }
          }
        }
      }
    }
    return json.text + "\n"
  }
}

extension Json {
  fileprivate mutating func frame(_ name: String) { object { $0.value("name", name) } }
}
