public import CWords
import Synchronization
import Tenon

private let started = Atomic<Int64>(0)

struct NoText: Error {}

func countWords(in text: String, clock: LoopClock) async throws -> Int {
  if text.isEmpty { throw NoText() }
  try await clock.sleep(for: .milliseconds(1))
  try await Task.sleep(for: .milliseconds(1))
  return await withTaskGroup(of: Int.self) { group in
    for line in text.split(separator: "\n") {
      group.addTask {
        await Task { line.split(separator: " ").count }.value
      }
    }
    return await group.reduce(0, +)
  }
}

@c @implementation
public func words_count(
  _ executor: OpaquePointer?, _ text: UnsafePointer<CChar>?,
  _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let text, let loop = try? LoopExecutor.borrowing(executor) else {
    return TENON_STATUS_INVALID
  }
  let string = String(cString: text)
  started.add(1, ordering: .relaxed)
  return export(on: executor, future: futureOut) {
    try await countWords(in: string, clock: loop.clock)
  }
}

@c @implementation
public func words_started() -> Int64 { started.load(ordering: .relaxed) }

/// Public, and in no header: it stays inside.
@c(words_internal)
public func wordsInternal() {}
