// The faces of TenonInspect in Swift: a call that lasts until the watch has told of it, the snapshot that comes with it, and what is
// counted meanwhile. With the argument "trace": the trace of calls that wait for replies of their own, which have their names.
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

@c func end_watch(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  watch.end()
  return nil
}

let loop = try LoopExecutor.create(name: "main loop")

/// A call that waits for what has this name.
func startWaiting(_ name: CallName, for own: String) throws -> (
  reply: Promise, call: Future, own: Future
) {
  let (promise, future) = try Promise.make()
  future.setName(own)
  return (promise, try loop.start(name: name) { await waitForReply(future) }, future)
}

if CommandLine.arguments.dropFirst().first == "trace" {
  try Record.start(.all)
  let waiting = try (0..<100).flatMap { _ in
    [try startWaiting("wait", for: "of wait"), try startWaiting("hold", for: "of hold")]
  }
  // All of them wait; and the last one's reply comes first.
  try loop.run(until: try loop.start(name: "last") {})
  for one in waiting.reversed() { one.reply.resolve() }
  for one in waiting { try loop.run(until: one.call) }
  try Record.end()
  print(try Record.trace() ?? "")
  exit(0)
}

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
// Whoever comes later waits as long, and does no harm.
let enders = (0..<4).map { _ in
  var thread = pthread_t()
  pthread_create(&thread, nil, end_watch, nil)
  return thread
}
for thread in enders { pthread_join(thread, nil) }
watch.end()
require(times.load(ordering: .relaxed) == 1, "told once")
require(try value("tenon.call.active") == 0, "no call")
require(try value("tenon.executor.calls") == 1, "one call has begun")
require(try Metrics.prometheus().contains("tenon_executor_name=\"main loop\""), "the text")

// What is recorded: a call that ends, and one that does not.
try Record.start([.calls, .jobs])
let (open, never) = try Promise.make()
let ended = try loop.start(name: "ended") {}
let begun = try loop.start(name: "begun") { await waitForReply(never) }
try loop.run(until: try loop.start(name: "last") {})
try Record.end()
let trace = try Record.trace() ?? ""
func count(_ part: String) -> Int { trace.ranges(of: part).count }
require(count(#""ph":"b","cat":"call","name":"ended""#) == 1, trace)
require(count(#""ph":"e","cat":"call","name":"ended""#) == 1, trace)
require(count(#""ph":"b","cat":"call","name":"begun""#) == 1, trace)
require(count(#""ph":"e","cat":"call","name":"begun""#) == 0, trace)
require(count(#""ph":"B","cat":"job""#) >= 1, trace)
open.resolve()
try loop.run(until: begun)
require(try Record.trace()?.ranges(of: "begun").count == 1, "it goes on after its end")

do {
  _ = try Watch.start { _ in }
  require(false, "a watch of nothing")
} catch {
  require(error == .noLimits, "\(error)")
}
print("# watched: all told")
