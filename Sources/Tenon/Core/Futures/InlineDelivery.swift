import CTenon
import Glibc

/// Callbacks without an executor, on the thread that settles: one at a time on each thread, so that a chain of a
/// million of them needs the stack of one. A callback that is due while another runs waits for its end.
enum InlineDelivery {
  private final class ThreadQueue {
    var isRunning = false
    var waiting = Queue<Handle>()
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { Unmanaged<ThreadQueue>.fromOpaque($0!).release() }
    return key
  }()

  private static var current: ThreadQueue {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<ThreadQueue>.fromOpaque(pointer).takeUnretainedValue()
    }
    let queue = ThreadQueue()
    pthread_setspecific(key, Unmanaged.passRetained(queue).toOpaque())
    return queue
  }

  /// Tells a queued registration now, or when the callback that is running here has returned.
  static func deliver(_ registration: Handle) {
    let queue = current
    if queue.isRunning {
      queue.waiting.append(registration)
      return
    }
    queue.isRunning = true
    runRegistration(registration, TENON_STATUS_OK)
    while let next = queue.waiting.popFirst() { runRegistration(next, TENON_STATUS_OK) }
    queue.isRunning = false
  }

  /// Before this thread sleeps inside a callback: what waits here may be what it sleeps for.
  static func drain() {
    guard let pointer = pthread_getspecific(key) else { return }
    let queue = Unmanaged<ThreadQueue>.fromOpaque(pointer).takeUnretainedValue()
    while let next = queue.waiting.popFirst() { runRegistration(next, TENON_STATUS_OK) }
  }
}
