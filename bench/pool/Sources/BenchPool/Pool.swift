// Swift tasks on a pool of Tenon's, and on Dispatch's threads; and loops in chunks.
//
// Arguments: the workload, the subject, how many, and the variant. `fork`: with 0 a tree of child tasks with so many leaves, with
// 1 so many tasks, each joined before the next one. `loop`: as in ../../c/loop.c. `latency`: see below.

import Dispatch
import Glibc
import Synchronization
import Tenon

@concurrent func fork(_ leaves: Int) async -> Int {
  if leaves == 1 { return 1 }
  return await withTaskGroup(of: Int.self) { group in
    group.addTask { await fork(leaves / 2) }
    group.addTask { await fork(leaves - leaves / 2) }
    return await group.reduce(0, +)
  }
}

@concurrent func oneByOne(_ count: Int) async -> Int {
  var sum = 0
  for _ in 0..<count {
    await withTaskGroup(of: Int.self) { group in
      group.addTask { 1 }
      sum += await group.next() ?? 0
    }
  }
  return sum
}

func tasks(_ count: Int, _ variant: Int) async -> Int {
  variant == 0 ? await fork(count) : await oneByOne(count)
}

let zero = Atomic(0)
let sum = Atomic(0)

func chunk(_ index: Int) {
  if zero.load(ordering: .relaxed) != 0 { sum.wrappingAdd(index, ordering: .relaxed) }
}

@main
struct Program {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let count = Int(arguments[3]), let variant = Int(arguments[4])
    else {
      print("usage: bench-pool WORKLOAD SUBJECT ITERATIONS VARIANT")
      exit(2)
    }
    let (workload, subject) = (arguments[1], arguments[2])
    let pool = try ThreadPool.create(threads: ThreadPool.processors)
    var start = ContinuousClock.now
    switch (workload, subject) {
    case ("fork", "tenon"):
      _ = try await pool.run { await tasks(1000, variant) }
      start = .now
      let done = try await pool.run { await tasks(count, variant) }
      precondition(done == count)
    case ("fork", "dispatch"):
      _ = await tasks(1000, variant)
      start = .now
      let done = await tasks(count, variant)
      precondition(done == count)
    case ("loop", "tenon-swift"):
      let (loops, chunks) = variant == 0 ? (1, count) : (count, variant)
      start = .now
      for _ in 0..<loops {
        try pool.forEach(in: 0..<chunks, chunk: 1) { chunk($0.lowerBound) }
      }
    case ("loop", "dispatch"):
      let (loops, chunks) = variant == 0 ? (1, count) : (count, variant)
      start = .now
      for _ in 0..<loops { DispatchQueue.concurrentPerform(iterations: chunks) { chunk($0) } }
    default:
      print("bench-pool: no subject \"\(workload) \(subject)\"")
      exit(2)
    }
    let nanoseconds = (ContinuousClock.now - start) / .nanoseconds(1) / Double(count)
    print("{\"workload\": \"\(workload)\", \"subject\": \"\(subject)\", \"value\": \(nanoseconds)}")
    try pool.close(timeout: .seconds(60))
  }
}
