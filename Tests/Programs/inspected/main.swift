// What `tenon ps` and `tenon why` are tried on: calls, tasks, children, a scope and a stream that wait, and a deadlock of which
// half is C's. Then its only thread is stuck, in a job of its loop.
import CTenon
import Glibc
import Tenon
import TenonInspect

@c func reply_from_cache(
  _ context: UnsafeMutableRawPointer?, _ status: tenon_status_t, _ future: OpaquePointer?,
  _ promise: OpaquePointer?
) { _ = tenon_promise_release(promise) }

@c func on_reply(
  _ context: UnsafeMutableRawPointer?, _ status: tenon_status_t, _ future: OpaquePointer?
) {}

@inline(never) func readQuery(_ query: Future) async { await query.settled() }

@inline(never) func waitForReply(_ reply: Future) async { await reply.settled() }

@inline(never) func leakContinuation() async {
  await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}

/// A thread that looks at this process while its loop is stuck: the deadlock is there, from wherever one begins.
@c func look_inside(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let why = try? Snapshot.take().explain(load.pointer) else { exit(2) }
  let isFound = why.isDeadlock && why.chain.count == 5 && why.cycleStart == 0
  print(isFound ? "ready \(getpid())" : "no deadlock in: \(why.text)")
  fflush(nil)
  return nil
}

/// Where the loop is stuck, until somebody ends the program.
@inline(never) func spinForEver() {
  var thread = pthread_t()
  pthread_create(&thread, nil, look_inside, nil)
  while getppid() != 0 {}
}

let loop = try LoopExecutor.create(name: "main loop")
try Record.start(.all)

// A call whose child waits for a promise that nobody settles.
let (promise, query) = try Promise.make()
query.setName("query")
let fetch = try loop.start(name: "fetch") {
  await withTaskGroup { group in
    group.addTask(name: "reader") { await readQuery(query) }
  }
}

// A deadlock: `load` waits for the reply, which C makes of `warm`, which waits for `load`.
// SAFETY: written once, before any call runs.
nonisolated(unsafe) var reply = query
let load = try loop.start(name: "load") { await waitForReply(reply) }
let warm = try loop.start(name: "warm") { await load.settled() }
var mapped: OpaquePointer?
_ = tenon_future_map(warm.pointer, nil, reply_from_cache, nil, &mapped)
reply = try Future(adopting: mapped)
_ = tenon_future_on_complete(load.pointer, loop.pointer, on_reply, nil, nil)

// A continuation that leaks, a stream that nobody writes to.
let leak = try loop.start(name: "leak") { await leakContinuation() }
var sink: OpaquePointer?
var stream: OpaquePointer?
_ = tenon_stream_create(nil, &sink, &stream)
var next: OpaquePointer?
_ = tenon_stream_next(stream, &next)

// A scope with two members.
var config = tenon_scope_config_t()
config.struct_size = MemoryLayout<tenon_scope_config_t>.size
config.deadline_ns = .max
var scope: OpaquePointer?
"request 7".withCString {
  config.name = $0
  _ = tenon_scope_open(&config, &scope)
}
_ = tenon_scope_add(scope, fetch.pointer)
_ = tenon_scope_add(scope, leak.pointer)

_ = try loop.run(timeout: .milliseconds(100))
let stuck = try loop.start(name: "stuck") { spinForEver() }
withExtendedLifetime((promise, stuck)) { _ = try? loop.run(until: stuck) }
