import CTenonRoot
import CTrace
import Glibc

/// Takes samples of what a process's threads are in, from outside: each stops for some ten microseconds.
final class Sampler {
  private(set) var target: Target
  private(set) var samples: [Sample] = []
  private var finder: CallFinder
  private var refreshed: UInt64 = 0
  /// Between two looks at each thread, in nanoseconds.
  private(set) var interval: UInt64 = 5_000_000

  private static let refreshTime: UInt64 = 500_000_000

  init(_ target: Target) throws(Failure) {
    self.target = target
    finder = try CallFinder(target)
    refreshed = tenon__now_ns()
    // What forbids it is to be said at once.
    try target.checkStops()
  }

  /// Samples for so long.
  func run(for time: UInt64) throws(Failure) {
    let end = tenon__now_ns() + time
    var next = tenon__now_ns()
    repeat {
      let (begin, ownBegin) = (tenon__now_ns(), Sampler.ownTime())
      do throws(Failure) {
        if begin - refreshed > Sampler.refreshTime { try refresh() }
        try tick(begin)
      } catch {
        // It has ended: what it did until then is known.
        if samples.isEmpty { throw error }
        return
      }
      let cost = Sampler.ownTime() - ownBegin
      // Many threads are looked at less often, so that this takes no processor for itself.
      if cost > interval / 2 { interval = min(cost * 4, 200_000_000) }
      next = max(next + interval, tenon__now_ns())
      let now = tenon__now_ns()
      if next > now { usleep(UInt32((min(next, end) - min(now, end)) / 1000)) }
    } while tenon__now_ns() < end
  }

  /// How long this program has had a processor.
  private static func ownTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private func refresh() throws(Failure) {
    target = try target.again()
    finder = try CallFinder(target, after: finder)
    refreshed = tenon__now_ns()
  }

  private func tick(_ time: UInt64) throws(Failure) {
    for thread in target.threads {
      let path = "/proc/\(target.pid)/task/\(thread.id)"
      guard let state = threadState(path) else { continue }
      let isRunning = state == UInt8(ascii: "R")
      // One that sleeps outside of its executor's jobs has nothing to do.
      guard isRunning || finder.isInPoll(thread.id) else { continue }
      guard var sample = isRunning ? running(thread, time) : sleeping(thread, path, time) else {
        continue
      }
      if let task = sample.task, sample.call == nil, !finder.knows(task) {
        // A task of a call that has begun meanwhile.
        try refresh()
        finder.attribute(&sample)
      }
      samples.append(sample)
    }
  }

  private func threadState(_ path: String) -> UInt8? {
    guard let stat = contents(of: path + "/stat"), let end = stat.lastIndex(of: UInt8(ascii: ")")),
      end + 2 < stat.count
    else { return nil }
    return stat[end + 2]
  }

  private func running(_ thread: ThreadOfTarget, _ time: UInt64) -> Sample? {
    var stop = tenon__stop_t()
    guard tenon__stop_thread(thread.id, &stop) else { return nil }
    defer { tenon__let_go(thread.id, stop) }
    return sample(
      thread, time, UInt(stop.counter), UInt(stop.frame), UInt(stop.stack), isBlocked: false)
  }

  /// A thread that sleeps in a call of the system's says itself where, and goes on sleeping.
  private func sleeping(_ thread: ThreadOfTarget, _ path: String, _ time: UInt64) -> Sample? {
    let fields = (lines(of: path + "/syscall").first ?? "").split(separator: " ")
    guard fields.count >= 3 else { return nil }
    func number(_ text: Substring) -> UInt? { UInt(text.dropFirst(2), radix: 16) }
    guard let stack = number(fields[fields.count - 2]),
      let counter = number(fields[fields.count - 1])
    else { return nil }
    return sample(thread, time, counter, 0, stack, isBlocked: true)
  }

  private func sample(
    _ thread: ThreadOfTarget, _ time: UInt64, _ counter: UInt, _ frame: UInt, _ top: UInt,
    isBlocked: Bool
  ) -> Sample {
    let memory = StackMemory(target.memory, top)
    let frames = target.walk(counter, frame, top) { memory.word($0) }
    var sample = Sample(
      thread: thread.id, threadName: thread.name, time: time, isBlocked: isBlocked,
      native: frames.map(\.address))
    finder.findTask(frames, memory, &sample)
    finder.attribute(&sample)
    return sample
  }
}

/// The top of a thread's stack in one piece, and whatever else as it is now.
struct StackMemory {
  private static let size = 1 << 14

  private let memory: Memory
  private let start: UInt
  private let bytes: [UInt8]

  init(_ memory: Memory, _ top: UInt) {
    self.memory = memory
    start = top & ~7
    bytes = [UInt8](unsafeUninitializedCapacity: StackMemory.size) { [start] buffer, count in
      count = memory.readNow(start, into: buffer.baseAddress, StackMemory.size)
    }
  }

  /// What is in that piece, from the top on.
  var words: some Sequence<UInt> {
    stride(from: 0, to: bytes.count - 7, by: 8).lazy.map { offset in
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt.self) }
    }
  }

  func contains(_ address: UInt) -> Bool { address &- start < UInt(bytes.count) }

  func word(_ address: UInt) -> UInt {
    let offset = address &- start
    if offset < UInt(bytes.count), Int(offset) + 8 <= bytes.count {
      return bytes.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: Int(offset), as: UInt.self)
      }
    }
    return memory.wordNow(address)
  }
}
