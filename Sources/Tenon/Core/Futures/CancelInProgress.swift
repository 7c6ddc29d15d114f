import CThread
import Glibc

/// The calls whose tasks this thread is cancelling, one after the other. Swift tells cancellation handlers nothing but that they run,
/// and runs them inside `cancel()`: so this is how one learns of which call the reason is its own, in child tasks too.
enum CancelInProgress {
  private final class ThreadQueue {
    var call: Handle?
    var waiting = Queue<Cancel>()
  }

  private static let key = tenon__key(Int32(tenon__key_cancels)) {
    Unmanaged<ThreadQueue>.fromOpaque($0!).release()
  }

  private static var known: ThreadQueue? {
    pthread_getspecific(key).map {
      Unmanaged<ThreadQueue>.fromOpaque($0).takeUnretainedValue()
    }
  }

  private struct Cancel {
    let promise: Handle
    let task: Task<Void, Never>
    let driver: Driver

    func run() {
      task.cancel()
      // Written before, as `Driver.current` was, and read after that by whoever awaits: see `awaitFuture(_:)`.
      let awaited = driver.awaited.load(ordering: .sequentiallyConsistent)
      if awaited != 0 { passCancel(of: promise, to: Handle(bits: awaited)) }
    }
  }

  /// Cancels a call's task now, or when the one that is being cancelled here has been.
  static func run(_ promise: Handle, _ task: Task<Void, Never>, _ driver: Driver) {
    let queue = known ?? makeQueue()
    let cancel = Cancel(promise: promise, task: task, driver: driver)
    if queue.call != nil { return queue.waiting.append(cancel) }
    queue.call = promise
    cancel.run()
    while let next = queue.waiting.popFirst() {
      queue.call = next.promise
      next.run()
    }
    queue.call = nil
  }

  private static func makeQueue() -> ThreadQueue {
    let queue = ThreadQueue()
    pthread_setspecific(key, Unmanaged.passRetained(queue).toOpaque())
    return queue
  }

  static var call: Handle? { known?.call }
}

/// The calls whose tasks were cancelled, by their tasks: for those who ask, in one of them, why.
enum CancelledCalls {
  private static let mutex = Mutex()
  // SAFETY: under the mutex.
  nonisolated(unsafe) private static var calls: [UInt: Handle] = [:]

  static func add(_ task: Task<Void, Never>, _ promise: Handle) {
    mutex.withLock { calls[unsafeBitCast(task, to: UInt.self)] = promise }
  }

  /// The task ends, and its address may be another one's.
  static func remove(_ task: Task<Void, Never>) {
    mutex.withLock {
      calls[unsafeBitCast(task, to: UInt.self)] = nil
      if calls.isEmpty { calls = [:] }
    }
  }

  /// The call in whose task this code runs, if that was cancelled.
  static var here: Handle? {
    // A task's reference is all that there is to know it by.
    let task = currentTask
    if task == 0 { return nil }
    return mutex.withLock { calls[task] }
  }
}
