// The faces of TenonInspect in Swift: a call that lasts until the watch has told of it, the snapshot that comes with it, and what is
// counted meanwhile.
import CTenon
import Glibc
import Synchronization
import Tenon
import TenonInspect

func require(_ holds: Bool, _ what: String, line: Int = #line) {
  if holds { return }
  print("main.swift:\(line): not so: \(what)")
  exit(1)
}

@inline(never) func waitForReply(_ reply: Future) async { await reply.settled() }

func value(_ name: String) throws -> UInt64? {
  try Metrics.read().first { $0.name == name }?.value
}

let loop = try LoopExecutor.create(name: "main loop")
let (promise, reply) = try Promise.make()
let fetch = try loop.start(name: "fetch") { await waitForReply(reply) }
let fetched = UInt(bitPattern: fetch.pointer)
let times = Atomic<Int>(0)

let watch = try Watch.start(call: .milliseconds(1)) { event in
  guard event.id == fetched else { return }
  require(event.kind == .call && event.thread == nil, "\(event)")
  require(event.duration >= .milliseconds(1), "\(event.duration)")
  let why = event.snapshot?.explain(event.id)?.text ?? ""
  require(why.contains("fetch"), why)
  require((try? value("tenon.call.active")) == 1, "one call")
  times.wrappingAdd(1, ordering: .relaxed)
  _ = promise.resolve()
}
try loop.run(until: fetch)
watch.end()
watch.end()
require(times.load(ordering: .relaxed) == 1, "told once")
require(try value("tenon.call.active") == 0, "no call")
require(try value("tenon.executor.calls") == 1, "one call has begun")
require(try Metrics.prometheus().contains("tenon_executor_name=\"main loop\""), "the text")

do {
  _ = try Watch.start { _ in }
  require(false, "a watch of nothing")
} catch {
  require(error == .noLimits, "\(error)")
}
print("# watched: all told")
