// Programs that never end, each for one reason that `tenon why` has to name: what the first argument says.
import CTenon
import Glibc
import Tenon

func ready() {
  print("ready \(getpid())")
  fflush(nil)
}

let loop = try LoopExecutor.create(name: "main loop")

// MARK: A continuation that nobody resumes, whether its call is cancelled or not

@inline(never) func askUser() async {
  await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}

// MARK: A promise that nobody holds, and one that somebody does

@inline(never) func loseReply() throws -> Future {
  var (promise, future): (OpaquePointer?, OpaquePointer?)
  _ = tenon_promise_create(nil, &promise, &future)
  return try Future(adopting: future)
}

// MARK: Two that send each other more than there is room for

@inline(never) func ask(_ requests: Sink, _ replies: Tenon.Stream) async throws {
  try await requests.send(1)
  _ = try await replies.next()
  try await requests.send(2)
  try await requests.send(3)
}

@inline(never) func answer(_ requests: Tenon.Stream, _ replies: Sink) async throws {
  _ = try await requests.next()
  try await replies.send(1)
  try await replies.send(2)
  try await replies.send(3)
}

// MARK: A semaphore in an async function

// SAFETY: made for many threads; the pointer never changes.
nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

@inline(never) func waitOnSemaphore() { while sem_wait(semaphore) != 0 {} }

/// Says that all is ready when the first thread sleeps, and for that semaphore: it may sleep for less on its way there.
@c func watch(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  while !firstThreadWaits(in: UInt(bitPattern: semaphore)) { usleep(1000) }
  ready()
  return nil
}

/// Whether the call of the system that it is in has an argument in the semaphore.
func firstThreadWaits(in address: UInt) -> Bool {
  guard let file = fopen("/proc/self/task/\(getpid())/syscall", "r") else { exit(2) }
  defer { fclose(file) }
  var text = [CChar](repeating: 0, count: 512)
  fgets(&text, 512, file)
  let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
  return words.dropFirst().first.flatMap { UInt($0.dropFirst(2), radix: 16) }.map {
    $0 >= address && $0 < address + UInt(MemoryLayout<sem_t>.size)
  } ?? false
}

/// Until all that there is waits for something.
func pollAll() {
  var result = tenon_poll_result_t()
  result.struct_size = MemoryLayout<tenon_poll_result_t>.size
  repeat {
    guard tenon_executor_poll(loop.pointer, nil, &result) == TENON_STATUS_OK else { exit(2) }
  } while result.jobs != 0
}

// SAFETY: the loop's thread only.
nonisolated(unsafe) private var kept: Any?

/// Keeps what others are to find: behind a function that never returns nothing is used any more, so the compiler lets go of it before.
func runUntilIdle(keeping all: Any) {
  kept = all
  pollAll()
  ready()
  while true { pause() }
}

// MARK: One that is never done

// SAFETY: the loop's thread only.
nonisolated(unsafe) var reply: Promise?
nonisolated(unsafe) var items: Sink?

@inline(never) func waitForReply(_ reply: Future) async {
  await reply.settled()
  await Task.yield()
}

@inline(never) func readAll(_ items: Tenon.Stream) async throws {
  while let _ = try await items.next() {}
}

/// Calls and a job, and the next ones when they have run; what one call waits for is there in the next job.
@c func go_on(_ context: UnsafeMutableRawPointer?, _ status: tenon_status_t) {
  _ = try? loop.start(name: "tick") {}
  reply?.resolve()
  if let (promise, future) = try? Promise.make() {
    reply = promise
    (try? loop.start(name: "wait") { await waitForReply(future) })?.detach()
  }
  _ = try? items?.trySend(1)
  _ = tenon_executor_post(loop.pointer, go_on, nil)
}

// MARK: Many that wait for one

@inline(never) func waitForPool(_ pool: Future) async { await pool.settled() }

switch CommandLine.arguments.dropFirst().first {
case "busy":
  let (sink, stream) = try Tenon.Stream.make(capacity: 4)
  items = sink
  let reader = try loop.start(name: "read") { try await readAll(stream) }
  go_on(nil, TENON_STATUS_OK)
  ready()
  try withExtendedLifetime(reader) { _ = try loop.run() }
case "crowd":
  let (promise, pool) = try Promise.make()
  pool.setName("pool")
  let calls = try (0..<100_000).map { _ in try loop.start(name: "visit") { await waitForPool(pool) }
  }
  // They begin in order.
  try loop.run(until: try loop.start(name: "last") {})
  runUntilIdle(keeping: (promise, calls))
case "continuation":
  let call = try loop.start(name: "greet") { await askUser() }
  let cancelled = try loop.start(name: "ignore") { await askUser() }
  pollAll()
  cancelled.cancel()
  runUntilIdle(keeping: (call, cancelled))
case "promise":
  let lost = try loseReply()
  lost.setName("lost reply")
  let call = try loop.start(name: "load") { await lost.settled() }
  let (promise, kept) = try Promise.make()
  kept.setName("kept reply")
  let other = try loop.start(name: "store") { await kept.settled() }
  runUntilIdle(keeping: (call, other, promise))
case "stream":
  let (requests, requestsOut) = try Tenon.Stream.make(capacity: 1)
  let (replies, repliesOut) = try Tenon.Stream.make(capacity: 1)
  requestsOut.setName("requests")
  repliesOut.setName("replies")
  let server = try loop.start(name: "server") { try await answer(requestsOut, replies) }
  let client = try loop.start(name: "client") { try await ask(requests, repliesOut) }
  runUntilIdle(keeping: (server, client))
case "semaphore":
  sem_init(semaphore, 0, 0)
  let call = try loop.start(name: "configure") {
    var thread = pthread_t()
    pthread_create(&thread, nil, watch, nil)
    waitOnSemaphore()
  }
  _ = try loop.run(until: call)
default:
  exit(2)
}
