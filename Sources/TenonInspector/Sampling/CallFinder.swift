/// Which call a thread runs: by the async function on its stack, whose context leads to its task, and that one's parents to the
/// task that takes calls.
struct CallFinder {
  private let target: Target
  private let tasks: Tasks
  /// Those that take calls, by their tasks.
  private var drivers: [UInt: UInt] = [:]
  /// Threads of executors.
  private var executors: [Int32: Home] = [:]

  /// A thread's executor.
  struct Home {
    let name: String
    /// Not 0 while it is in a job, or a poll, which a word or a byte says.
    let atWork: UInt
    let mask: UInt
  }

  /// Tasks that belong to no call, as far as that is known.
  private var strangers: Set<UInt> = []

  private var memory: Memory { target.memory }
  private static let depthMax = 1000
  /// How far behind its beginning a task's first context may be.
  private static let taskSize: UInt = 1024

  init(_ target: Target, after last: CallFinder? = nil) throws(Failure) {
    self.target = target
    var tasks: Tasks?
    for copy in try target.copies() {
      let survey = Survey(target, copy)
      let found = survey.callTakers()
      drivers.merge(found.drivers) { $1 }
      executors.merge(found.homes) { $1 }
      for task in found.drivers.keys { survey.tasks.learn(fromTask: task) }
      if tasks == nil { tasks = survey.tasks } else { tasks?.learn(from: survey.tasks) }
    }
    self.tasks = tasks ?? Tasks(target)
  }

  /// Whether its thread runs jobs of an executor at this moment.
  func isInPoll(_ thread: Int32) -> Bool {
    guard let home = executors[thread] else { return false }
    return memory.wordNow(home.atWork & ~7) >> ((home.atWork & 7) * 8) & home.mask != 0
  }

  func knows(_ task: UInt) -> Bool { drivers[task] != nil || strangers.contains(task) }

  // MARK: From a stack to a task

  /// An async function keeps its context right below its frame. Functions that it calls may have saved that there, too: so the outermost
  /// one of the same task is it.
  func findTask(_ frames: [Target.Frame], _ memory: StackMemory, _ sample: inout Sample) {
    for (index, frame) in frames.enumerated() where frame.pointer != 0 {
      let context = memory.word(frame.pointer &- 8)
      guard let (suspended, root) = contexts(from: context, memory) else { continue }
      if let task = sample.task {
        guard root &- task < CallFinder.taskSize else { break }
      } else {
        guard let task = task(of: root) else { continue }
        sample.task = task
      }
      sample.nativeOfTask = index + 1
      sample.suspended = suspended
    }
    if sample.task == nil { sample.task = taskOnStack(memory, sample.thread) }
    guard let task = sample.task else { return }
    sample.taskName = name(of: task)
  }

  private static let candidatesMax = 256

  /// Of code without frame pointers: the task that runs is on the stack of an executor's thread, where the runtime keeps it.
  private func taskOnStack(_ memory: StackMemory, _ thread: Int32) -> UInt? {
    guard executors[thread] != nil else { return nil }
    var seen: Set<UInt> = []
    for word in memory.words
    where word & 15 == 0 && word > 1 << 16 && word < 1 << 47 && !memory.contains(word) {
      guard seen.count < CallFinder.candidatesMax else { return nil }
      guard seen.insert(word).inserted, tasks.isDescription(self.memory.wordNow(word)) else {
        continue
      }
      // One that others only know of does not run.
      if self.memory.wordNow(word &+ 96) & 0x800 != 0 { return word }
    }
    return nil
  }

  /// Where it goes on after a context's function, and the outermost context; nil: it is none.
  private func contexts(from context: UInt, _ memory: StackMemory) -> ([UInt], root: UInt)? {
    var (frames, at) = ([UInt](), context)
    while frames.count < CallFinder.depthMax {
      guard at & 15 == 0, at > 4096, target.images.image(at: at) == nil else { return nil }
      let (outer, resume) = (memory.word(at), memory.word(at &+ 8))
      guard resume != 0, target.images.image(at: resume) != nil else { return nil }
      frames.append(resume)
      if outer == 0 { return (frames, at) }
      at = outer
    }
    return nil
  }

  /// A task's first context is in the memory of the task itself.
  private func task(of root: UInt) -> UInt? {
    let start = root &- CallFinder.taskSize
    var words = [UInt](repeating: 0, count: Int(CallFinder.taskSize / 8))
    let count = words.withUnsafeMutableBytes {
      memory.readNow(start, into: $0.baseAddress, $0.count)
    }
    guard count == CallFinder.taskSize else {
      return stride(from: root & ~15, to: start, by: -16).first {
        tasks.isDescription(memory.wordNow($0))
      }
    }
    for place in stride(from: words.count - 2, through: 0, by: -2)
    where tasks.isDescription(words[place]) { return start &+ UInt(place) &* 8 }
    return nil
  }

  private func name(of task: UInt) -> String? {
    var record = memory.wordNow(task &+ 104)
    for _ in 0..<16 where record != 0 {
      if memory.wordNow(record) & 0xff == 6 {
        return memory.text(memory.wordNow(record &+ 16))
      }
      record = memory.wordNow(record &+ 8)
    }
    return nil
  }

  // MARK: From a task to a call

  /// Says whose a sample is.
  mutating func attribute(_ sample: inout Sample) {
    sample.executor = executors[sample.thread]?.name
    guard let first = sample.task else { return }
    var task = first
    for _ in 0..<64 {
      if let driver = drivers[task] {
        // Another task may have the same address by now.
        guard Driver.task(at: driver, memory.wordNow) == task else { break }
        read(driver, &sample)
        return
      }
      // A child: of a group, or an async let.
      guard memory.wordNow(task &+ 32) >> 24 & 1 != 0 else { break }
      task = memory.wordNow(task &+ 208)
      guard tasks.isDescription(memory.wordNow(task)) else { break }
    }
    if strangers.count < 100_000 { strangers.insert(first) }
  }

  private func read(_ address: UInt, _ sample: inout Sample) {
    let driver = Driver(at: address) { memory.wordNow($0) }
    guard let promise = driver.promise else { return }
    sample.call = promise.as(.future).bits
    sample.callName = memory.text(driver.name) ?? "future \(promise.index)"
  }
}

extension Survey {
  /// The drivers of all executors by their tasks, and executors by their threads.
  func callTakers() -> (drivers: [UInt: UInt], homes: [Int32: CallFinder.Home]) {
    var found: [UInt: UInt] = [:]
    var homes: [Int32: CallFinder.Home] = [:]
    for (slot, state, name) in copy.liveExecutors(memory) {
      for driver in drivers(of: state) { found[Driver.task(at: driver, memory.word)] = driver }
      let facts = facts(ofExecutor: state)
      for thread in facts.threads {
        let byte = facts.inJob[thread]
        homes[thread] = CallFinder.Home(
          name: name ?? String(slot.index), atWork: byte ?? state,
          mask: byte == nil ? ~0 : 0xff)
      }
    }
    return (found, homes)
  }
}
