// A program that works, for `tenon top`, `tenon flame` and the counters of `tenon dump`: a call that computes three times as much
// as another one, both over many suspensions, short calls, one that waits for ever, and a pool.
//
// For each line that it reads it stops, prints what its executors have counted, and goes on after another line.
import CTenon
import Glibc
import Tenon

@inline(never) func burn(_ rounds: Int) -> Int {
  var sum = rounds
  for round in 0..<rounds &* 20_000 { sum = (sum &* 31) ^ round }
  return sum
}

@inline(never) func computeMuch() -> Int { burn(3) }
@inline(never) func computeLittle() -> Int { burn(1) }
@inline(never) func computeInPool() -> Int { burn(2) }

@inline(never) func handleMuch() async -> Int {
  let sum = computeMuch()
  await Task.yield()
  return sum
}

@inline(never) func handleLittle() async -> Int {
  let sum = computeLittle()
  await Task.yield()
  return sum
}

@inline(never) func waitForReply(_ reply: Future) async { await reply.settled() }

/// In a child of its call's task.
@inline(never) func serveMuch() async -> Int {
  await withTaskGroup(of: Int.self) { group in
    group.addTask {
      var sum = 0
      while !Task.isCancelled { sum &+= await handleMuch() }
      return sum
    }
    return await group.next() ?? 0
  }
}

@inline(never) func serveLittle(_ loop: LoopExecutor) async throws -> Int {
  var sum = 0
  while !Task.isCancelled {
    sum &+= await handleLittle()
    _ = try loop.start(name: "tick") {}
  }
  return sum
}

func statistics(_ executor: LoopExecutor) -> String {
  var all = tenon_executor_statistics_t()
  all.struct_size = MemoryLayout<tenon_executor_statistics_t>.size
  guard tenon_executor_get_statistics(executor.pointer, &all) == TENON_STATUS_OK else { exit(2) }
  return """
    {"polls": \(all.polls), "jobs": \(all.jobs), "wakes": \(all.wakes), "wakes_late": \(all.wakes_late), \
    "calls": \(all.calls), "drivers": \(all.drivers), "timers": \(all.timers), \
    "jobs_abandoned": \(all.jobs_abandoned), "pending": \(all.pending), "threads": \(all.threads), \
    "threads_idle": \(all.threads_idle)}
    """
}

/// Waits for a line, and takes no more than that: `poll` knows nothing of a buffer. false: there will be none.
func takeLine() -> Bool {
  var byte: UInt8 = 0
  while read(0, &byte, 1) == 1 { if byte == UInt8(ascii: "\n") { return true } }
  return false
}

let loop = try LoopExecutor.create(name: "main loop")
let pool = try ThreadPool.create(threads: 2, name: "workers")
let (promise, reply) = try Promise.make()
let waiter = try loop.start(name: "waiter") { await waitForReply(reply) }
let heavy = try loop.start(name: "heavy") { await serveMuch() }
let light = try loop.start(name: "light") { try await serveLittle(loop) }
let sleeper = try loop.start(name: "sleeper") {
  await (try loop.sleep(for: .seconds(100_000))).settled()
}
let batch =
  CommandLine.arguments.contains("pool")
  ? try pool.start(name: "batch") {
    var sum = 0
    while !Task.isCancelled { sum &+= computeInPool() }
    return sum
  } : nil

/// Says each signal: none may be lost while somebody takes samples.
@c func onSignal(_ number: Int32) { _ = write(1, "signal\n", 7) }
signal(SIGUSR1, onSignal)

print("ready \(getpid())")
fflush(nil)
try withExtendedLifetime((promise, waiter, heavy, light, sleeper, batch)) {
  while true {
    _ = try loop.run(timeout: .milliseconds(20))
    var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, 0) > 0 else { continue }
    guard takeLine() else { break }
    print("{\"main loop\": \(statistics(loop)), \"workers\": \(statistics(pool))}")
    fflush(nil)
    guard takeLine() else { break }
  }
}
exit(0)
