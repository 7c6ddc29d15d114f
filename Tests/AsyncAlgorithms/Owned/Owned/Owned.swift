import Glibc
import Synchronization
import Tenon

/// Before `main`: this process is owned by a loop, on a thread of its own, that has a pool.
@c public func own_process() {
  let thread = UnsafeMutablePointer<pthread_t>.allocate(capacity: 1)
  _ = pthread_create(
    thread, nil,
    { _ in
      do { try runForEver() } catch { fatalError("\(error)") }
      return nil
    }, nil)
  while !isOwned.load(ordering: .acquiring) { sched_yield() }
}

private let isOwned = Atomic(false)

private func runForEver() throws {
  let loop = try LoopExecutor.create(name: "loop")
  try loop.ownProcess()
  try loop.setPool(ThreadPool.create(threads: 4, name: "pool"))
  isOwned.store(true, ordering: .releasing)
  let (promise, future) = try Promise.make()
  try loop.run(until: future)
  withExtendedLifetime(promise) {}
}
